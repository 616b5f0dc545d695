/**
 * The buffers of a run, one per mode, and what proposers are shown from them.
 */

import type { Language } from "../../sandbox/mod.ts";
import {
  type DialectName,
  MODE_NAMES,
  type ModeName,
  type Task,
} from "../modes/mod.ts";
import type { RandomStream } from "../../random.ts";
import { identityTask } from "./identity.ts";
import { type BufferLimits, TaskBuffer } from "./task_buffer.ts";

/** The buffers as JSON: everything there is to them. */
export interface SavedBuffers {
  limits: BufferLimits;
  /** Per mode that has a buffer, oldest task first. */
  tasks: Partial<Record<ModeName, Task[]>>;
}

const ORDER: readonly ModeName[] = [...MODE_NAMES, "error"];

export class Buffers {
  readonly limits: BufferLimits;
  readonly #buffers = new Map<ModeName, TaskBuffer>();

  /** One buffer per mode of `tasks`. */
  constructor({ limits, tasks }: SavedBuffers) {
    this.limits = limits;
    for (const mode of ORDER) {
      const held = tasks[mode];
      if (held) this.#buffers.set(mode, new TaskBuffer(limits, held));
    }
  }

  /**
   * Buffers that hold the identity triplet and nothing else: those of the modes
   * that are played, and deduction's and abduction's where induction needs
   * their programs.
   */
  static fromIdentity(
    limits: BufferLimits,
    language: Language,
    seed: number,
    modes: readonly ModeName[] = MODE_NAMES,
    dialect: DialectName = "chat",
  ): Buffers {
    const tasks: SavedBuffers["tasks"] = {};
    for (const mode of ORDER) {
      if (!modes.includes(mode) && !lendsPrograms(mode, modes)) continue;
      tasks[mode] = mode === "induction"
        ? []
        : [identityTask(mode, language, seed, dialect)];
    }
    return new Buffers({ limits, tasks });
  }

  static fromJSON(saved: SavedBuffers): Buffers {
    return new Buffers(saved);
  }

  toJSON(): SavedBuffers {
    const tasks: SavedBuffers["tasks"] = {};
    for (const mode of this.modes) tasks[mode] = [...this.of(mode).tasks];
    return { limits: this.limits, tasks };
  }

  /** The modes that have a buffer. */
  get modes(): ModeName[] {
    return [...this.#buffers.keys()];
  }

  /** The buffer of a mode; throws where there is none. */
  of(mode: ModeName): TaskBuffer {
    const buffer = this.#buffers.get(mode);
    if (buffer) return buffer;
    throw new RangeError(
      `there is no buffer for "${mode}", only for ${this.modes.join(", ")}: ` +
        'name it in the config field "modes"',
    );
  }

  /** Tasks held per mode. */
  sizes(): Partial<Record<ModeName, number>> {
    const sizes: Partial<Record<ModeName, number>> = {};
    for (const [mode, { size }] of this.#buffers) sizes[mode] = size;
    return sizes;
  }

  /**
   * What one proposer prompt shows: K distinct tasks of the proposer's own
   * buffer, drawn uniformly (fewer if there are fewer); for induction exactly
   * one, whose program is to be given inputs, from deduction and abduction
   * together.
   */
  drawReferences(mode: ModeName, count: number, stream: RandomStream): Task[] {
    if (mode !== "induction") {
      return stream.sample(this.of(mode).tasks, count);
    }
    const deduction = this.of("deduction").tasks;
    const abduction = this.of("abduction").tasks;
    return stream.sample([...deduction, ...abduction], 1);
  }
}

/** Whether a mode's buffer is needed for the induction proposer's programs. */
function lendsPrograms(mode: ModeName, modes: readonly ModeName[]): boolean {
  return modes.includes("induction") &&
    (mode === "deduction" || mode === "abduction");
}
