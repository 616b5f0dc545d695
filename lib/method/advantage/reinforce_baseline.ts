/**
 * Plain REINFORCE with the batch mean as its baseline (Williams, 1992):
 *
 * A(i) = r(i) - mean of the whole batch
 *
 * No scaling and no groups; the simplest estimator that reduces variance.
 */

import {
  type RewardedSample,
  rewardStatistics,
  type Whitening,
} from "./sample.ts";

/** Compares each response with the mean of the batch. */
export function reinforceBaseline(
  samples: readonly RewardedSample[],
  whitening: Whitening,
): number[] {
  const { mean } = rewardStatistics(samples, whitening);
  return samples.map(({ reward }) => reward - mean);
}
