/**
 * The scores of a study, and its arms compared.
 *
 * All numbers are computed from the logs, so that equal logs give equal text. An arm is
 * compared with another one item by item, on the seeds that both arms have.
 * Left out: verdicts on claims (claims.ts).
 */

import { join } from "node:path";
import { readRows } from "../run/read.ts";
import { seedInterval, type SeedValues } from "./evaluation/over_seeds.ts";
import { type Interval, mean } from "./evaluation/statistics.ts";
import { seedFolder, seedsIn } from "./report_folder.ts";
import { accuracies, scoreAt, type ScoreKey, type ScoreRow } from "./scores.ts";
import type { Arm, Study } from "./studies.ts";

/** The scores of every seed of every arm, by arm name and seed. */
export type StudyScores = Map<string, Map<number, ScoreRow[]>>;

export const MODES = ["deduction", "abduction", "induction"] as const;

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

/** Finds the seeds of an arm that have logs, in ascending order. */
export function armSeeds(logs: string, arm: Pick<Arm, "name">): number[] {
  try {
    return seedsIn(join(logs, arm.name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Returns the scores of one seed of an arm. */
export function readScores(folder: string): ScoreRow[] {
  return readRows(join(folder, "scores.jsonl"));
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
  const changes = differences(scores, better, worse, keys);
  return changes.length === 0 ? null : seedInterval(changes);
}

/**
 * Returns the difference of each item in each seed that both arms have; empty without
 * such seeds. `theirKeys` are the scores of `worse` where those are of another kind.
 */
export function differences(
  scores: StudyScores,
  better: string,
  worse: string,
  keys: readonly ScoreKey[],
  theirKeys: readonly ScoreKey[] = keys,
): SeedValues {
  return [...differencesBySeed(scores, better, worse, keys, theirKeys)]
    .map(([, change]) => change);
}

/**
 * Returns `differences` of several recordings of a study together. Runs are compared
 * within their own recording; the recordings of a seed, whose base model is the same,
 * are averaged and count as one seed, however often it was played.
 */
export function pooledDifferences(
  recordings: readonly StudyScores[],
  better: string,
  worse: string,
  keys: readonly ScoreKey[],
  theirKeys: readonly ScoreKey[] = keys,
): SeedValues {
  const bySeed = Map.groupBy(
    recordings.flatMap((scores) =>
      differencesBySeed(scores, better, worse, keys, theirKeys)
    ),
    ([seed]) => seed,
  );
  return [...bySeed].toSorted(([a], [b]) => a - b).map(([, runs]) => {
    const [[, first]] = runs;
    return first.map((_, i) => mean(runs.map(([, change]) => change[i])));
  });
}

function differencesBySeed(
  scores: StudyScores,
  better: string,
  worse: string,
  keys: readonly ScoreKey[],
  theirKeys: readonly ScoreKey[],
): [seed: number, change: number[]][] {
  const [ours, theirs] = [scores.get(better), scores.get(worse)];
  const seeds = [...ours?.keys() ?? []].filter((seed) => theirs?.has(seed));
  return seeds.map((seed): [number, number[]] => {
    const a = finalAccuracies(ours!.get(seed)!, keys);
    const b = finalAccuracies(theirs!.get(seed)!, theirKeys);
    if (a.length !== b.length) {
      throw new Error(
        `arms "${better}" and "${worse}" were evaluated on ${a.length} and ` +
          `${b.length} items in seed ${seed}: they cannot be compared`,
      );
    }
    return [seed, a.map((value, i) => value - b[i])];
  }).filter(([, change]) => change.length > 0);
}
