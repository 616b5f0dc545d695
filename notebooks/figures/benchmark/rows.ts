/** An evaluation on disk, small: the rows of whoever answers the items of one benchmark. */

import {
  type Answerer,
  goldAnswerer,
} from "../../../lib/lab/benchmarks/answerer.ts";
import {
  type BenchmarkRow,
  evaluateBenchmarks,
} from "../../../lib/lab/benchmarks/evaluate.ts";
import { benchmarkTable } from "../../../lib/lab/benchmarks/table.ts";
import { guessScores } from "../../../lib/lab/benchmarks/guesses.ts";
import type { PooledExecutor } from "../../../lib/sandbox/mod.ts";
import type { OpenedBenchmark } from "./items.ts";

/** Lets the reference answer some items, into a fresh folder, and returns its rows. */
export async function referenceRows(
  opened: OpenedBenchmark,
  executor: PooledExecutor,
  folder: string,
  answerer: Answerer = goldAnswerer,
): Promise<BenchmarkRow[]> {
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  const settings = {
    ...{ model: "gold", samples: 1, dialect: "chat" as const },
    ...{ temperature: 0, topP: 1, maxNewTokens: 256, seed: 1 },
  };
  const { benchmark, items } = opened;
  return await evaluateBenchmarks([{ benchmark, items }], {
    ...{ folder, settings, answerer, executor, batch: 8 },
  });
}

/** The table that `deno task evaluate` prints, with what guesses score. */
export async function tableOf(
  { benchmark, items }: OpenedBenchmark,
  rows: readonly BenchmarkRow[],
  executor: PooledExecutor,
): Promise<string> {
  const guesses = await guessScores([{ benchmark, items }], executor);
  return benchmarkTable(rows, guesses);
}
