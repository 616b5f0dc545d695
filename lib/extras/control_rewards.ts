/**
 * Rewards that depend on nothing that a response earned, two controls: by chance, as in
 * "Spurious Rewards" (arXiv 2506.10947), and by the number of tokens.
 */

import { registerExtra } from "../method/extras.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import type { PolicySample } from "../method/stages.ts";
import { randomStream } from "../random.ts";

/** Gives each sample of a step 1 or -1 with even chances (`random`), or a hundredth for each token (`length`). */
export function replaceRewards(
  { rewardSource, seed }: Pick<SelfPlayConfig, "rewardSource" | "seed">,
  samples: readonly PolicySample[],
  step: number,
): PolicySample[] {
  const random = randomStream(seed, "random reward", step);
  return samples.map((sample) => ({
    ...sample,
    reward: rewardSource === "length"
      ? sample.response.sample.tokens.length / 100
      : random.next() < 0.5
      ? 1
      : -1,
  }));
}

registerExtra("controlRewards", { replace: replaceRewards });
