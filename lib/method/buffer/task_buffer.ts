/**
 * A bounded store of validated tasks of one mode, oldest first.
 *
 * When full it drops the OLDEST task. (The official code cuts the newest, so
 * that once full nothing new is ever kept.) A task that has been dropped is
 * forgotten: it may be proposed again.
 */

import { type Task, taskKey } from "../modes/mod.ts";

/** Whether a task may enter, or why not. */
export type Admission =
  | "new"
  /** The same program with the same inputs is there already. */
  | "duplicate"
  /** The program is there with as many inputs as allowed. */
  | "programFull";

export interface BufferLimits {
  /** Most tasks kept. The official value is 16384. */
  capacity: number;
  /**
   * Most tasks per program; 0 for no limit (the paper has none). Without it a
   * small proposer escapes a duplicate penalty by reusing one program.
   */
  inputsPerProgram: number;
}

export class TaskBuffer {
  readonly limits: BufferLimits;
  #tasks: Task[] = [];
  /** How often each task is held; more than once only where duplicates are admitted. */
  readonly #perTask = new Map<string, number>();
  readonly #perProgram = new Map<string, number>();

  constructor(limits: BufferLimits, tasks: readonly Task[] = []) {
    if (!(limits.capacity >= 1)) {
      throw new RangeError(
        `bufferCapacity must be at least 1, got ${limits.capacity}`,
      );
    }
    this.limits = limits;
    this.add(tasks);
  }

  /** The tasks, oldest first. */
  get tasks(): readonly Task[] {
    return this.#tasks;
  }

  get size(): number {
    return this.#tasks.length;
  }

  /**
   * What would become of each candidate if they were offered in order, given
   * that an earlier `new` one counts for the later ones. Changes nothing.
   */
  judge(candidates: readonly Task[]): Admission[] {
    const keys = new Set<string>();
    const added = new Map<string, number>();
    return candidates.map((task) => {
      const key = taskKey(task);
      if (this.#perTask.has(key) || keys.has(key)) return "duplicate";
      const program = programKey(task);
      const known = (this.#perProgram.get(program) ?? 0) +
        (added.get(program) ?? 0);
      const limit = this.limits.inputsPerProgram;
      if (limit > 0 && known >= limit) return "programFull";
      keys.add(key);
      added.set(program, (added.get(program) ?? 0) + 1);
      return "new";
    });
  }

  /** Appends tasks and drops the oldest beyond the capacity. Does not judge. */
  add(tasks: readonly Task[]): void {
    for (const task of tasks) {
      this.#tasks.push(task);
      this.#count(task, 1);
    }
    const excess = this.#tasks.length - this.limits.capacity;
    if (excess <= 0) return;
    for (const task of this.#tasks.splice(0, excess)) this.#count(task, -1);
  }

  #count(task: Task, change: number): void {
    changeCount(this.#perTask, taskKey(task), change);
    changeCount(this.#perProgram, programKey(task), change);
  }
}

/** Counts up or down; what is counted down to 0 is gone. */
function changeCount(
  counts: Map<string, number>,
  key: string,
  change: number,
): void {
  const count = (counts.get(key) ?? 0) + change;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}

function programKey({ program }: Task): string {
  return `${program.language}\n${program.source}`;
}
