/**
 * The layout of all figures of the notebook on the paper: the paper's side on the left,
 * the runs' side on the right.
 *
 * Nothing has a fixed width, and the names of rows stand above their dots, so that both
 * sides stay readable from 400 pixels on.
 */

import type { Interval } from "../../../lib/lab/evaluation/statistics.ts";
import type {
  Figure,
  Layout,
  Trace,
} from "../../../lib/show/figures/figure.ts";
import {
  OTHER_COLOURS,
  styledFigure,
} from "../../../lib/show/figures/style.ts";

/** The colour of the paper's numbers, and of the runs' where it means no mode. */
export const PAPER_COLOUR = OTHER_COLOURS[2];
export const OWN_COLOUR = OTHER_COLOURS[0];
/** The colour of the rows that a comparison is about. */
export const MARKED_COLOUR = OTHER_COLOURS[1];

/** One plot, on either side. */
export interface Plot {
  heading: string;
  traces: readonly Trace[];
  /** What the horizontal axis measures. */
  under?: string;
  x?: Record<string, unknown>;
  y?: Record<string, unknown>;
  /** Text inside the plot. */
  notes?: readonly Record<string, unknown>[];
  /** A vertical line at zero. */
  zero?: boolean;
}

export interface BesideLabels {
  /** The finding. Broken into lines. */
  title: string;
  /** Height of the plots, in pixels. */
  height?: number;
}

/** Letters of a line of the title that 400 pixels hold, and of a note in half of that. */
const TITLE_LETTERS = 42;
const NOTE_LETTERS = 22;
/** Room between the sides, and between plots above each other. */
const GAP = { x: 0.14, y: 0.24 };

