/**
 * Group-relative policy optimisation (Shao and others, arXiv 2402.03300):
 *
 * A(i) = (r(i) - mean of the task's attempts) / (their deviation + 1e-6)
 *
 * The deviation has Bessel's correction, as in veRL and TRL. Proposals are
 * compared within their mode (see `sameTask`). Equal rewards, or a group of
 * one, give 0.
 */

import { type RewardedSample, sameTask, withinGroups } from "./sample.ts";

/** Scales the rewards of attempts at the same task. */
export function grpo(samples: readonly RewardedSample[]): number[] {
  return withinGroups(samples, sameTask, (group) => {
    const count = group.length;
    if (count < 2) return [0];
    const mean = group.reduce((sum, { reward }) => sum + reward, 0) / count;
    const squares = group.reduce(
      (sum, { reward }) => sum + (reward - mean) ** 2,
      0,
    );
    const deviation = Math.sqrt(squares / (count - 1));
    return group.map(({ reward }) => (reward - mean) / (deviation + 1e-6));
  });
}
