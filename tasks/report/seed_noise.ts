/**
 * The noise of a study: how far runs of equal config end apart, and the difference that
 * its seeds can find.
 */

import { join } from "node:path";
import { readEvaluations } from "../../lib/run/read.ts";
import { detectableDifference } from "./detectable.ts";
import { mean } from "../../lib/lab/evaluation/statistics.ts";
import { isForPassAtK } from "../../lib/lab/evaluation_plan.ts";
import type { EvaluationLog } from "../../lib/lab/report.ts";
import { seedFolder, seedsIn } from "../../lib/lab/report_folder.ts";
import { scoreRows } from "../../lib/lab/scores.ts";
import type { Study } from "../../lib/lab/studies.ts";
import {
  differences,
  familiar,
  MODES,
  type StudyScores,
} from "../../lib/lab/study_scores.ts";

/** What a study's seeds can find, in shares of accuracy. */
export interface Power {
  temperature: number;
  /** Standard deviation between seeds of a single seed's difference from the reference. */
  deviation: number;
  arms: number;
  seeds: number;
  /** The smallest true difference found with 80 % power at 5 %. */
  detectable: number;
  /** The same at 5 % divided by `tests`, the first step of Holm's correction. */
  corrected: number;
  tests: number;
}

/** Returns the power at temperatures 0 and 1, as far as two arms have two seeds or more. */
export function powerOf(study: Study, scores: StudyScores): Power[] {
  const bounds = study.bounds?.list.length ?? 0;
  const tests = Math.max(1, 2 * study.claims.length + bounds);
  return [0, 1].flatMap((temperature) => {
    const arms = [...scores.keys()].filter((name) => name !== study.reference)
      .map((name) =>
        seedMeans(scores, name, study.reference, MODES, temperature)
      ).filter(({ length }) => length > 1);
    if (arms.length === 0) return [];
    const freedom = sum(arms.map(({ length }) => length - 1));
    const squares = arms.flatMap((seeds) =>
      seeds.map((value) => (value - mean(seeds)) ** 2)
    );
    const deviation = Math.sqrt(sum(squares) / freedom);
    const seeds = Math.max(...arms.map(({ length }) => length));
    return [{
      temperature,
      deviation,
      arms: arms.length,
      seeds,
      detectable: detectableDifference(deviation, seeds),
      corrected: detectableDifference(deviation, seeds, .05 / tests),
      tests,
    }];
  });
}

/** Two arms of equal config, and how far single seeds of them end apart. */
export interface NoiseFloor {
  arm: string;
  against: string;
  temperature: number;
  /** The modes' names, or "all modes" of the familiar splits together. */
  modes: string;
  /** Difference of each seed, in shares of accuracy. */
  seeds: number[];
  /** Root mean square of the differences, whose true mean is zero. */
  spread: number;
}

/** Returns the spread of a study's A/A arms, and of presets recorded with an arm's config. */
export function noiseFloors(
  study: Study,
  scores: StudyScores,
  folder: string,
): NoiseFloor[] {
  const again = (study.again ?? []).map(({ arm, preset }) => ({
    arm: `preset ${preset}`,
    against: arm,
    scores: new Map(scores).set(
      `preset ${preset}`,
      presetScores(join(folder, "..", preset)),
    ),
  }));
  const arms = study.arms.filter(({ seedOffset, change }) =>
    seedOffset && Object.keys(change).every((part) => part === "evaluation")
  ).map(({ name }) => ({ arm: name, against: study.reference, scores }));
  return [...arms, ...again].flatMap((pair) =>
    [0, 1].flatMap((temperature) =>
      [...MODES.map((mode) => [mode]), MODES].flatMap((modes) =>
        floorOf(pair, modes, temperature)
      )
    )
  );
}

function floorOf(
  { arm, against, scores }: {
    arm: string;
    against: string;
    scores: StudyScores;
  },
  modes: readonly string[],
  temperature: number,
): NoiseFloor[] {
  const seeds = seedMeans(scores, arm, against, modes, temperature);
  if (seeds.length === 0) return [];
  return [{
    arm,
    against,
    temperature,
    modes: modes.length > 1 ? "all modes" : modes[0],
    seeds,
    spread: Math.sqrt(mean(seeds.map((value) => value ** 2))),
  }];
}

function seedMeans(
  scores: StudyScores,
  arm: string,
  against: string,
  modes: readonly string[],
  temperature: number,
): number[] {
  return differences(scores, arm, against, familiar(modes, temperature))
    .map(mean);
}

function presetScores(folder: string) {
  return new Map(
    seedsIn(folder).map((seed) => {
      const rows = readEvaluations(
        seedFolder(folder, seed),
      ) as unknown as EvaluationLog;
      return [seed, scoreRows(rows.filter((row) => !isForPassAtK(row)))];
    }),
  );
}

const sum = (values: readonly number[]) =>
  values.reduce((total, value) => total + value, 0);
