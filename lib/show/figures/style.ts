/**
 * The look of all figures: one colour per mode, one dash per role, one layout.
 *
 * Colours are from the palette of Okabe and Ito, told apart by readers with any
 * of the common colour deficiencies.
 */

import type { Role } from "../../method/advantage/sample.ts";
import type { ModeName } from "../../method/modes/task.ts";
import { withInk } from "./contrast.ts";
import type { Figure, Layout, Trace } from "./figure.ts";

/** The colour of each mode in every figure. */
export const MODE_COLOURS: Record<ModeName, string> = {
  deduction: "#0072B2",
  abduction: "#D55E00",
  induction: "#009E73",
  error: "#CC79A7",
};

/** The modes in the order of figures. */
export const DRAWN_MODES = Object.keys(MODE_COLOURS) as ModeName[];

/** Colours of series that are not modes, in order of use. No mode has one of them. */
export const OTHER_COLOURS = [
  "#56B4E9",
  "#E69F00",
  "#000000",
  "#8C6BB1",
  "#999933",
  "#777777",
  "#44AA99",
];

/** Colours of what recurs in several figures and is no mode. */
const NAMED_COLOURS: Record<string, string> = {
  direct: OTHER_COLOURS[0],
  traced: OTHER_COLOURS[1],
  paper: OTHER_COLOURS[2],
  trrpp: OTHER_COLOURS[2],
  "self-play": OTHER_COLOURS[2],
  official: OTHER_COLOURS[0],
};

/** Returns the colour of a series: a mode's, a recurring thing's, or the one of its place. */
export function colourOf(name: string, place: number): string {
  return MODE_COLOURS[name as ModeName] ?? NAMED_COLOURS[name] ??
    OTHER_COLOURS[place % OTHER_COLOURS.length];
}

/** Colour of reference lines and marks. */
export const REFERENCE_COLOUR = "#555555";

/** The line style of each role: solid for solving, dashed for proposing. */
export const ROLE_DASHES: Record<Role, string> = {
  solve: "solid",
  propose: "dash",
};

/** Returns the line of a mode in a role. */
export function modeLine(mode: ModeName, role: Role = "solve"): Trace["line"] {
  return { color: MODE_COLOURS[mode], dash: ROLE_DASHES[role], width: 2 };
}

/** The labels and ranges of a figure. */
export interface Labels {
  title: string;
  x: string;
  y: string;
  /** Fixed ends of the y axis; by default they follow the data. */
  yRange?: [number, number];
  /** The axes whose numbers are shares, written in per cent. */
  percent?: "x" | "y" | "xy";
}

/** Letters of a title to 760 pixels. */
const TITLE_LETTERS = 88;

/** Height of a further line of a title, in pixels. */
const LINE = 22;

/** Breaks a text into lines of at most so many letters, as Plotly reads it. */
function wrapped(text: string, letters: number): string {
  if (text.includes("<br>")) return text; // broken already
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + word.length >= letters) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("<br>");
}

/** Returns the attributes of an axis whose numbers may be shares. */
export function tickFormat(
  { percent }: Pick<Labels, "percent">,
  axis: "x" | "y",
): Record<string, unknown> {
  return percent?.includes(axis) ? { tickformat: ".0%" } : {};
}

/** Makes a figure in the common layout; `more` adds or replaces layout attributes. */
export function styledFigure(
  labels: Labels,
  data: Trace[],
  more: Layout = {},
): Figure {
  const axis = {
    showline: true,
    linecolor: "#888888",
    gridcolor: "#e5e5e5",
    zeroline: false,
  };
  const yRange = labels.yRange ? { range: labels.yRange } : {};
  const title = wrapped(labels.title, TITLE_LETTERS);
  const { height = 420 } = more;
  const extra = LINE * (title.split("<br>").length - 1);
  const margin = { l: 70, r: 20, t: 60, b: 60, ...record(more.margin) };
  const deeper = { ...margin, t: margin.t + extra };
  const layout: Layout = {
    title: {
      text: title,
      ...{ font: { size: 17 }, x: 0.02, xanchor: "left" },
    },
    width: 760,
    height: 420,
    font: {
      family: "Helvetica, Arial, sans-serif",
      size: 13,
      color: "#222222",
    },
    paper_bgcolor: "#ffffff",
    plot_bgcolor: "#ffffff",
    margin,
    ...more,
    ...(extra > 0 && { height: height + extra, margin: deeper }),
    xaxis: {
      ...axis,
      ...tickFormat(labels, "x"),
      title: { text: labels.x, standoff: 12 },
      ...record(more.xaxis),
    },
    yaxis: {
      ...axis,
      ...tickFormat(labels, "y"),
      title: { text: labels.y },
      ...yRange,
      ...record(more.yaxis),
    },
  };
  return { data: data.map(withInk), layout };
}

function record(value: unknown): Record<string, unknown> {
  return (value ?? {}) as Record<string, unknown>;
}
