/** What 16 attempts find, by the depth of the program, in the arms of a study. */

import { FORCED_BASE } from "../../lib/lab/bounds.ts";
import { ItemFinder } from "../../lib/lab/bounds_judged.ts";
import { seedInterval } from "../../lib/lab/evaluation/over_seeds.ts";
import type { Study } from "../../lib/lab/studies.ts";
import type { StudyScores } from "../../lib/lab/study_scores.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";
import {
  OTHER_COLOURS,
  REFERENCE_COLOUR,
} from "../../lib/show/figures/style.ts";

const MODES = ["deduction", "abduction"] as const;

/** The last point of a line, in whole per cent. */
const end = ({ y }: Trace) => Math.round(Number(y?.[y.length - 1]));

/** A panel per mode, a line per arm; bars are 95 % intervals over seeds and items. */
export function passByDepth(
  study: Study,
  scores: StudyScores,
  depths: readonly number[],
): Figure {
  const finder = new ItemFinder(study);
  const panels = MODES.map((mode) => ({
    title: mode,
    traces: [FORCED_BASE, ...scores.keys()].map((arm, i): Trace => {
      const bySeed = scores.get(arm === FORCED_BASE ? study.reference : arm)!;
      const intervals = depths.map((depth) =>
        seedInterval([...bySeed.values()].map((rows) => {
          const choice = { splits: ["deep"], modes: [mode], depths: [depth] };
          return finder.values(rows, choice, "pass@16", arm);
        }))
      );
      return {
        type: "scatter",
        mode: "lines+markers",
        name: arm,
        x: [...depths],
        y: intervals.map(({ mean }) => 100 * mean),
        line: arm === FORCED_BASE
          ? { color: REFERENCE_COLOUR, dash: "dash", width: 2 }
          : { color: OTHER_COLOURS[i - 1], dash: "solid", width: 2.5 },
        error_y: {
          type: "data",
          symmetric: false,
          array: intervals.map(({ mean, high }) => 100 * (high - mean)),
          arrayminus: intervals.map(({ mean, low }) => 100 * (mean - low)),
          thickness: 1.5,
        },
      };
    }),
  }));
  const moved = panels.map(({ title, traces }) =>
    `${title} ${end(traces[0])} → ${
      end(traces.find(({ name }) => name === study.reference)!)
    } %`
  );
  return panelFigure(
    {
      title:
        `One of 16 attempts at ${depths.at(-1)} operations, base made to ` +
        `think → ${study.reference}: ${moved.join(", ")}`,
      x: "operations",
      y: "one of 16 attempts right, %",
      yRange: [0, 100],
    },
    panels,
    { xaxis: { dtick: 1 } },
  );
}
