/** Numbers that belong to tokens: their probabilities, or those of a response. */

import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  type Labels,
  OTHER_COLOURS,
  styledFigure,
} from "../../lib/show/figures/style.ts";
import { LONGEST_LABEL, tokenAxis } from "./token_labels.ts";

/** One set of bars, with marks where a second measurement of the same stands. */
export interface TokenValues {
  name: string;
  /** One per token. */
  values: readonly number[];
  marks?: { name: string; values: readonly number[] };
}

/** Room that the bars of one token take, of the distance between tokens. */
const GROUP_WIDTH = 0.8;

/** For each token, in the order given, a bar per set. */
export function tokenBars(
  labels: Omit<Labels, "x"> & { x?: string },
  tokens: readonly string[],
  sets: readonly TokenValues[],
): Figure {
  const width = GROUP_WIDTH / sets.length;
  const traces = sets.flatMap(({ name, values, marks }, i): Trace[] => {
    const x = tokens.map((_, place) =>
      place + width * (i + 0.5) - GROUP_WIDTH / 2
    );
    const color = OTHER_COLOURS[i % OTHER_COLOURS.length];
    const bars = { type: "bar", name, x, y: values, width, marker: { color } };
    if (!marks) return [bars];
    const marker = {
      symbol: "diamond",
      size: 7,
      color: "#ffffff",
      line: { color: "#222222", width: 1.5 },
    };
    return [bars, {
      type: "scatter",
      mode: "markers",
      name: marks.name,
      // The marks of all sets look alike, so one entry is enough.
      showlegend: i === sets.length - 1,
      x,
      y: marks.values,
      marker,
    }];
  });
  // Upright names of tokens stand below the axis, about 8 pixels a letter.
  const upright = tokens.length > 12;
  const longest = Math.min(
    LONGEST_LABEL,
    Math.max(...tokens.map(({ length }) => length)),
  );
  return styledFigure({ x: "", ...labels }, traces, {
    barmode: "overlay",
    xaxis: { ...tokenAxis(tokens), tickangle: upright ? -90 : 0 },
    margin: { l: 70, r: 20, t: 80, b: upright ? 30 + 8 * longest : 60 },
    // Beside the plot it would take the room of the tokens.
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom" },
  });
}
