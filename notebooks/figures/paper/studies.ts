/** Table 1, Table 2 and Figure 6b beside recorded studies: runs that differ in one thing. */

import { join } from "node:path";
import type { Interval } from "../../../lib/lab/evaluation/statistics.ts";
import { accuracies, scoreAt, type ScoreRow } from "../../../lib/lab/scores.ts";
import { type Study, studyNamed } from "../../../lib/lab/studies.ts";
import {
  difference,
  familiar,
  readStudy,
  type StudyScores,
} from "../../../lib/lab/study_scores.ts";
import {
  beside,
  type DotRow,
  dotRows,
  MARKED_COLOUR,
  PAPER_COLOUR,
} from "./beside.ts";
import { greedyChange } from "./accuracy.ts";
import { paperRows } from "./numbers.ts";
import { changeOverSeeds, type Compared, type Comparison } from "./verdict.ts";

/** A study with what is recorded of it. */
export interface PaperStudy {
  study: Study;
  scores: StudyScores;
}

/** Reads a recorded study; an arm that is not recorded is missing from its scores. */
export function openStudy(name: string, folder: string): PaperStudy {
  const study = studyNamed(name);
  return { study, scores: readStudy(study, join(folder, name)) };
}

const KEYS = familiar();

/** The mean accuracy of an arm's seeds at a moment; null where it is not recorded. */
function levelOf(
  { scores }: PaperStudy,
  arm: string,
  moment: "first" | "last",
  forced = false,
) {
  const seeds = [...scores.get(arm)?.values() ?? []].map((rows) =>
    KEYS.flatMap((key) => {
      const row = scoreAt(rows, moment, { ...key, forced });
      return row ? accuracies(row) : [];
    })
  );
  return changeOverSeeds(seeds);
}

const OWN_LADDER = [
  ["base", "self-play", "first", false],
  ["base, made to think", "self-play", "first", true],
  ["more pretraining", "more-pretraining", "last", false],
  ["given tasks (RLVR)", "generated-tasks", "last", false],
  ["self-play", "self-play", "last", false],
] as const;

/** Table 1: all models by their overall average, beside the kit's own ways of training one base. */
export function mainTable(own: PaperStudy): Compared {
  const rows = paperRows("table1");
  const models = rows.map(({ model, base, averages }): DotRow => ({
    label: model === "AZR" ? `AZR from ${base}` : shortName(model!, base),
    value: averages!.overall,
    colour: model === "AZR" ? MARKED_COLOUR : PAPER_COLOUR,
  })).toSorted((a, b) => Number(a.value) - Number(b.value));
  const ladder = OWN_LADDER.map(([label, arm, moment, forced]): DotRow => ({
    label,
    value: levelOf(own, arm, moment, forced),
    ...(label === "self-play" && { colour: MARKED_COLOUR }),
  }));
  const lead = difference(own.scores, "self-play", "generated-tasks", KEYS);
  return {
    item: "Table 1",
    figure: beside(
      {
        title: `Self-play against training on given tasks: ${
          points(lead)
        } points here, +1.8 in the paper`,
        height: 560,
      },
      dotRows("paper: overall average", models, { title: "per cent" }),
      [dotRows(`here: familiar tasks, greedy`, ladder, {
        ...{ title: "per cent", scale: 100, range: [0, 100] },
      })],
    ),
    comparisons: [
      {
        what: "self-play above its base",
        ...{ paper: 1, unit: "points", scale: 100 },
        here: greedyChange(seedsOf(own, "self-play"), KEYS),
      },
      {
        what: "self-play above training on given tasks",
        ...{ paper: 1, unit: "points", scale: 100 },
        here: lead,
      },
    ],
    why: `the untouched base, made to think, has ${
      percent(levelOf(own, "self-play", "first", true))
    }, self-play ends at ${
      percent(levelOf(own, "self-play", "last"))
    } and training on given tasks at ${
      percent(levelOf(own, "generated-tasks", "last"))
    }`,
  };
}

const percent = (level: Interval | null) =>
  level ? `${(100 * level.mean).toFixed(0)} %` : "no recorded accuracy";

/** The smallest and the largest half of some intervals, in points. */
export function halfWidths(changes: readonly (Interval | null)[]): string {
  const halves = changes.flatMap((one) =>
    one ? [50 * (one.high - one.low)] : []
  );
  if (halves.length === 0) return "no";
  return [Math.min(...halves), Math.max(...halves)]
    .map((half) => half.toFixed(0)).join(" to ");
}

/** A difference of shares in signed points. */
function points(change: Interval | null): string {
  if (change === null) return "no";
  const value = (100 * change.mean).toFixed(1);
  return change.mean < 0 ? value.replace("-", "−") : `+${value}`;
}

const shortName = (model: string, base: string | null) =>
  base ? `${model} (${base.replace("Qwen2.5-7B", "7B")})` : model;

