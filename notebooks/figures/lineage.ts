/** Figures of the notebook on the methods before TRR++. */

import type { ModeName } from "../../lib/method/modes/task.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  MODE_COLOURS,
  REFERENCE_COLOUR,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/** The advantages of a right and of a wrong answer in a mode. */
export interface Arrow {
  mode: ModeName;
  right: number;
  wrong: number;
}

/** Draws an arrow from wrong to right for each mode; `arrows[i]` stand under `estimators[i]`. */
export function advantageArrows(
  estimators: readonly string[],
  arrows: readonly (readonly Arrow[])[],
): Figure {
  const columns = arrows.flat();
  const traces = columns.map(({ mode, right, wrong }, x): Trace => ({
    type: "scatter",
    mode: "lines+markers+text",
    name: mode,
    x: [x, x],
    y: [wrong, right],
    line: { color: MODE_COLOURS[mode], width: 3 },
    marker: {
      color: MODE_COLOURS[mode],
      size: 14,
      symbol: ["circle-open", "triangle-up"],
    },
    text: [wrong, right].map((value) => value.toFixed(2)),
    textposition: ["bottom center", "top center"],
    showlegend: x < arrows[0].length,
  }));
  return styledFigure(
    {
      title: "TRR++ weighs an answer by how rare it is in its mode",
      x: "triangle: a right answer, circle: a wrong one",
      y: "advantage",
      yRange: [-3, 3.2],
    },
    traces,
    {
      xaxis: {
        tickvals: estimators.map((_, i) => (i + 0.5) * arrows[0].length - 0.5),
        ticktext: [...estimators],
        range: [-0.7, columns.length - 0.3],
        showgrid: false,
      },
      yaxis: { zeroline: true, zerolinecolor: REFERENCE_COLOUR },
    },
  );
}

/** Draws the noise of the gradient under each baseline, in % of the noisiest. */
export function noiseBars(
  rows: readonly { name: string; share: number }[],
): Figure {
  const bars: Trace = {
    type: "bar",
    orientation: "h",
    y: rows.map(({ name }) => name),
    x: rows.map(({ share }) => share),
    text: rows.map(({ share }) => `${share.toFixed(0)} %`),
    textposition: "outside",
    cliponaxis: false,
    marker: { color: REFERENCE_COLOUR },
  };
  return styledFigure(
    {
      title: "Every baseline takes out more than half of the noise",
      x: "variance of the gradient in % of the largest",
      y: "",
    },
    [bars],
    {
      height: 320,
      margin: { l: 190, r: 60, t: 60, b: 60 },
      xaxis: { range: [0, 105] },
      yaxis: { autorange: "reversed", showgrid: false },
      showlegend: false,
    },
  );
}
