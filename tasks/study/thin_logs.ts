/**
 * Logs of a study in a form small enough to keep: every so many steps a whole row, in
 * which what is counted is the sum over the steps since the row before. Totals over a
 * log so stay exact. Shares and means are those of the row's own step.
 */

import type { StepMetrics } from "../../lib/method/metrics.ts";
import type { TimingRow } from "../../lib/run/stopwatch.ts";

const COUNTED = [
  "trainedSamples",
  "trainedSequences",
  "sampledTokens",
  "trainedTokens",
  "promptsRedrawn",
  "promptsDropped",
] as const satisfies readonly (keyof StepMetrics)[];

/** Returns the rows of steps 0, `every`, twice `every` and so on, and the last one. */
export function thinMetrics(
  rows: readonly StepMetrics[],
  every: number,
): StepMetrics[] {
  return blocksOf(rows, every).map((block) => {
    const kept = { ...block.at(-1)! };
    for (const field of COUNTED) {
      kept[field] = block.reduce((sum, row) => sum + row[field], 0);
    }
    return kept;
  });
}

/** Returns the timings of the same steps, each with the sums since the row before. */
export function thinTimings(
  rows: readonly TimingRow[],
  every: number,
): TimingRow[] {
  return blocksOf(rows, every).map((block) =>
    block.reduce((sum, row) => ({ ...added(sum, row), step: row.step }))
  );
}

/** Cuts rows behind step 0, behind every multiple of `every` and behind the last. */
function blocksOf<Row extends { step: number }>(
  rows: readonly Row[],
  every: number,
): Row[][] {
  const blocks = Map.groupBy(rows, ({ step }) => Math.ceil(step / every));
  return [...blocks.values()];
}

/** Adds the numbers of two records, and of the records in them. */
function added<T extends object>(a: T, b: T): T {
  const sums = Object.entries(b).map(([key, value]) => {
    const before = (a as Record<string, unknown>)[key];
    if (before === undefined) return [key, value];
    return [
      key,
      typeof value === "number"
        ? (before as number) + value
        : added(before as object, value),
    ];
  });
  return { ...a, ...Object.fromEntries(sums) };
}
