/**
 * Means, and intervals over the items of one run.
 *
 * The intervals are percentile bootstraps (Efron and Tibshirani 1993) from a seeded
 * stream, so that equal rows give tables that are equal to the byte. They say nothing
 * about other seeds: intervals over seeds are in `over_seeds.ts`.
 */

import { type RandomStream, randomStream } from "../../random.ts";

/** A mean with its interval. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
  /** The mean of each single seed, where the interval is over seeds. */
  seeds?: number[];
}

/** Resamples of a bootstrap; the interval's ends vary by about 1 % of its width. */
const RESAMPLES = 2000;

/** Returns the mean of numbers; NaN where there are none. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Returns the median of numbers; NaN where there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return mean([sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]);
}

/** Returns the 95 % bootstrap interval of a mean over the items of one run. */
export function bootstrapMean(
  values: readonly number[],
  seed: number,
): Interval {
  return percentileInterval(
    mean(values),
    seed,
    (random) => resampledMean(values, random),
  );
}

/**
 * Returns the 95 % bootstrap interval of the mean change of one run's items, `after - before`.
 * Pairing removes the items' own difficulty from the interval.
 */
export function bootstrapChange(
  before: readonly number[],
  after: readonly number[],
  seed: number,
): Interval {
  if (before.length !== after.length) {
    throw new RangeError(
      `paired values differ in number: ${before.length} and ${after.length}`,
    );
  }
  const changes = after.map((value, i) => value - before[i]);
  return bootstrapMean(changes, seed);
}

/** Returns the mean of as many draws with replacement as there are values. */
function resampledMean(
  values: readonly number[],
  random: RandomStream,
): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += random.choice(values);
  return sum / values.length;
}

function percentileInterval(
  center: number,
  seed: number,
  drawMean: (random: RandomStream) => number,
): Interval {
  const random = randomStream(seed, "bootstrap");
  const means = Float64Array.from(
    { length: RESAMPLES },
    () => drawMean(random),
  ).sort();
  return {
    mean: center,
    low: quantile(means, .025),
    high: quantile(means, .975),
  };
}

/** Returns a quantile by linear interpolation between order statistics. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
