/** What self-play changed in each arm of a study, against the arm's own base. */

import type { Interval } from "../../lib/lab/evaluation/statistics.ts";
import { type Change, changeOf } from "../../lib/lab/study_changes.ts";
import type { StudyScores } from "../../lib/lab/study_scores.ts";
import type { ScoreRow } from "../../lib/lab/scores.ts";
import { MODE_NAMES, type ModeName } from "../../lib/method/modes/task.ts";
import {
  dotIntervals,
  type DotSeries,
} from "../../lib/show/figures/dot_intervals.ts";
import type { Figure } from "../../lib/show/figures/figure.ts";
import { MODE_COLOURS } from "../../lib/show/figures/style.ts";

/** One arm on one of its splits. */
export interface StudyRow {
  label: string;
  seeds: ScoreRow[][];
  split: string;
}

/** A row for each familiar split of each arm. */
export function familiarRows(scores: StudyScores): StudyRow[] {
  return [...scores].flatMap(([name, bySeed]) => {
    const seeds = [...bySeed.values()];
    return [...new Set(seeds[0].map(({ split }) => split))]
      .filter((split) => split.startsWith("familiar"))
      .map((split) => ({ label: `${name}, ${split}`, seeds, split }));
  });
}

/** The greedy change of a row in a mode; null if it was not evaluated. */
function greedyChange({ seeds, split }: StudyRow, mode: ModeName) {
  return changeOf(seeds, { split, mode, temperature: 0, forced: false });
}

/**
 * A row per arm and split: a dot for what self-play changed in each mode, with its
 * interval, and a hollow diamond for what making the base think changes.
 */
export function studyChanges(
  title: string,
  rows: readonly StudyRow[],
): Figure {
  return dotIntervals(
    {
      title,
      x: "change of greedy accuracy by self-play",
      rows: rows.map(({ label }) => label),
      reference: 0,
    },
    MODE_NAMES.flatMap((mode) =>
      modeSeries(mode, rows.map((row) => greedyChange(row, mode)))
    ),
  );
}

function modeSeries(
  mode: ModeName,
  changes: readonly (Change | null)[],
): DotSeries[] {
  const colour = MODE_COLOURS[mode];
  const thinking = changes.map((change) => {
    if (!change || Number.isNaN(change.forced)) return null;
    const gain = change.forced - change.before;
    return { mean: gain, low: gain, high: gain };
  });
  return [
    {
      name: mode,
      colour,
      intervals: changes.map((one) => one?.change ?? null),
    },
    {
      name: `${mode}, made to think`,
      colour,
      intervals: thinking,
      symbol: "diamond-open",
    },
  ];
}

/** Where an arm ends above its base and above that base made to think, by intervals. */
export function beyondThinking(
  rows: readonly StudyRow[],
): { label: string; mode: ModeName; interval: Interval }[] {
  return rows.flatMap((row) =>
    MODE_NAMES.flatMap((mode) => {
      const measured = greedyChange(row, mode);
      const interval = measured?.beyondForced;
      // Where thinking harms the base, to end above that alone is nothing.
      if (!interval || interval.low <= 0 || measured.change.low <= 0) return [];
      return [{ label: row.label, mode, interval }];
    })
  );
}
