/**
 * The part of a response that an advantage estimator sees, and the statistics that the
 * estimators share.
 */

import type { ModeName } from "../modes/task.ts";

/** The two roles of the model. */
export type Role = "propose" | "solve";

/** One rewarded response. */
export interface RewardedSample {
  role: Role;
  mode: ModeName;
  /** Id of the group: shared by all responses to one task; a proposal has its own. */
  promptGroup: string;
  reward: number;
  /** Response length in tokens. */
  tokenCount: number;
}

/**
 * Over what a mean and a standard deviation are taken.
 * `sample`: every response counts once; population standard deviation. This is
 * how the paper's equation 8 reads (default).
 * `token`: every response counts as often as it has tokens, with Bessel's
 * correction over tokens, as in the official code (veRL's masked whitening).
 */
export type Whitening = "sample" | "token";

/** Below this standard deviation rewards count as equal and advantages are 0. */
const EQUAL_REWARDS = 1e-6;

/** Returns mean and standard deviation of the rewards. The deviation of fewer than two values is 0. */
export function rewardStatistics(
  samples: readonly RewardedSample[],
  whitening: Whitening,
): { mean: number; deviation: number } {
  const weightOf = (sample: RewardedSample) =>
    whitening === "sample" ? 1 : sample.tokenCount;
  let total = 0;
  let weighted = 0;
  for (const sample of samples) {
    total += weightOf(sample);
    weighted += weightOf(sample) * sample.reward;
  }
  if (total === 0) return { mean: 0, deviation: 0 };
  const mean = weighted / total;
  let squares = 0;
  for (const sample of samples) {
    squares += weightOf(sample) * (sample.reward - mean) ** 2;
  }
  const divisor = whitening === "sample" ? total : total - 1;
  const deviation = divisor > 0 ? Math.sqrt(squares / divisor) : 0;
  return { mean, deviation };
}

/** Returns (reward - mean) / deviation for each sample, or 0 where all rewards are equal. */
export function whiten(
  samples: readonly RewardedSample[],
  whitening: Whitening,
): number[] {
  const { mean, deviation } = rewardStatistics(samples, whitening);
  if (deviation < EQUAL_REWARDS) return samples.map(() => 0);
  return samples.map((sample) => (sample.reward - mean) / deviation);
}

/** Applies `estimate` to each group apart and puts the results back in order. */
export function withinGroups(
  samples: readonly RewardedSample[],
  keyOf: (sample: RewardedSample) => string,
  estimate: (group: RewardedSample[]) => number[],
): number[] {
  const positions = new Map<string, number[]>();
  samples.forEach((sample, position) => {
    const key = keyOf(sample);
    const known = positions.get(key);
    if (known) known.push(position);
    else positions.set(key, [position]);
  });
  const advantages = new Array<number>(samples.length).fill(0);
  for (const members of positions.values()) {
    const estimates = estimate(members.map((position) => samples[position]));
    members.forEach((position, i) => advantages[position] = estimates[i]);
  }
  return advantages;
}

/** Returns the key of a sample's role and mode, for example `solve/deduction`. */
export function roleAndMode(
  sample: Pick<RewardedSample, "role" | "mode">,
): string {
  return `${sample.role}/${sample.mode}`;
}

/**
 * Returns the key of the group that a sample is compared with: the attempts at the
 * same task. A proposer prompt has one response only, so
 * proposals are compared with the proposals of the same mode.
 */
export function sameTask(sample: RewardedSample): string {
  return sample.role === "propose"
    ? roleAndMode(sample)
    : `${roleAndMode(sample)}/${sample.promptGroup}`;
}
