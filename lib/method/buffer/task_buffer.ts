/**
 * A bounded store of validated tasks of one mode, oldest first.
 *
 * A full buffer drops its OLDEST task. (The official code drops the newest, so that
 * a full buffer never keeps a new task.) A dropped task may be proposed again.
 */

import { type Task, taskKey } from "../modes/task.ts";

/** The answer to a task that wants to enter: "new", or the reason against it. */
export type Admission =
  | "new"
  /** The buffer holds the same program with the same inputs. */
  | "duplicate"
  /** The buffer holds the program with as many inputs as are allowed. */
  | "programFull";

/** The limits of a buffer. */
export interface BufferLimits {
  /** Largest number of tasks. The paper has 16384. */
  capacity: number;
  /**
   * Largest number of tasks with the same program; 0 sets no limit (paper). Without
   * a limit a small proposer escapes the penalty on duplicates with one program.
   */
  inputsPerProgram: number;
}

/** The tasks of one mode, oldest first, counted by task and by program. */
export class TaskBuffer {
  readonly limits: BufferLimits;
  #tasks: Task[] = [];
  /** Number of times that each task is held: above 1 only where duplicates are admitted. */
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

  /** Returns the tasks, oldest first. */
  get tasks(): readonly Task[] {
    return this.#tasks;
  }

  get size(): number {
    return this.#tasks.length;
  }

  /**
   * Says what would become of each candidate if all were offered in order: an
   * earlier candidate that is "new" counts for the later ones. Changes nothing.
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

  /** Appends tasks without judging them, and drops the oldest beyond the capacity. */
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

/** Counts a key up or down, and deletes it at 0. */
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
