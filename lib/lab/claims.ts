/**
 * The claims of a study, judged: by interval, by equivalence within a margin, and after
 * correction for the number of tests. All margins stand in the study's file.
 */

import {
  holm,
  pOfEquality,
  pValue,
  seedInterval,
  type SeedValues,
} from "./evaluation/over_seeds.ts";
import type { Interval } from "./evaluation/statistics.ts";
import type { Claim, Study } from "./studies.ts";
import {
  familiar,
  pooledDifferences,
  type StudyScores,
} from "./study_scores.ts";

/** The verdict on the claim that one arm ends above another. */
type Verdict =
  | "holds here"
  | "the opposite holds here"
  | "equal within the margin"
  | "cannot tell";

/**
 * Returns the verdict that an interval gives: the claim holds where the whole interval
 * lies above `-margin`. With a margin, the claim is "not worse by more than the margin".
 */
export function verdictOf({ low, high }: Interval, margin = 0): Verdict {
  if (low > -margin) return "holds here";
  return high < -margin ? "the opposite holds here" : "cannot tell";
}

/** The difference of a claim's two arms, with what follows from it. */
export interface JudgedDifference extends Interval {
  verdict: Verdict;
  /** The p-value of the claim, corrected for all tests of the study (Holm); NaN for one seed. */
  p: number;
  /** The verdict after that correction. */
  corrected: Verdict;
}

/** A claim with its measured difference, greedy and sampled; null where an arm is missing. */
export interface JudgedClaim extends Claim {
  greedy: JudgedDifference | null;
  sampled: JudgedDifference | null;
}

/**
 * Measures every claim of a study on the familiar splits at temperatures 0 and 1, on
 * one recording of it or on several together.
 */
export function judgeClaims(
  study: Study,
  ...recordings: StudyScores[]
): JudgedClaim[] {
  const values = study.claims.map(({ better, worse, worseForced, modes }) =>
    [0, 1].map((temperature) => {
      const keys = familiar(modes, temperature);
      const forced = keys.map((key) => ({ ...key, forced: true }));
      return pooledDifferences(
        recordings,
        better,
        worse,
        keys,
        worseForced ? forced : keys,
      );
    })
  );
  const corrected = holm(
    study.claims.flatMap(({ margin = 0 }, i) =>
      values[i].map((seeds) => pValue(seeds, -margin))
    ),
  );
  const tests = corrected.filter((p) => !Number.isNaN(p)).length;
  return study.claims.map((claim, i) => {
    const [greedy, sampled] = values[i].map((seeds, at) =>
      seeds.length === 0
        ? null
        : judged(seeds, claim, corrected[2 * i + at], tests)
    );
    return { ...claim, greedy, sampled };
  });
}

function judged(
  seeds: SeedValues,
  { margin = 0, equal = margin }: Claim,
  p: number,
  tests: number,
): JudgedDifference {
  const interval = seedInterval(seeds);
  const byInterval = verdictOf(interval, margin);
  const unequal = pOfEquality(seeds, equal);
  const orEqual = (level: number): Verdict =>
    unequal < level ? "equal within the margin" : "cannot tell";
  return {
    ...interval,
    verdict: byInterval === "cannot tell" ? orEqual(.05) : byInterval,
    p,
    corrected: p < .05 && byInterval !== "cannot tell"
      ? byInterval
      : orEqual(.05 / tests),
  };
}
