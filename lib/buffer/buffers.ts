/**
 * The buffers of a run, one per mode, and what proposers are shown from them.
 */

import type { Language } from "../executor/outcome.ts";
import { MODE_NAMES, type ModeName, type Task } from "../modes/mod.ts";
import type { RandomStream } from "../random/mod.ts";
import { identityTask } from "./identity.ts";
import { type BufferLimits, TaskBuffer } from "./task_buffer.ts";

/** The buffers as JSON: everything there is to them. */
export interface SavedBuffers {
  limits: BufferLimits;
  tasks: Record<ModeName, Task[]>;
}

const MODES: readonly ModeName[] = [...MODE_NAMES, "error"];

export class Buffers {
  readonly limits: BufferLimits;
  readonly #buffers: Record<ModeName, TaskBuffer>;

  constructor(limits: BufferLimits, tasks?: Record<ModeName, Task[]>) {
    this.limits = limits;
    this.#buffers = {
      deduction: new TaskBuffer(limits, tasks?.deduction),
      abduction: new TaskBuffer(limits, tasks?.abduction),
      induction: new TaskBuffer(limits, tasks?.induction),
      error: new TaskBuffer(limits, tasks?.error),
    };
  }

  /** Buffers that hold the identity triplet and nothing else. */
  static fromIdentity(
    limits: BufferLimits,
    language: Language,
    seed: number,
  ): Buffers {
    return new Buffers(limits, {
      deduction: [identityTask("deduction", language, seed)],
      abduction: [identityTask("abduction", language, seed)],
      induction: [],
      error: [identityTask("error", language, seed)],
    });
  }

  static fromJSON(saved: SavedBuffers): Buffers {
    return new Buffers(saved.limits, saved.tasks);
  }

  toJSON(): SavedBuffers {
    const tasks = {} as Record<ModeName, Task[]>;
    for (const mode of MODES) tasks[mode] = [...this.of(mode).tasks];
    return { limits: this.limits, tasks };
  }

  of(mode: ModeName): TaskBuffer {
    return this.#buffers[mode];
  }

  /** Tasks held per mode. */
  sizes(): Record<ModeName, number> {
    return {
      deduction: this.of("deduction").size,
      abduction: this.of("abduction").size,
      induction: this.of("induction").size,
      error: this.of("error").size,
    };
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
