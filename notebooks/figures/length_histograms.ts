/** How long texts are, in tokens: histograms of two sorts of them, side by side by kind. */

import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { colourOf } from "../../lib/show/figures/style.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";

/** Lengths of the texts of one kind. */
export interface KindLengths {
  kind: string;
  /** By sort, in the order of the legend. */
  lengths: Readonly<Record<string, readonly number[]>>;
}

/** A panel per kind: the share of its texts by their length, one colour for each sort. */
export function lengthHistograms(
  title: string,
  kinds: readonly KindLengths[],
): Figure {
  const longest = Math.max(
    ...kinds.flatMap(({ lengths }) => Object.values(lengths).flat()),
  );
  const panels = kinds.map(({ kind, lengths }) => {
    const all = Object.values(lengths).flat().length;
    const traces = Object.entries(lengths).map(([name, values], i): Trace => {
      const counts = Map.groupBy(values, (length) => length);
      const x = [...counts.keys()].sort((a, b) => a - b);
      return {
        type: "bar",
        name,
        x,
        y: x.map((length) => counts.get(length)!.length / all),
        width: 0.9,
        marker: { color: colourOf(name, i) },
      };
    });
    return { title: kind, traces };
  });
  const figure = panelFigure(
    { title, x: "tokens of the answer", y: "documents", percent: "y" },
    panels,
    { xaxis: { range: [0, longest + 1] } },
  );
  return { ...figure, layout: { ...figure.layout, barmode: "stack" } };
}
