/** Speeds side by side, for instance of the backends of a machine. */

import type { Figure } from "../../lib/show/figures/figure.ts";
import { OTHER_COLOURS, styledFigure } from "../../lib/show/figures/style.ts";

/** One measured speed. */
export interface Throughput {
  /** What was measured, for instance "tensorflow, 2 cores". */
  name: string;
  /** Units per second. */
  perSecond: number;
}

/** Horizontal bars on a logarithmic axis, in the order given. `unit` is counted per second. */
export function throughputBars(
  unit: string,
  rows: readonly Throughput[],
): Figure {
  const sorted = rows.toSorted((a, b) => b.perSecond - a.perSecond);
  const [fast, slow] = [sorted[0], sorted[sorted.length - 1]];
  const times = Number((fast.perSecond / slow.perSecond).toPrecision(2));
  const title =
    `The fastest runs ${times} times as many ${unit} a second as "${slow.name}"`;
  const speeds = rows.map(({ perSecond }) => perSecond);
  return styledFigure({ title, x: `${unit} per second`, y: "" }, [{
    type: "bar",
    orientation: "h",
    x: speeds,
    y: rows.map(({ name }) => name),
    text: speeds.map((speed) => Number(speed.toPrecision(3)).toString()),
    textposition: "auto",
    marker: { color: OTHER_COLOURS[0] },
  }], {
    height: 120 + 40 * rows.length,
    margin: { l: 220, r: 20, t: 60, b: 60 },
    xaxis: { type: "log", dtick: 1 },
    yaxis: { autorange: "reversed", ticksuffix: "  " },
  });
}
