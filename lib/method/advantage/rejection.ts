/**
 * Rejection fine-tuning (RAFT, arXiv 2304.06767) as an estimator: a response with a
 * positive reward has advantage 1 and every other has 0. No response is made less
 * likely. A control of the studies: what learning from successes alone brings.
 */

import type { RewardedSample } from "./sample.ts";

/** Returns 1 for each response that was rewarded, and 0 for the others. */
export function rejection(samples: readonly RewardedSample[]): number[] {
  return samples.map(({ reward }) => reward > 0 ? 1 : 0);
}
