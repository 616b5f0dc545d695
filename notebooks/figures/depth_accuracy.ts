/** Held-out accuracy by the depth of the program. */

import { bootstrapMean } from "../../lib/lab/evaluation/statistics.ts";
import type { EvaluationResult } from "../../lib/lab/evaluation/evaluate.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";
import {
  DRAWN_MODES,
  MODE_COLOURS,
  REFERENCE_COLOUR,
} from "../../lib/show/figures/style.ts";

/** Rows that share a line: for instance those made to think. */
export interface DepthSeries {
  name: string;
  rows: readonly EvaluationResult[];
  /** The first series in the mode's colour, the reference grey and dashed. */
  drawn: "mode" | "reference";
}

/** A panel per mode; bars are 95 % intervals over items. */
export function accuracyByDepth(
  title: string,
  series: readonly DepthSeries[],
  modes: readonly EvaluationResult["mode"][] = DRAWN_MODES,
): Figure {
  const panels = DRAWN_MODES.filter((mode) => modes.includes(mode))
    .flatMap((mode) => {
      const colour = MODE_COLOURS[mode];
      const traces = series.flatMap(({ name, rows, drawn }) => {
        const line = drawn === "mode"
          ? { color: colour, dash: "solid", width: 2.5 }
          : { color: REFERENCE_COLOUR, dash: "dash", width: 2 };
        return depthLine(name, rows.filter((row) => row.mode === mode), line);
      });
      return traces.length > 0 ? [{ title: mode, traces }] : [];
    });
  return panelFigure(
    {
      title,
      x: "operations",
      y: "right answers",
      yRange: [0, 1],
      percent: "y",
    },
    panels,
    { xaxis: { dtick: 1 } },
  );
}

function depthLine(
  name: string,
  rows: readonly EvaluationResult[],
  line: NonNullable<Trace["line"]>,
): Trace[] {
  if (rows.length === 0) return [];
  const depths = [...new Set(rows.map(({ depth }) => depth))]
    .sort((a, b) => a - b);
  const accuracies = depths.map((depth) =>
    bootstrapMean(
      rows.filter((row) => row.depth === depth)
        .map(({ correct, samples }) => correct / samples),
      0,
    )
  );
  return [{
    type: "scatter",
    mode: "lines+markers",
    name,
    x: depths,
    y: accuracies.map(({ mean }) => mean),
    line,
    marker: { color: line.color, size: 8 },
    error_y: {
      type: "data",
      symmetric: false,
      array: accuracies.map(({ mean, high }) => high - mean),
      arrayminus: accuracies.map(({ mean, low }) => mean - low),
      color: line.color,
      thickness: 1.5,
    },
  }];
}
