/**
 * Dr. GRPO (Liu and others, arXiv 2503.20783): GRPO without the division by
 * the deviation, which favours tasks that are almost always or almost never
 * solved.
 *
 * A(i) = r(i) - mean of the task's attempts
 *
 * Its other half, dropping the length normalisation of the loss, is a matter of
 * the objective's weights. Proposals are compared within their mode (see
 * `sameTask`). A group of one gets 0.
 */

import { type RewardedSample, sameTask, withinGroups } from "./sample.ts";

/** Compares each attempt with the mean of its task. */
export function drGrpo(samples: readonly RewardedSample[]): number[] {
  return withinGroups(samples, sameTask, (group) => {
    const mean = group.reduce((sum, { reward }) => sum + reward, 0) /
      group.length;
    return group.map(({ reward }) => reward - mean);
  });
}
