/**
 * Curves over the steps of several runs, from their `metrics.jsonl`: the mean of
 * the seeds, in a band from the lowest to the highest of them.
 *
 * A step in which no seed measured something is left out.
 */

import type { StepMetrics } from "../../lib/method/metrics.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";
import { bandTraces, rangeOfSeeds } from "../../lib/show/figures/seed_bands.ts";
import {
  DRAWN_MODES,
  type Labels,
  MODE_COLOURS,
} from "../../lib/show/figures/style.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";

export { moved } from "../../lib/show/figures/moved.ts";

/** The steps of one seed. */
export type SeedMetrics = readonly StepMetrics[];

/** One plot: the same number in every mode. */
export interface MetricPanel {
  title: string;
  value: (row: StepMetrics, mode: ModeName) => number | null | undefined;
  /** Whether the number is a share, written in per cent. */
  share?: boolean;
}

/** Steps averaged into one place; single steps are noisy. */
const WINDOW = 3;

/** A panel per metric, in it a line per mode. Step 0 fills the buffers and is left out. */
export function metricPanels(
  labels: Labels,
  seeds: readonly SeedMetrics[],
  metrics: readonly MetricPanel[],
  columns?: number,
): Figure {
  const panels = metrics.map(({ title, value, share }) => ({
    title,
    ...(share && { yaxis: { tickformat: ".0%" } }),
    traces: DRAWN_MODES.flatMap((mode) =>
      seedTraces(seeds, (row) => value(row, mode), {
        name: mode,
        colour: MODE_COLOURS[mode],
      })
    ),
  }));
  const yaxis: Record<string, unknown> = labels.yRange
    ? {}
    : { rangemode: "tozero" };
  return panelFigure(labels, panels, { yaxis, columns });
}

/** The mean of the seeds in the band from the lowest to the highest; nothing where it was not measured. */
export function seedTraces(
  seeds: readonly SeedMetrics[],
  value: (row: StepMetrics) => number | null | undefined,
  look: { name: string; colour: string; dash?: string },
): Trace[] {
  const smooth = seeds.map((rows) =>
    windowed(rows.filter(({ step }) => step > 0), value)
  );
  const steps = [...new Set(smooth.flatMap((places) => [...places.keys()]))]
    .sort((a, b) => a - b);
  if (steps.length === 0) return [];
  return bandTraces({
    ...look,
    x: steps,
    intervals: steps.map((step) =>
      rangeOfSeeds(smooth.flatMap((places) => places.get(step) ?? []))
    ),
  });
}

/** Means over windows of steps, by the last step of each. */
function windowed(
  rows: SeedMetrics,
  value: (row: StepMetrics) => number | null | undefined,
): Map<number, number> {
  const found = new Map<number, number>();
  for (let start = 0; start < rows.length; start += WINDOW) {
    const part = rows.slice(start, start + WINDOW);
    const values = part.map(value).filter((v) => typeof v === "number");
    if (values.length === 0) continue;
    const sum = values.reduce((total, v) => total + v, 0);
    found.set(part[part.length - 1].step, sum / values.length);
  }
  return found;
}
