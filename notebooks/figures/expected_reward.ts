/** The learnability reward as few attempts estimate it. */

import {
  learnabilityReward,
  type LearnabilityShape,
} from "../../lib/method/reward/learnability.ts";

/**
 * Returns what a task of true solve rate p earns on average, when its rate is
 * estimated from n attempts: the sum over k of C(n, k) p^k (1 - p)^(n - k) r(k / n).
 *
 * Few attempts bend the shape: eight attempts at a task with p = 0.1 are all wrong
 * in 43 % of cases, and the task then looks unsolvable.
 */
export function expectedReward(
  shape: LearnabilityShape,
  solveRate: number,
  attempts: number,
): number {
  let mean = 0;
  let ways = 1;
  for (let right = 0; right <= attempts; right++) {
    const chance = ways * solveRate ** right *
      (1 - solveRate) ** (attempts - right);
    mean += chance * learnabilityReward(shape, right / attempts);
    ways *= (attempts - right) / (right + 1);
  }
  return mean;
}
