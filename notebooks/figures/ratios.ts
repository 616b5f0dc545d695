/** How far updates moved the probability of each sampled token. */

import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { OTHER_COLOURS, styledFigure } from "../../lib/show/figures/style.ts";

/** A sampled token before and after updates. */
export interface MovedToken {
  /** Its probability when it was sampled. */
  oldProbability: number;
  /** New probability over old. */
  ratio: number;
  advantage: number;
}

/** Ratios beyond these are drawn at the edge. */
const SMALLEST = 0.1;
const LARGEST = 10;

/**
 * Ratio (y, logarithmic) against old probability (x), discs for positive and
 * rings for negative advantages, with the range that a clip leaves alone shaded.
 * Tokens that would hide each other are drawn once.
 */
export function ratioScatter(
  title: string,
  tokens: readonly MovedToken[],
  clip: { low: number; high: number },
): Figure {
  const traces = ([1, -1] as const).map((sign, i): Trace => {
    const marks = distinctMarks(
      tokens.filter(({ advantage }) => Math.sign(advantage) === sign),
    );
    return {
      type: "scatter",
      mode: "markers",
      name: sign > 0 ? "to be likelier" : "to be rarer",
      x: marks.map(([x]) => x),
      y: marks.map(([, y]) => y),
      marker: {
        color: OTHER_COLOURS[i],
        symbol: sign > 0 ? "circle" : "circle-open",
        size: 7,
        opacity: 0.8,
      },
    };
  });
  return styledFigure(
    {
      title,
      x: "probability at sampling",
      y: "probability ratio, new to old",
    },
    traces,
    {
      shapes: [band(clip.low, clip.high)],
      xaxis: { range: [-0.02, 1.02] },
      yaxis: {
        type: "log",
        range: [Math.log10(SMALLEST) - 0.05, Math.log10(LARGEST) + 0.05],
        tickvals: [0.1, 0.2, 0.5, 1, 2, 5, 10],
      },
    },
  );
}

/** Places of marks, to 1 % of the axes. */
function distinctMarks(tokens: readonly MovedToken[]): [number, number][] {
  const places = tokens.map(({ oldProbability, ratio }) => {
    const shown = Math.min(LARGEST, Math.max(SMALLEST, ratio));
    const step = Math.round(50 * Math.log10(shown));
    return `${oldProbability.toFixed(2)} ${(10 ** (step / 50)).toFixed(3)}`;
  });
  return [...new Set(places)].map((place) => {
    const [x, y] = place.split(" ").map(Number);
    return [x, y];
  });
}

/** A grey band between two ratios, behind everything. */
function band(low: number, high: number): Record<string, unknown> {
  return {
    type: "rect",
    layer: "below",
    xref: "paper",
    x0: 0,
    x1: 1,
    y0: low,
    y1: high,
    fillcolor: "#e8e8e8",
    line: { width: 0 },
  };
}
