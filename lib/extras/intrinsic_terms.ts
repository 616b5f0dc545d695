/**
 * Intrinsic terms of the proposer's reward: complexity, Halstead effort, edit
 * distance to the references, answer diversity (paper, appendix D.4).
 *
 * All terms are off by default (coefficient 0). The measures are always logged, since
 * they describe the proposer's programs. `complexity/` measures a program's text; this
 * file caps and combines the measures.
 */

import type { IntrinsicMeasures } from "../method/stages.ts";

/** A coefficient per intrinsic measure; 0 leaves the measure out. */
type PerMeasure = Record<keyof IntrinsicMeasures, number>;

/** The combination of the terms with the learnability reward r (paper, equations 11 to 14). */
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
 * Combines a proposal's learnability reward with its intrinsic terms. Only a positive
 * reward is changed, as in the official code, so that complexity alone earns nothing.
 * Without terms the reward stays the same.
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
 * Returns 1 - count(answer) / all answers, the rarity of an answer among earlier ones;
 * 1 where the answer is new or there are no earlier ones.
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
