/**
 * The health of proposer and solver, early and late in a run, and the proposer's
 * collapse.
 */

import type { StepMetrics } from "../method/metrics.ts";
import type { TimingRow } from "../run/stopwatch.ts";
import { mean } from "./evaluation/statistics.ts";

/** The logs of one seed that this file reads. */
export interface SeedRecord {
  metrics: readonly StepMetrics[];
  timings: readonly TimingRow[];
}

/**
 * The bounds of a collapse, in the last third of a run: fewer than a third of the valid
 * or repeated proposals are distinct programs, or fewer than half are valid.
 */
const COLLAPSE = { distinctShare: 1 / 3, valid: 1 / 2 } as const;

export type Role = "propose" | "solve";

/** Returns the mean of a metric over the first or the last third of the steps of all seeds. */
export function thirdMean(
  seeds: readonly SeedRecord[],
  third: "first" | "last",
  value: (metrics: StepMetrics) => number | null | undefined,
): number {
  return mean(
    seeds.flatMap(({ metrics }) =>
      thirdOf(metrics, third).flatMap((row) => value(row) ?? [])
    ),
  );
}

/** Returns the first or last third of a run's steps, the seeding not counted. */
export function thirdOf(
  metrics: readonly StepMetrics[],
  third: "first" | "last",
): StepMetrics[] {
  const steps = metrics.filter(({ step }) => step > 0);
  const size = Math.ceil(steps.length / 3);
  return third === "first" ? steps.slice(0, size) : steps.slice(-size);
}

/** Returns the modes whose proposer has collapsed by the end of the run. */
export function collapsedModes(
  seeds: readonly SeedRecord[],
  modes: readonly string[],
): string[] {
  return modes.filter((mode) => {
    const late = (field: "distinctShare" | "valid" | "duplicate") =>
      thirdMean(
        seeds,
        "last",
        (row) =>
          (row.propose as Record<string, StepMetrics["propose"][never]>)[mode]
            ?.[field],
      );
    return late("distinctShare") < COLLAPSE.distinctShare ||
      late("valid") < COLLAPSE.valid;
  });
}
