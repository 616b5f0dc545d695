/** How many of a task's attempts were right, over the tasks of a step or a run. */

import type { StepMetrics } from "../../lib/method/metrics.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  DRAWN_MODES,
  MODE_COLOURS,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/**
 * Bars over 0…n right attempts, one colour per mode, summed over `rows`. Only
 * the bars strictly between the ends teach: tasks always or never solved earn
 * their proposer nothing.
 */
export function solveRateHistogram(
  rows: readonly Pick<StepMetrics, "solve">[],
): Figure {
  const traces = DRAWN_MODES.flatMap((mode): Trace[] => {
    const histograms = rows.flatMap((row) =>
      row.solve[mode] ? [row.solve[mode].solveRateHistogram] : []
    );
    if (histograms.length === 0) return [];
    const length = Math.max(...histograms.map((counts) => counts.length));
    const x = Array.from({ length }, (_, right) => right);
    const y = x.map((right) =>
      histograms.reduce((sum, counts) => sum + (counts[right] ?? 0), 0)
    );
    const marker = { color: MODE_COLOURS[mode] };
    return [{ type: "bar", name: mode, x, y, marker }];
  });
  return styledFigure(
    {
      title: "Attempts that were right, per proposed task",
      x: "right attempts",
      y: "tasks",
    },
    traces,
    { barmode: "group", xaxis: { dtick: 1 } },
  );
}
