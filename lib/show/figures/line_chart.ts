/** Named curves in one plot, for whatever a notebook measures itself. */

import type { Figure, Layout, Trace } from "./figure.ts";
import {
  colourOf,
  type Labels,
  REFERENCE_COLOUR,
  styledFigure,
} from "./style.ts";

/** A curve, or marks where `drawn` says so. */
export interface Curve {
  name: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** "line" by default; "marks" are hollow; "reference" is grey and dotted. */
  drawn?: "line" | "marks" | "reference";
  /** Curves of equal number share a colour; their place in the list by default. */
  colour?: number;
}

/** Draws curves on common axes, in the order of the legend. */
export function lineChart(
  labels: Labels,
  curves: readonly Curve[],
  more: Layout = {},
): Figure {
  return styledFigure(labels, curves.map(curveTrace), more);
}

function curveTrace(
  { name, x, y, drawn = "line", colour }: Curve,
  place: number,
): Trace {
  const color = drawn === "reference"
    ? REFERENCE_COLOUR
    : colourOf(name, colour ?? place);
  const trace = { type: "scatter", name, x, y };
  if (drawn === "marks") {
    const marker = { symbol: "circle-open", size: 7, color };
    return { ...trace, mode: "markers", marker };
  }
  const dash = drawn === "reference" ? "dot" : "solid";
  return { ...trace, mode: "lines", line: { color, dash, width: 2 } };
}
