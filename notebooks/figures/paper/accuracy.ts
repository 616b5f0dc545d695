/** Figures 6a and 14 (in distribution) and 28 to 31 (out of distribution). */

import { accuracies, scoreAt, type ScoreRow } from "../../../lib/lab/scores.ts";
import type { Interval } from "../../../lib/lab/evaluation/statistics.ts";
import { MODE_NAMES } from "../../../lib/method/modes/task.ts";
import { accuracyCurve } from "../../../lib/show/figures/learning_curves.ts";
import { bandTraces } from "../../../lib/show/figures/seed_bands.ts";
import { MODE_COLOURS } from "../../../lib/show/figures/style.ts";
import { beside, described, dotRows, PAPER_COLOUR } from "./beside.ts";
import { paperFigure, paperRows, type ScoredModel } from "./numbers.ts";
import { type PaperRun, seedCount } from "./runs.ts";
import { changeOverSeeds, type Compared } from "./verdict.ts";

type Key = { split: string; mode: string };

/** The change of greedy accuracy from the first to the last evaluation, over seeds and items. */
export function greedyChange(
  seeds: readonly (readonly ScoreRow[])[],
  keys: readonly Key[],
): Interval | null {
  return changeOverSeeds(seeds.map((scores) =>
    keys.flatMap((key) => {
      const whole = { ...key, temperature: 0, forced: false };
      const first = scoreAt(scores, "first", whole);
      const last = scoreAt(scores, "last", whole);
      if (!first || !last) return [];
      const before = accuracies(first);
      return accuracies(last).map((share, i) => share - before[i]);
    })
  ));
}

/** Draws greedy accuracy on tasks of the kind that is played, mode by mode. */
export function inDistribution(
  runs: readonly PaperRun[],
  split = "familiar",
): Compared {
  const seeds = runs.map(({ scores }) => scores);
  const curves = MODE_NAMES.flatMap((mode) => {
    const curve = accuracyCurve(seeds, { split, mode });
    return curve ? [{ mode, curve }] : [];
  });
  const traces = curves.flatMap(({ mode, curve: { steps, intervals } }) =>
    bandTraces({
      ...{ name: mode, x: steps, colour: MODE_COLOURS[mode] },
      intervals: intervals.map(inPercent),
    })
  );
  const ends = curves.map(({ mode, curve }) => {
    const percent = (at: number) =>
      (100 * curve.intervals.at(at)!.mean).toFixed(0);
    return `${mode} ${percent(0)} → ${percent(-1)} %`;
  });
  const [a, b] = [paperFigure("6a"), paperFigure("14")];
  const span = ({ range }: typeof a) =>
    range!.map((share) => (100 * share).toFixed(0)).join(" to ");
  return {
    item: "Figures 6a and 14",
    figure: beside(
      {
        title: `Held-out tasks, greedy: ${
          ends.length > 0 ? ends.join(", ") : "not evaluated"
        }`,
      },
      described(
        "paper (pictures)",
        `Accuracy rises: four models between about ${span(a)} % over steps ` +
          `${a.steps!.join(" to ")} (6a); the 7B base between about ${
            span(b)
          } % ` +
          "on CRUXEval-I, -O and LiveCodeBench execution (14). The ends are read " +
          "off the axes.",
      ),
      [{
        heading: `here (${split}, ${seedCount(runs)})`,
        traces,
        under: "step",
        y: { range: [0, 100], ticksuffix: " %" },
      }],
    ),
    comparisons: curves.map(({ mode }) => ({
      ...{ what: mode, paper: 1, unit: "points", scale: 100 },
      here: greedyChange(seeds, [{ split, mode }]),
    })),
    why: forcedLevels(curves),
  };
}

