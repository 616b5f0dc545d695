/** What self-play changed in each arm of a study, against the arm's own base. */

import type { Interval } from "../../lib/lab/evaluation/statistics.ts";
import { type Change, changeOf } from "../../lib/lab/study_changes.ts";
import type { StudyScores } from "../../lib/lab/study_scores.ts";
import type { ScoreRow } from "../../lib/lab/scores.ts";
import { MODE_NAMES, type ModeName } from "../../lib/method/modes/task.ts";
import { dots, type DotSeries } from "../../lib/show/figures/dot_intervals.ts";
import type { Figure } from "../../lib/show/figures/figure.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";
import {
  MODE_COLOURS,
  REFERENCE_COLOUR,
} from "../../lib/show/figures/style.ts";

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
 * A panel per mode with a row per arm and split: a dot for what self-play changed, with
 * its interval, and a hollow diamond for what making the base think changes.
 */
export function studyChanges(study: string, all: readonly StudyRow[]): Figure {
  // Arms that share another arm's base are compared by their ends, not drawn here.
  const rows = all.filter((row) =>
    MODE_NAMES.some((mode) => greedyChange(row, mode))
  );
  const modes = MODE_NAMES.filter((mode) =>
    rows.some((row) => greedyChange(row, mode))
  );
  const changes = modes.map((mode) =>
    rows.map((row) => greedyChange(row, mode))
  );
  const splits = new Set(rows.map(({ split }) => split)).size;
  const names = rows.map(({ label }) =>
    splits > 1 ? label : label.replace(/, familiar.*/, "")
  );
  const panels = modes.map((mode, i) => ({
    title: mode,
    traces: modeSeries(mode, changes[i])
      .flatMap((one, place) => dots(one, place, 2)),
    yaxis: { showticklabels: i === 0 },
  }));
  const figure = panelFigure(
    {
      title: gainTitle(study, changes.flat()),
      x: "change",
      y: "",
      percent: "x",
    },
    panels,
    {
      height: 190 + 30 * rows.length,
      xaxis: { zeroline: true, zerolinecolor: REFERENCE_COLOUR },
      yaxis: {
        tickvals: rows.map((_, row) => row),
        ticktext: names,
        ticksuffix: "  ",
        range: [rows.length - 0.5, -0.5],
        showgrid: false,
      },
    },
  );
  const longest = Math.max(...names.map(({ length }) => length));
  const margin = { ...figure.layout.margin as object, l: 24 + 7 * longest };
  return { ...figure, layout: { ...figure.layout, margin } };
}

/** Returns how many greedy accuracies of a study self-play surely raised and lowered. */
function gainTitle(study: string, changes: readonly (Change | null)[]): string {
  const known = changes.flatMap((one) => one ? [one.change] : []);
  const up = known.filter(({ low }) => low > 0).length;
  const down = known.filter(({ high }) => high < 0).length;
  return `Study "${study}": of ${known.length} greedy accuracies self-play ` +
    `raises ${up} and lowers ${down} for sure`;
}

function modeSeries(
  mode: ModeName,
  changes: readonly (Change | null)[],
): DotSeries[] {
  const thinking = changes.map((change) => {
    if (!change || Number.isNaN(change.forced)) return null;
    const gain = change.forced - change.before;
    return { mean: gain, low: gain, high: gain };
  });
  return [
    {
      name: mode,
      colour: MODE_COLOURS[mode],
      intervals: changes.map((one) => one?.change ?? null),
    },
    {
      name: "the base made to think",
      colour: REFERENCE_COLOUR,
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
