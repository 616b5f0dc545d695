/** The items of a benchmark: those of its public file where it is there, else a dozen of the kit's own. */

import { benchmarkNamed } from "../../../lib/lab/benchmarks/benchmarks.ts";
import type { BenchmarkRow } from "../../../lib/lab/benchmarks/evaluate.ts";
import { readItems } from "../../../lib/lab/benchmarks/file.ts";
import type { Task } from "../../../lib/method/modes/task.ts";
import type { PooledExecutor } from "../../../lib/sandbox/mod.ts";
import type { Verdict } from "../../../lib/lab/benchmarks/benchmark.ts";
import type { Sides } from "./figures.ts";

/** Items of the kit's own in the public files' schemas. */
export const OWN_ITEMS =
  new URL("../../../data/benchmarks/own/", import.meta.url).pathname;

/** An item of a benchmark on programs. */
export interface ProgramItem {
  id: string;
  task: Task;
}

/** A benchmark with the items that are looked at. */
export interface OpenedBenchmark {
  benchmark: ReturnType<typeof benchmarkNamed>;
  items: ProgramItem[];
  /** All items of the file. */
  total: number;
  /** Whether the public file is there. */
  isPublic: boolean;
  /** Why it is not, if it is not. */
  note: string;
}

/** Opens the first items of a benchmark on programs, from the public file in a folder or the kit's own. */
export async function openItems(
  name: "cruxeval-o" | "cruxeval-i",
  folder: string,
  count = 12,
): Promise<OpenedBenchmark> {
  const benchmark = benchmarkNamed(name);
  let found: ProgramItem[];
  let note = "";
  try {
    found = await readItems(benchmark, folder);
  } catch (error) {
    const { message } = error as Error;
    // A file that is there and cannot be read is an error.
    if (!message.includes("there is no")) throw error;
    note = message;
    found = await readItems(benchmark, OWN_ITEMS);
  }
  return {
    ...{ benchmark, items: found.slice(0, count), total: found.length },
    ...{ isPublic: note === "", note },
  };
}

/** Who answers, and the verdict on each item. */
export interface Graded {
  name: string;
  responses: string[];
  verdicts: Verdict[];
}

/** Grades the reference and the blind guesses of a benchmark on its items. */
export async function gradeGuesses(
  { benchmark, items }: OpenedBenchmark,
  executor: PooledExecutor,
): Promise<Graded[]> {
  const answerers: Record<string, string[]> = {
    "the reference": items.map((item) => benchmark.reference(item) ?? ""),
    ...benchmark.guesses?.(items),
  };
  return await Promise.all(
    Object.entries(answerers).map(async ([name, responses]) => ({
      ...{ name, responses },
      verdicts: await benchmark.grade(
        executor,
        items.map((item, i) => ({ item, response: responses[i] })),
      ),
    })),
  );
}

/** Pairs two evaluations of the same items: the share of right samples of each item, in the order of the first. Throws where the items differ. */
export function pairedRows(
  base: readonly BenchmarkRow[],
  trained: readonly BenchmarkRow[],
): Sides {
  const keyOf = ({ benchmark, item }: BenchmarkRow) => `${benchmark} ${item}`;
  const found = new Map(trained.map((row) => [keyOf(row), row]));
  const pairs = base.map((row) => {
    const other = found.get(keyOf(row));
    if (!other) throw new Error(`${keyOf(row)} was asked of one model only`);
    return [row, other].map(({ correct, samples }) => correct / samples);
  });
  return {
    base: pairs.map(([share]) => share),
    trained: pairs.map(([, share]) => share),
  };
}

export { BENCHMARKS } from "../../../lib/lab/benchmarks/benchmarks.ts";
