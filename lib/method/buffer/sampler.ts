/**
 * Drawing the tasks that the solver gets in a step: the fresh ones, filled up with
 * past ones.
 */

import type { Task } from "../modes/task.ts";
import type { RandomStream } from "../../random.ts";

/**
 * | name | rule |
 * |---|---|
 * | `paper` | the fresh tasks, then past ones uniformly without repetition (default) |
 * | `official` | the fresh tasks, then uniformly from the whole buffer: fresh ones may come twice |
 * | `uniform` | uniformly from fresh and past together |
 * | `recent` | with repetition, in proportion to the step that made them + 1; the paper saw collapse |
 */
type SamplerName = "paper" | "official" | "uniform" | "recent";

/** The tasks to draw from. No task is both in `past` and in `fresh`. */
export interface TaskPool {
  fresh: readonly Task[];
  past: readonly Task[];
}

/** Draws `count` tasks, or fewer where the pool holds fewer. */
export function sampleTasks(
  name: SamplerName,
  pool: TaskPool,
  count: number,
  stream: RandomStream,
): Task[] {
  const everything = [...pool.past, ...pool.fresh];
  if (everything.length === 0) return [];
  if (name === "uniform") return stream.sample(everything, count);
  if (name === "recent") {
    const weights = everything.map(({ provenance }) => provenance.step + 1);
    return Array.from(
      { length: count },
      () => stream.weightedChoice(everything, weights),
    );
  }
  const fresh = pool.fresh.length > count
    ? stream.sample(pool.fresh, count)
    : [...pool.fresh];
  const rest = name === "paper" ? pool.past : everything;
  return [...fresh, ...stream.sample(rest, count - fresh.length)];
}