/** Breaks text into lines of at most so many letters, but for longer words. */
export function wrapped(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines.at(-1);
    const fits = line !== undefined && line.length + word.length < letters;
    if (fits) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Breaks a title into lines that 400 pixels hold; a number keeps its per cent. */
export function titleLines(title: string): string[] {
  return wrapped(title.replaceAll(" %", "\u00a0%"), TITLE_LETTERS);
}

/** The paper's plot on the left, one or two plots of the runs on the right, above each other. */
export function beside(
  { title, height = 300 }: BesideLabels,
  paper: Plot,
  own: readonly Plot[],
): Figure {
  const lines = titleLines(title);
  const top = 44 + 20 * lines.length;
  const half = (1 - GAP.x) / 2;
  const places = [
    { plot: paper, x: [0, half], y: [0, 1] },
    ...own.map((plot, i) => ({
      ...{ plot, x: [1 - half, 1] },
      y: stacked(i, own.length),
    })),
  ];
  const figure = styledFigure(
    { title: lines.join(" <br>"), x: "", y: "" },
    places.flatMap(({ plot }, i) =>
      plot.traces.map((trace) => ({ ...trace, ...axesOf(i) }))
    ),
    {
      height: height + top + 70,
      width: undefined,
      margin: { l: 44, r: 12, t: top, b: 70 },
      legend: { orientation: "h", x: 0, y: -60 / height, yanchor: "top" },
      annotations: places.flatMap(({ plot }, i) => notesOf(plot, i)),
      shapes: places.flatMap(({ plot }, i) => plot.zero ? [zeroLine(i)] : []),
      ...Object.assign({}, ...places.map(axisLayout)) as Layout,
    },
  );
  figure.layout.title = {
    ...figure.layout.title,
    font: { size: 16 },
    // The first line of a title hangs above its anchor.
    ...{ y: 1 - 26 / Number(figure.layout.height), yanchor: "top" },
  };
  return { ...figure, config: { responsive: true, displayModeBar: false } };
}

/** The ends of one of several plots above each other, the first at the top. */
function stacked(place: number, count: number): [number, number] {
  const size = (1 - GAP.y * (count - 1)) / count;
  const end = 1 - place * (size + GAP.y);
  return [Math.max(0, end - size), end];
}

const suffix = (i: number) => i === 0 ? "" : String(i + 1);
const axesOf = (i: number) => ({
  xaxis: `x${suffix(i)}`,
  yaxis: `y${suffix(i)}`,
});

function axisLayout(
  { plot, x, y }: { plot: Plot; x: number[]; y: number[] },
  i: number,
): Layout {
  const common = {
    showline: true,
    linecolor: "#888888",
    gridcolor: "#e5e5e5",
    zeroline: false,
    tickfont: { size: 11 },
  };
  const title = { text: plot.under ?? "", standoff: 8, font: { size: 12 } };
  const anchor = `y${suffix(i)}`;
  const xaxis = { ...common, title, domain: x, anchor, ...plot.x };
  const yaxis = { ...common, domain: y, anchor: `x${suffix(i)}`, ...plot.y };
  return { [`xaxis${suffix(i)}`]: xaxis, [`yaxis${suffix(i)}`]: yaxis };
}

/** The heading of a plot and its notes. */
function notesOf({ heading, notes = [] }: Plot, i: number) {
  const inside = { xref: `x${suffix(i)} domain`, yref: `y${suffix(i)} domain` };
  const common = { showarrow: false, xanchor: "left", align: "left" };
  return [
    {
      ...{
        ...common,
        ...inside,
        text: `<b>${heading}</b>`,
        font: { size: 12 },
      },
      ...{ x: 0, y: 1, yanchor: "bottom", yshift: 4 },
    },
    ...notes.map((note) => ({ ...common, ...inside, ...note })),
  ];
}

function zeroLine(i: number) {
  return {
    ...{ type: "line", x0: 0, x1: 0, y0: 0, y1: 1 },
    ...{ xref: `x${suffix(i)}`, yref: `y${suffix(i)} domain` },
    line: { color: "#555555", width: 1.5, dash: "dot" },
  };
}

/** A plot of words, for a figure that exists only as a picture. */
export function described(heading: string, says: string): Plot {
  const text = wrapped(says, NOTE_LETTERS).join("<br>");
  const hidden = { visible: false, range: [0, 1] };
  const font = { size: 12, color: "#444444" };
  return {
    heading,
    // A plot without a trace has no axes to hang the words on.
    traces: [{
      ...{ type: "scatter", mode: "markers", x: [0.5], y: [0.5] },
      ...{ marker: { opacity: 0 }, hoverinfo: "skip", showlegend: false },
    }],
    x: hidden,
    y: hidden,
    notes: [{ text, font, x: 0, y: 0.97, yanchor: "top" }],
  };
}

/** A row of dots: a value with or without an interval, null where there is none. */
export interface DotRow {
  label: string;
  value: Interval | number | null;
  /** Said where there is no value; "not recorded" by default. */
  absent?: string;
  colour?: string;
}

export interface DotAxis {
  title: string;
  range?: [number, number];
  zero?: boolean;
  /** Multiplies values, so that a share becomes per cent. */
  scale?: number;
}

/** A plot of dots with intervals, a row each, whose name stands above its dot. */
export function dotRows(
  heading: string,
  rows: readonly DotRow[],
  { title, range, zero, scale = 1 }: DotAxis,
): Plot {
  const traces = rows.map(({ value, colour = OWN_COLOUR }, row): Trace => {
    const { mean, low, high } = typeof value === "number"
      ? { mean: value, low: value, high: value }
      : value ?? { mean: NaN, low: NaN, high: NaN };
    return {
      ...{ type: "scatter", mode: "markers", showlegend: false },
      ...{ name: rows[row].label, x: [scale * mean], y: [row + 0.15] },
      marker: { color: colour, size: 9 },
      error_x: {
        ...{ type: "data", symmetric: false, color: colour },
        ...{ array: [scale * (high - mean)], thickness: 1.5, width: 4 },
        arrayminus: [scale * (mean - low)],
      },
    };
  });
  return {
    ...{ heading, traces, zero, under: title },
    x: range ? { range } : {},
    y: {
      range: [rows.length - 0.5, -0.5],
      ...{ showticklabels: false, showgrid: false, fixedrange: true },
    },
    notes: rows.map((
      { label, value, absent = "not recorded" },
      row,
    ) => ({
      text: value === null ? `${label}: ${absent}` : label,
      font: { size: 11, color: "#222222" },
      ...{ bgcolor: "rgba(255,255,255,0.85)", borderpad: 1 },
      ...{ x: 0.02, y: 1 - (row + 0.5) / rows.length, yanchor: "bottom" },
    })),
  };
}
