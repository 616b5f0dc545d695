/**
 * The buffers of a run, one per mode, and what proposers are shown from them.
 */

import type { Language } from "../../sandbox/mod.ts";
import type { DialectName } from "../modes/dialect.ts";
import { MODE_NAMES, type ModeName, type Task } from "../modes/task.ts";
import { modeNames, modeOf } from "../modes/registry.ts";
import type { RandomStream } from "../../random.ts";
import { identityTasks } from "./identity.ts";
import { type BufferLimits, TaskBuffer } from "./task_buffer.ts";

/** The buffers as JSON. Nothing else of the buffers has to be saved. */
export interface SavedBuffers {
  limits: BufferLimits;
  /** Per mode that has a buffer, oldest task first. */
  tasks: Partial<Record<ModeName, Task[]>>;
}

/** The buffers of a run by mode, in the order in which the modes are registered. */
export class Buffers {
  readonly limits: BufferLimits;
  readonly #buffers = new Map<ModeName, TaskBuffer>();

  /** Makes one buffer per mode of `tasks`. */
  constructor({ limits, tasks }: SavedBuffers) {
    this.limits = limits;
    for (const mode of modeNames()) {
      const held = tasks[mode];
      if (held) this.#buffers.set(mode, new TaskBuffer(limits, held));
    }
  }

  /**
   * Makes buffers that hold the identity triplet and nothing else: those of the
   * modes that are played, and those that such a mode draws its references from.
   */
  static fromIdentity(
    limits: BufferLimits,
    language: Language,
    seed: number,
    modes: readonly ModeName[] = MODE_NAMES,
    dialect: DialectName = "chat",
  ): Buffers {
    const tasks: SavedBuffers["tasks"] = {};
    for (const mode of modeNames()) {
      const lends = modes.some((name) => modeOf(name).drawsFrom.includes(mode));
      if (!modes.includes(mode) && !lends) continue;
      tasks[mode] = identityTasks(mode, language, seed, dialect);
    }
    return new Buffers({ limits, tasks });
  }

  /** Restores buffers from what `toJSON` gave. */
  static fromJSON(saved: SavedBuffers): Buffers {
    return new Buffers(saved);
  }

  /** Returns everything there is to the buffers. */
  toJSON(): SavedBuffers {
    const tasks: SavedBuffers["tasks"] = {};
    for (const mode of this.modes) tasks[mode] = [...this.of(mode).tasks];
    return { limits: this.limits, tasks };
  }

  /** Returns the modes that have a buffer. */
  get modes(): ModeName[] {
    return [...this.#buffers.keys()];
  }

  /** Returns the buffer of a mode. Throws `RangeError` where there is none. */
  of(mode: ModeName): TaskBuffer {
    const buffer = this.#buffers.get(mode);
    if (buffer) return buffer;
    throw new RangeError(
      `there is no buffer for "${mode}", only for ${this.modes.join(", ")}: ` +
        'name it in the config field "modes"',
    );
  }

  /** Returns the number of tasks held per mode. */
  sizes(): Partial<Record<ModeName, number>> {
    const sizes: Partial<Record<ModeName, number>> = {};
    for (const [mode, { size }] of this.#buffers) sizes[mode] = size;
    return sizes;
  }

  /**
   * Draws the references of one proposer prompt, uniformly and without repetition:
   * `count` tasks (fewer if there are fewer), or exactly one where the proposer
   * writes inputs for the program of its reference.
   */
  drawReferences(mode: ModeName, count: number, stream: RandomStream): Task[] {
    const { drawsFrom, writesProgram } = modeOf(mode);
    const tasks = drawsFrom.flatMap((name) => this.of(name).tasks);
    return stream.sample(tasks, writesProgram ? count : 1);
  }
}
