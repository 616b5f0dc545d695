/**
 * Rewards by length, a control: what a model learns that is paid for tokens and for
 * nothing that they say.
 */

import type { PolicySample } from "../stages.ts";

/** Gives each sample a hundredth for each token of its response. */
export function withLengthRewards(
  samples: readonly PolicySample[],
): PolicySample[] {
  return samples.map((sample) => ({
    ...sample,
    reward: sample.response.sample.tokens.length / 100,
  }));
}
