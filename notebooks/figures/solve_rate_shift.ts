/** How the solve rates of proposed tasks move between two parts of a run. */

import type { StepMetrics } from "../../lib/method/metrics.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";
import {
  DRAWN_MODES,
  MODE_COLOURS,
  REFERENCE_COLOUR,
} from "../../lib/show/figures/style.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";

/**
 * A panel per mode: tasks by their right attempts, as shares, in the first third
 * of the steps (grey) and in the last (the mode's colour), over all seeds.
 */
export function solveRateShift(
  seeds: readonly (readonly Pick<StepMetrics, "step" | "solve">[])[],
): Figure {
  const steps = Math.max(...seeds.flat().map(({ step }) => step));
  const third = Math.ceil(steps / 3);
  const early = seeds.flat().filter(({ step }) => step > 0 && step <= third);
  const late = seeds.flat().filter(({ step }) => step > steps - third);
  const changes: string[] = [];
  const panels = DRAWN_MODES.flatMap((mode) => {
    const [from, to] = [early, late].map((rows) => sometimes(rows, mode));
    if (from !== null && to !== null) changes.push(`${mode} ${from} → ${to} %`);
    const traces = [
      bars(`steps 1 to ${third}`, early, mode, REFERENCE_COLOUR),
      bars(
        `steps ${steps - third + 1} to ${steps}`,
        late,
        mode,
        MODE_COLOURS[mode],
      ),
    ].filter((trace) => trace !== null);
    return traces.length > 0 ? [{ title: mode, traces }] : [];
  });
  const figure = panelFigure(
    {
      title: `Tasks solved sometimes and not always: ${changes.join(", ")}`,
      x: "right attempts",
      y: "tasks",
      percent: "y",
    },
    panels,
    { xaxis: { dtick: 1 } },
  );
  return { ...figure, layout: { ...figure.layout, barmode: "group" } };
}

/** Per cent of tasks that teach, since their attempts differ; null without tasks. */
function sometimes(
  rows: readonly Pick<StepMetrics, "solve">[],
  mode: ModeName,
): number | null {
  const shares = bars("", rows, mode, "")?.y as number[] | undefined;
  if (shares === undefined) return null;
  const ends = shares[0] + shares[shares.length - 1];
  return Math.round(100 * (1 - ends));
}

function bars(
  name: string,
  rows: readonly Pick<StepMetrics, "solve">[],
  mode: ModeName,
  color: string,
): Trace | null {
  const histograms = rows.flatMap((row) =>
    row.solve[mode] ? [row.solve[mode].solveRateHistogram] : []
  );
  const length = Math.max(0, ...histograms.map((counts) => counts.length));
  const counts = Array.from(
    { length },
    (_, right) => histograms.reduce((sum, h) => sum + (h[right] ?? 0), 0),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  return {
    type: "bar",
    name,
    x: counts.map((_, right) => right),
    y: counts.map((count) => count / total),
    marker: { color },
  };
}
