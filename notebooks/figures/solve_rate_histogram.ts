/** How many of a task's attempts were right, over the tasks of a step or a run. */

import type { StepMetrics } from "../../lib/method/metrics.ts";
import {
  type Figure,
  numbers,
  type Trace,
} from "../../lib/show/figures/figure.ts";
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
      title: betweenTitle(traces),
      x: "right attempts",
      y: "tasks",
    },
    traces,
    { barmode: "group", xaxis: { dtick: 1 } },
  );
}

/** Returns the share of tasks strictly between the ends. */
function betweenTitle(traces: readonly Trace[]): string {
  const counts = traces.map(({ y }) => numbers(y));
  const sum = (rows: number[][]) => rows.flat().reduce((a, b) => a + b, 0);
  const all = sum(counts);
  const between = sum(counts.map((row) => row.slice(1, -1)));
  return `${between} of ${all} proposed tasks are solved sometimes, not always`;
}
