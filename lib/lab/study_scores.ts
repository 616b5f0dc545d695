/**
 * The scores of a study: its arms compared, and its claims judged.
 *
 * All numbers are computed from the logs, so that equal logs give equal text. An arm is
 * compared with the reference arm item by item, on the seeds that both arms have.
 */

import { join } from "node:path";
import { bootstrapOverSeeds, type Interval } from "./evaluation/statistics.ts";
import { seedFolder } from "./report_folder.ts";
import { accuracies, scoreAt, type ScoreKey, type ScoreRow } from "./scores.ts";
import type { Claim, Study } from "./studies.ts";
import { armSeeds, readScores } from "./study_run.ts";

/** The scores of every seed of every arm, by arm name and seed. */
export type StudyScores = Map<string, Map<number, ScoreRow[]>>;

export const MODES = ["deduction", "abduction", "induction"] as const;

/** Seed of all intervals; a constant, so that the report is reproducible. */
const BOOTSTRAP_SEED = 0;

/** Reads the logs of a study. Arms without a finished seed are left out. */
export function readStudy(study: Study, folder: string): StudyScores {
  const scores: StudyScores = new Map();
  for (const arm of study.arms) {
    const seeds = armSeeds(folder, arm);
    if (seeds.length === 0) continue;
    scores.set(
      arm.name,
      new Map(seeds.map((seed) => [
        seed,
        readScores(seedFolder(join(folder, arm.name), seed)),
      ])),
    );
  }
  return scores;
}

/** Returns the accuracy of each item at the end of a run, split after split. */
export function finalAccuracies(
  scores: readonly ScoreRow[],
  keys: readonly ScoreKey[],
): number[] {
  return keys.flatMap((key) => {
    const row = scoreAt(scores, "last", key);
    return row === null ? [] : accuracies(row);
  });
}

/** Returns the keys of the familiar splits of some modes. */
export function familiar(
  modes: readonly string[] = MODES,
  temperature = 0,
): ScoreKey[] {
  return modes.map((mode) => ({
    split: "familiar",
    mode,
    temperature,
    forced: false,
  }));
}

/**
 * Returns the difference of two arms' final accuracies with its 95 % interval, over the
 * seeds that both arms have; null without such seeds.
 */
export function difference(
  scores: StudyScores,
  better: string,
  worse: string,
  keys: readonly ScoreKey[],
): Interval | null {
  const [ours, theirs] = [scores.get(better), scores.get(worse)];
  const seeds = [...ours?.keys() ?? []].filter((seed) => theirs?.has(seed));
  const changes = seeds.map((seed) => {
    const a = finalAccuracies(ours!.get(seed)!, keys);
    const b = finalAccuracies(theirs!.get(seed)!, keys);
    if (a.length !== b.length) {
      throw new Error(
        `arms "${better}" and "${worse}" were evaluated on ${a.length} and ` +
          `${b.length} items in seed ${seed}: they cannot be compared`,
      );
    }
    return a.map((value, i) => value - b[i]);
  }).filter((change) => change.length > 0);
  if (changes.length === 0) return null;
  return bootstrapOverSeeds(changes, BOOTSTRAP_SEED);
}

/** The verdict on the claim that one arm ends above another. */
export type Verdict = "holds here" | "the opposite holds here" | "cannot tell";

/**
 * Returns the verdict that an interval gives: the claim holds where the whole interval
 * lies above `-margin`. With a margin, the claim is "not worse by more than the margin".
 */
export function verdictOf({ low, high }: Interval, margin = 0): Verdict {
  if (low > -margin) return "holds here";
  return high < -margin ? "the opposite holds here" : "cannot tell";
}

/** A claim with its measured difference, greedy and sampled; null where an arm is missing. */
export interface JudgedClaim extends Claim {
  greedy: Interval | null;
  sampled: Interval | null;
}

/** Measures every claim of a study on the familiar splits at temperatures 0 and 1. */
export function judgeClaims(study: Study, scores: StudyScores): JudgedClaim[] {
  return study.claims.map((claim) => {
    const at = (temperature: number) =>
      difference(
        scores,
        claim.better,
        claim.worse,
        familiar(claim.modes, temperature),
      );
    return { ...claim, greedy: at(0), sampled: at(1) };
  });
}
