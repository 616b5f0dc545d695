/**
 * REINFORCE leave-one-out (Ahmadian and others, arXiv 2402.14740): the baseline
 * of an attempt is the mean reward of the OTHER attempts at the same task.
 *
 * A(i) = r(i) - sum of the others / (n - 1) = n / (n - 1) · (r(i) - mean)
 *
 * Proposals are compared within their mode (see `sameTask`). A group of one has
 * no baseline and gets 0.
 */

import { type RewardedSample, sameTask, withinGroups } from "./sample.ts";

/** Compares each attempt with the mean of the others at the same task. */
export function rloo(samples: readonly RewardedSample[]): number[] {
  return withinGroups(samples, sameTask, (group) => {
    if (group.length < 2) return [0];
    const sum = group.reduce((total, { reward }) => total + reward, 0);
    return group.map(({ reward }) =>
      reward - (sum - reward) / (group.length - 1)
    );
  });
}