function seedsOf({ scores }: PaperStudy, arm: string): ScoreRow[][] {
  return [...scores.get(arm)?.values() ?? []];
}

/** The arms that take away what Table 2 takes away. */
const TABLE_2 = {
  "Deduction only": "deduction-only",
  "w/o Induction": "without-induction",
  "w/o Gen Reference": "without-references",
  "Train Solver Only": "frozen-proposer",
} as const;

/** Table 2: what each loss costs, beside the same losses here. */
export function ablationTable({ study, scores }: PaperStudy): Compared {
  const rows = paperRows("table2");
  const full = rows.find(({ run }) => run === "full")!.averages.overall;
  const pairs = Object.entries(TABLE_2).map(([run, arm]) => {
    const { overall } = rows.find((row) => row.run === run)!.averages;
    const here = difference(scores, arm, study.reference, KEYS);
    return { run, arm, paper: overall - full, here };
  });
  const lost = pairs.filter(({ here }) => here && here.high < 0).length;
  return {
    item: "Table 2",
    figure: beside(
      {
        title:
          `All four losses cost accuracy in the paper; here ${lost} of 4 ` +
          "can be told from nothing",
        height: 260,
      },
      dotRows(
        "paper: overall average",
        pairs.map(({ run, paper }) => ({
          ...{ label: run, value: paper, colour: PAPER_COLOUR },
        })),
        { title: "points from the full run", zero: true, range: [-5, 5] },
      ),
      [dotRows(
        "here: familiar, greedy",
        pairs.map(({ arm, here }) => ({ label: arm, value: here })),
        { title: "points from self-play", zero: true, scale: 100 },
      )],
    ),
    comparisons: pairs.map(({ run, here }): Comparison => ({
      ...{ what: run, paper: -1, here, unit: "points", scale: 100 },
    })),
    why:
      `the intervals here reach ${
        halfWidths(pairs.map(({ here }) => here))
      } points to either side, and the paper's own losses are one run each of ` +
      "1.4 to 3.5 points",
  };
}

/** Figure 6b: the gain of each size, beside a study of three sizes. */
export function scalingFigure({ study, scores }: PaperStudy): Compared {
  const gains = paperRows("figure6b").filter(({ training }) =>
    training === "AZR"
  ).map((after): DotRow => {
    const before = paperRows("figure6b").find(({ base, training }) =>
      base === after.base && training === null
    )!;
    const value = after.averages!.overall - before.averages!.overall;
    return { label: after.base!, value, colour: PAPER_COLOUR };
  });
  const arms = study.arms.map(({ name, says }) => ({
    ...{ name, says, seeds: [...scores.get(name)?.values() ?? []] },
  }));
  const changes = arms.map(({ seeds }) => greedyChange(seeds, KEYS));
  const own = arms.map(({ says }, i): DotRow => (
    { label: says, value: changes[i] }
  ));
  const [small, large] = [arms[0].seeds, arms.at(-1)!.seeds];
  return {
    item: "Figure 6b",
    figure: beside(
      {
        title: "Gains from the smallest to the largest model: " +
          `${changes.map(points).join(", ")} points here, ` +
          "+5.7, +10.2, +13.2 for the paper's coders",
        height: 260,
      },
      dotRows("paper: overall average", gains, {
        ...{ title: "gain, points", zero: true },
      }),
      [dotRows("here: familiar, greedy", own, {
        ...{ title: "gain, points", zero: true, scale: 100 },
      })],
    ),
    comparisons: [{
      what: "a larger model gains more",
      ...{ paper: 1, unit: "points", scale: 100 },
      here: gainDifference(small, large),
    }],
    why: `the untouched bases, made to think, gain ${
      arms.map(({ seeds }) => points(forcedGain(seeds))).join(", ")
    } points without any training`,
  };
}

/** What making the untouched base think changes, over the seeds of an arm. */
function forcedGain(seeds: readonly ScoreRow[][]): Interval | null {
  return changeOverSeeds(seeds.map((rows) =>
    KEYS.flatMap((key) => {
      const free = scoreAt(rows, "first", key);
      const forced = scoreAt(rows, "first", { ...key, forced: true });
      if (!free || !forced) return [];
      const before = accuracies(free);
      return accuracies(forced).map((share, i) => share - before[i]);
    })
  ));
}

/** How much more the second arm gains than the first, item by item on equal seeds. */
function gainDifference(
  first: readonly ScoreRow[][],
  second: readonly ScoreRow[][],
) {
  const gain = (rows: readonly ScoreRow[]) =>
    KEYS.flatMap((key) => {
      const [before, after] = (["first", "last"] as const).map((moment) =>
        accuracies(scoreAt(rows, moment, key)!)
      );
      return after.map((share, i) => share - before[i]);
    });
  const seeds = Math.min(first.length, second.length);
  return changeOverSeeds(Array.from({ length: seeds }, (_, seed) => {
    const smaller = gain(first[seed]);
    return gain(second[seed]).map((share, i) => share - smaller[i]);
  }));
}
