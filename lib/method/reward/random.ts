/**
 * Rewards by chance, the control of "Spurious Rewards" (arXiv 2506.10947): what a
 * model learns when no reward depends on what it wrote.
 */

import { randomStream } from "../../random.ts";
import type { PolicySample } from "../stages.ts";

/** Gives each sample of a step 1 or -1 with even chances. */
export function withRandomRewards(
  samples: readonly PolicySample[],
  seed: number,
  step: number,
): PolicySample[] {
  const random = randomStream(seed, "random reward", step);
  return samples.map((sample) => ({
    ...sample,
    reward: random.next() < 0.5 ? 1 : -1,
  }));
}
