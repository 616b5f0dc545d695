/**
 * REINFORCE++ (Hu, arXiv 2501.03262): one mean and one standard deviation over
 * the whole batch, all roles and modes together. The paper's TRR++ is this,
 * taken per role and mode.
 *
 * Equal rewards, or a single sample, give 0.
 */

import { type RewardedSample, whiten, type Whitening } from "./sample.ts";

/** Whitens the rewards of the whole batch. */
export function reinforcePlusPlus(
  samples: readonly RewardedSample[],
  whitening: Whitening,
): number[] {
  return whiten(samples, whitening);
}
