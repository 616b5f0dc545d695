/**
 * Role-conditioned advantage estimation (SPIRAL, arXiv 2506.24119): one running mean
 * of the rewards for each role and mode, which outlives the batch.
 *
 * A(i) = r(i) - b, and then b = decay · b + (1 - decay) · r(i)
 *
 * Responses come in the order of the batch, and b begins at 0. As in the authors'
 * code a response is compared with the mean before it; Algorithm 1 of their paper
 * moves the mean first. Unlike in all other estimators here, equal rewards still
 * teach, as long as they differ from the past. So the means belong to a run's state.
 */

import { type RewardedSample, roleAndMode } from "./sample.ts";

/** The running mean of each role and mode, by `roleAndMode`. */
export type Baselines = Readonly<Record<string, number>>;

/** Returns one advantage per sample, in order, and the means after the last. */
export function rae(
  samples: readonly Pick<RewardedSample, "role" | "mode" | "reward">[],
  before: Baselines,
  decay: number,
): { advantages: number[]; baselines: Baselines } {
  const baselines: Record<string, number> = { ...before };
  const advantages = samples.map((sample) => {
    const key = roleAndMode(sample);
    const mean = baselines[key] ?? 0;
    baselines[key] = decay * mean + (1 - decay) * sample.reward;
    return sample.reward - mean;
  });
  return { advantages, baselines };
}
