/**
 * Which tasks the solver gets in a step: this step's, topped up from the past.
 */

import type { Task } from "../modes/mod.ts";
import type { RandomStream } from "../../random.ts";

/**
 * | name | rule |
 * |---|---|
 * | `paper` | the fresh tasks, then past ones uniformly without repetition (default) |
 * | `official` | the fresh tasks, then uniformly from the whole buffer: fresh ones may come twice |
 * | `uniform` | uniformly from fresh and past together |
 * | `recent` | with repetition, in proportion to the step that made them + 1; the paper saw collapse |
 */
export type SamplerName = "paper" | "official" | "uniform" | "recent";

/** What can be drawn from. `past` and `fresh` do not overlap. */
export interface TaskPool {
  fresh: readonly Task[];
  past: readonly Task[];
}

/** Up to `count` tasks; fewer only where the pool itself is smaller. */
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
