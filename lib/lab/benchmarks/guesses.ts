/** What a blind guess scores: the floor below which a score says nothing. */

import type { PooledExecutor } from "../../sandbox/mod.ts";
import type { Chosen } from "./evaluate.ts";

/** For each benchmark the share of items that each of its guesses gets right. */
export type GuessScores = Record<string, Record<string, number>>;

/** Grades the guesses of the benchmarks on their items. Code benchmarks have none. */
export async function guessScores(
  // Each benchmark reads its own items and is given no others.
  // deno-lint-ignore no-explicit-any
  chosen: readonly Chosen<any>[],
  executor: PooledExecutor,
): Promise<GuessScores> {
  const scores: GuessScores = {};
  for (const { benchmark, items } of chosen) {
    const own: Record<string, number> = scores[benchmark.name] = {};
    const guesses = benchmark.guesses?.(items) ?? {};
    for (const [name, responses] of Object.entries(guesses)) {
      const verdicts = await benchmark.grade(
        executor,
        items.map((item, i) => ({ item, response: responses[i] })),
      );
      const right = verdicts.filter(({ correct }) => correct).length;
      own[name] = right / items.length;
    }
  }
  return scores;
}

/** The most frequent of some texts, the first of equals. */
export function mostFrequent(texts: readonly string[]): string {
  const groups = Map.groupBy(texts, (text) => text);
  return [...groups].reduce((most, one) =>
    one[1].length > most[1].length ? one : most
  )[0];
}
