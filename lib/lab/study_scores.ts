/**
 * The report of a study: its arms beside each other, and what its claims came to.
 *
 * Everything is computed from the logs, so equal logs give equal text. An arm is
 * compared with the reference arm item by item, on the seeds that both have.
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

/** Seed of all intervals; a constant, so the report is reproducible. */
const BOOTSTRAP_SEED = 0;

/** Reads the logs of a study; arms without a finished seed are left out. */
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

/** Accuracies per item at the end of a run, some splits one after the other. */
export function finalAccuracies(
  scores: readonly ScoreRow[],
  keys: readonly ScoreKey[],
): number[] {
  return keys.flatMap((key) => {
    const row = scoreAt(scores, "last", key);
    return row === null ? [] : accuracies(row);
  });
}

/** The familiar splits of some modes. */
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

/** How far one arm ends above another, over the seeds that both have; null without any. */
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

/** What an interval says about "better is above worse". */
export type Verdict = "holds here" | "the opposite holds here" | "cannot tell";

/** Reads an interval; with a margin, the claim is "no worse by more than it". */
export function verdictOf({ low, high }: Interval, margin = 0): Verdict {
  if (low > -margin) return "holds here";
  return high < -margin ? "the opposite holds here" : "cannot tell";
}

/** A claim with what the logs say of it, greedy and sampled; null where an arm is missing. */
export interface JudgedClaim extends Claim {
  greedy: Interval | null;
  sampled: Interval | null;
}

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
