/** Small multiples: plots side by side on equal axes, with one legend. */

import type { Figure, Layout, Trace } from "./figure.ts";
import { type Labels, styledFigure, tickFormat } from "./style.ts";

/** One plot of several. */
export interface Panel {
  title: string;
  traces: readonly Trace[];
  /** Attributes of this panel's axes alone. */
  xaxis?: Record<string, unknown>;
  yaxis?: Record<string, unknown>;
}

/** Attributes of the axes of every panel. */
interface PanelAxes {
  xaxis?: Record<string, unknown>;
  yaxis?: Record<string, unknown>;
  height?: number;
  /** Plots in a row; all of them by default. */
  columns?: number;
}

/** Room between panels, as a share of the width or height of the figure. */
const GAP = { x: 0.05, y: 0.2 };

/**
 * Returns the panels from left to right, row by row. Traces of equal name share an entry
 * of the legend; with `yRange` all vertical axes are the same.
 */
export function panelFigure(
  labels: Labels,
  panels: readonly Panel[],
  { xaxis = {}, yaxis = {}, height, columns = panels.length }: PanelAxes = {},
): Figure {
  const rows = Math.ceil(panels.length / columns);
  const named = new Set<string>();
  const traces = panels.flatMap(({ traces }, i) =>
    traces.map((trace): Trace => {
      const name = trace.name ?? "";
      const listed = name !== "" && trace.showlegend !== false;
      const first = listed && !named.has(name);
      if (listed) named.add(name);
      const suffix = i === 0 ? "" : String(i + 1);
      return {
        ...trace,
        xaxis: `x${suffix}`,
        yaxis: `y${suffix}`,
        legendgroup: name,
        showlegend: first,
      };
    })
  );
  const rowsOfLegend = legendRows([...named]);
  const axes = panels.map((panel, i) =>
    panelAxes(i, { columns, rows }, labels, {
      xaxis: { ...xaxis, ...panel.xaxis },
      yaxis: { ...yaxis, ...panel.yaxis },
    })
  );
  return styledFigure(labels, traces, {
    height: height ?? 130 + 250 * rows + 20 * rowsOfLegend,
    width: 860,
    margin: { l: 70, r: 20, t: 85, b: 75 + 20 * rowsOfLegend },
    // Below the titles of the axes, whatever the height of the figure.
    legend: {
      orientation: "h",
      x: 0,
      yref: "container",
      y: 0.01,
      yanchor: "bottom",
    },
    annotations: panels.map((panel, i) => panelTitle(i, columns, panel.title)),
    ...Object.assign({}, ...axes) as Layout,
  });
}

/** Returns the rows that a legend of these names takes, at 7 pixels a letter and 45 a mark. */
function legendRows(names: readonly string[]): number {
  const pixels = names.reduce((sum, { length }) => sum + 45 + 7 * length, 0);
  return Math.max(1, Math.ceil(pixels / 760));
}

interface Grid {
  columns: number;
  rows: number;
}

/** Returns the axes of one panel under the names that its traces use. */
function panelAxes(
  place: number,
  { columns, rows }: Grid,
  labels: Labels,
  { xaxis, yaxis }: Required<Pick<PanelAxes, "xaxis" | "yaxis">>,
): Layout {
  const suffix = place === 0 ? "" : String(place + 1);
  const column = place % columns;
  const row = Math.floor(place / columns);
  const common = {
    showline: true,
    linecolor: "#888888",
    gridcolor: "#e5e5e5",
    zeroline: false,
  };
  const range = labels.yRange ? { range: labels.yRange } : {};
  return {
    [`xaxis${suffix}`]: {
      ...common,
      ...tickFormat(labels, "x"),
      title: { text: labels.x, standoff: 10 },
      domain: part(column, columns, GAP.x),
      anchor: `y${suffix}`,
      ...xaxis,
    },
    [`yaxis${suffix}`]: {
      ...common,
      ...range,
      ...tickFormat(labels, "y"),
      title: { text: column === 0 ? labels.y : "" },
      domain: part(rows - 1 - row, rows, GAP.y),
      anchor: `x${suffix}`,
      ...yaxis,
    },
  };
}

/** Returns the ends, between 0 and 1, of one of several equal parts. */
function part(place: number, count: number, gap: number): [number, number] {
  const size = (1 - gap * (count - 1)) / count;
  const start = place * (size + gap);
  return [start, Math.min(1, start + size)];
}

function panelTitle(place: number, columns: number, text: string) {
  const suffix = place === 0 ? "" : String(place + 1);
  return {
    text,
    showarrow: false,
    xref: `x${suffix} domain`,
    yref: `y${suffix} domain`,
    x: 0,
    y: 1.02,
    xanchor: "left",
    yanchor: "bottom",
    font: { size: columns > 3 ? 12 : 14 },
  };
}
