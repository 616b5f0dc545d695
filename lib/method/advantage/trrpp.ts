/**
 * Task-relative REINFORCE++ (paper, equation 8): each of the six groups
 * role × mode has its own mean and standard deviation.
 *
 * A(i) = (r(i) - mean of the group) / deviation of the group
 *
 * Roles and modes earn on different scales (a proposal is worth at most 7/8, a
 * right answer 1); a common baseline would reward a response for its group.
 * Equal rewards, or a single sample, give 0. Mean and deviation are over responses
 * (whitening `sample`, default); the official code takes them over tokens (`token`).
 */

import {
  type RewardedSample,
  roleAndMode,
  whiten,
  type Whitening,
  withinGroups,
} from "./sample.ts";

/** Whitens the rewards within each role and mode. */
export function trrpp(
  samples: readonly RewardedSample[],
  whitening: Whitening,
): number[] {
  return withinGroups(
    samples,
    roleAndMode,
    (group) => whiten(group, whitening),
  );
}
