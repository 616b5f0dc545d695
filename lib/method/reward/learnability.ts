/**
 * The learnability reward: what a valid proposal is worth, given the share of
 * attempts in which the solver is right.
 *
 * The solve rate is the mean of n solver rollouts, sampled at the training
 * temperature. Greedy rollouts would all be alike, so that every solve rate is 0 or
 * 1 and the reward vanishes; one published revision of the official code did this.
 */

/**
 * Shapes of the reward against the solve rate p:
 *
 * | name | value | source |
 * |---|---|---|
 * | `paper` | 0 at p = 0 and p = 1, else 1 - p | Absolute Zero, equation 4 (default) |
 * | `official` | as `paper`, but -0.5 where that gives 0 | the official code |
 * | `r-zero` | 1 - 2·abs(p - 1/2) = 2·min(p, 1 - p) | R-Zero's uncertainty reward |
 * | `quadratic` | 4·p·(1 - p) | the Bernoulli variance, scaled to a maximum of 1 |
 * | `inverse` | 1 - p, also at p = 0 and p = 1 | the harder the better, solvable or not |
 * | `band` | 1 where 1/4 <= p <= 3/4, else 0 | R-Zero's filter of training tasks, as a reward |
 * | `uniform` | 1, whatever p | ablation: only validity counts |
 */
export type LearnabilityShape =
  | "paper"
  | "official"
  | "r-zero"
  | "quadratic"
  | "inverse"
  | "band"
  | "uniform";

/** Lists all shapes, for figures and the check of the setting. */
export const LEARNABILITY_SHAPES: readonly LearnabilityShape[] = [
  "paper",
  "official",
  "r-zero",
  "quadratic",
  "inverse",
  "band",
  "uniform",
];

/** Returns the reward of a valid proposal. Throws `RangeError` for a solve rate outside [0, 1]. */
export function learnabilityReward(
  shape: LearnabilityShape,
  solveRate: number,
): number {
  if (!(solveRate >= 0 && solveRate <= 1)) {
    throw new RangeError(`solveRate must be in [0, 1], got ${solveRate}`);
  }
  const atAnEnd = solveRate === 0 || solveRate === 1;
  switch (shape) {
    case "paper":
      return atAnEnd ? 0 : 1 - solveRate;
    case "official":
      return atAnEnd ? -0.5 : 1 - solveRate;
    case "r-zero":
      return 2 * Math.min(solveRate, 1 - solveRate);
    case "quadratic":
      return 4 * solveRate * (1 - solveRate);
    case "inverse":
      return 1 - solveRate;
    case "band":
      return solveRate >= .25 && solveRate <= .75 ? 1 : 0;
    case "uniform":
      return 1;
  }
}