/** What the base could do when it was made to think: up to there, a gain was in the base. */
function forcedLevels(
  curves: readonly { mode: string; curve: { forced: Interval | null } }[],
): string {
  if (curves.length === 0) return "these runs were not evaluated";
  const levels = curves.flatMap(({ mode, curve: { forced } }) =>
    forced ? [`${(100 * forced.mean).toFixed(0)} % in ${mode}`] : []
  );
  return levels.length === 0
    ? "nothing here tells what the untouched base could do by thinking"
    : `the untouched base, made to think, has ${
      levels.join(", ")
    }: up to there ` +
      "a rise brings out what the base had";
}

function inPercent({ mean, low, high }: Interval): Interval {
  return { mean: 100 * mean, low: 100 * low, high: 100 * high };
}

/** Draws the changes on kinds of tasks that are not played, beside those of one of the paper's models. */
export function outOfDistribution(
  runs: readonly PaperRun[],
  base = "Qwen2.5-7B",
): Compared {
  const [before, after] = paperPair(base);
  const gains = Object.entries(after.scores!).map(([label, score]) => ({
    ...{ label, value: score - before.scores![label], colour: PAPER_COLOUR },
  }));
  const seeds = runs.map(({ scores }) => scores);
  const splits = [...new Set(seeds.flat().map(({ split }) => split))]
    .filter((split) => !split.startsWith("familiar"));
  const rows = splits.map((split) => ({
    label: split,
    value: greedyChange(seeds, keysOf(seeds, split)),
  }));
  const up = gains.filter(({ value }) => value > 0).length;
  const risen = rows.filter(({ value }) => value && value.low > 0).length;
  return {
    item: "Figures 28 to 31",
    figure: beside(
      {
        title:
          `${risen} of ${rows.length} kinds of unplayed tasks rise here, ` +
          `${up} of ${gains.length} benchmarks in the paper`,
        height: 340,
      },
      dotRows(`paper: ${base}`, gains, { title: "change, points", zero: true }),
      [dotRows(`here (${seedCount(runs)})`, rows, {
        ...{ title: "change, points", zero: true, scale: 100 },
      })],
    ),
    comparisons: rows.map(({ label, value }) => ({
      ...{ what: label, paper: 1, here: value, unit: "points", scale: 100 },
    })),
    why:
      `${
        thinkingGain(runs)
      }; the paper's curves are pictures, and the ends in ` +
      "its tables are one greedy answer an item",
  };
}

/** How many of the greedy answers outside of what is played think, at both ends of the runs. */
function thinkingGain(runs: readonly PaperRun[]): string {
  const rows = runs.flatMap(({ scores }) =>
    scores.filter(({ split, temperature, thinking }) =>
      !split.startsWith("familiar") && temperature === 0 && thinking === "free"
    )
  );
  if (rows.length === 0) return "these runs were not evaluated there";
  const last = Math.max(...rows.map(({ step }) => step));
  const share = (step: number) => {
    const own = rows.filter((row) => row.step === step);
    const sum = own.reduce((total, row) => total + row.thinkingRate, 0);
    return (100 * sum / own.length).toFixed(0);
  };
  return `greedy answers that think went from ${share(0)} to ${
    share(last)
  } % there`;
}

/** A base of Tables 1 and 5 and the AZR model trained from it. */
function paperPair(base: string): [ScoredModel, ScoredModel] {
  const rows = [...paperRows("table1"), ...paperRows("table5")];
  const before = rows.find((row) =>
    row.model === base || (row.base === base && row.training === null)
  );
  const after = rows.find((row) =>
    row.base === base && (row.model === "AZR" || row.training === "AZR")
  );
  if (before && after) return [before, after];
  throw new RangeError(`the paper's tables have no "${base}" before and after`);
}

function keysOf(
  seeds: readonly (readonly ScoreRow[])[],
  split: string,
): Key[] {
  const modes = seeds.flat().filter((row) => row.split === split)
    .map(({ mode }) => mode as string);
  return [...new Set(modes)].map((mode) => ({ split, mode }));
}
