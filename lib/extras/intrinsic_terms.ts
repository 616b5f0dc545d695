/**
 * Intrinsic terms of the proposer's reward: complexity, Halstead effort, edit
 * distance to the references, answer diversity (paper, appendix D.4).
 *
 * All are off by default (coefficient 0) and logged always, since they describe
 * what the proposer is doing. A program's text is measured in `complexity/`; here
 * the measures are capped and combined.
 */

import type { IntrinsicMeasures } from "../method/stages.ts";

/** A coefficient per intrinsic measure; 0 leaves the measure out. */
export type PerMeasure = Record<keyof IntrinsicMeasures, number>;

/** How the terms join the learnability reward r (paper, equations 11 to 14). */
export type IntrinsicCombination =
  /** r + sum of terms (default; the paper found it the most stable). */
  | "sum"
  /** r times the product of terms. */
  | "product"
  /** r + the product of terms. */
  | "sum-product"
  /** r times the sum of terms. */
  | "product-sum";

/** Returns each enabled term: min(coefficient × measure, cap). Throws `TypeError` where a measure is missing. */
export function intrinsicTerms(
  measures: IntrinsicMeasures,
  coefficients: PerMeasure,
  cap: number,
): number[] {
  const names = Object.keys(coefficients) as (keyof IntrinsicMeasures)[];
  return names
    .filter((name) => coefficients[name] !== 0)
    .map((name) => {
      const measure = measures[name];
      if (measure === null) {
        throw new TypeError(
          `the reward needs "${name}", which was not measured: ` +
            "set its coefficient to 0",
        );
      }
      return Math.min(coefficients[name] * measure, cap);
    });
}

/**
 * Joins a proposal's learnability reward with its intrinsic terms. Only a
 * positive reward is changed, so that being intricate never pays by itself
 * (as in the official code). Without terms the reward stays as it is.
 */
export function withIntrinsicTerms(
  reward: number,
  terms: readonly number[],
  combination: IntrinsicCombination,
): number {
  if (terms.length === 0 || reward <= 0) return reward;
  const sum = terms.reduce((total, term) => total + term, 0);
  const product = terms.reduce((total, term) => total * term, 1);
  switch (combination) {
    case "sum":
      return reward + sum;
    case "product":
      return reward * product;
    case "sum-product":
      return reward + product;
    case "product-sum":
      return reward * sum;
  }
}

/**
 * Returns 1 - count(answer) / all answers: how rare an answer is among those already
 * seen; 1 if it was never seen or nothing was.
 */
export function answerDiversity(
  answer: string,
  seen: ReadonlyMap<string, number>,
): number {
  let total = 0;
  for (const count of seen.values()) total += count;
  if (total === 0) return 1;
  return 1 - (seen.get(answer) ?? 0) / total;
}
