/**
 * Fits a figure to the room that a page has for it. The pages run the text of these
 * functions: each uses nothing but its arguments, the language, and the others.
 */

import {
  contrast,
  inkOn,
  luminance,
  withInk,
} from "../../lib/show/figures/contrast.ts";

// deno-lint-ignore no-explicit-any -- layouts as Plotly takes them, in a page's script
type Layout = Record<string, any>;

/** Breaks a text into lines of at most so many letters; a number keeps its sign of per cent. */
function broken(text: string, letters: number): string[] {
  const lines: string[] = [""];
  for (const word of text.split(/ *<br> *| (?!%)/)) {
    const last = lines[lines.length - 1];
    if (last && last.length + word.length >= letters) lines.push(word);
    else lines[lines.length - 1] = last ? last + " " + word : word;
  }
  return lines;
}

/**
 * Returns a layout as wide as the room. In less room than the figure asks for, titles
 * and names of rows are broken into lines, the legend, if there is one, lies below the
 * axes, and panels that lie side by side lie below each other, two to a row where there
 * are more than three.
 */
export function fitted(
  layout: Layout,
  room: number,
  legend = true,
): Layout {
  const asked = layout.width ?? 700;
  if (room >= asked) return { ...layout, width: asked };
  const lines = broken(layout.title?.text ?? "", Math.floor(room / 7.6));
  const top = 28 + 18 * lines.length;
  const margin = layout.margin ?? {};
  const made: Layout = {
    ...layout,
    width: room,
    title: {
      ...layout.title,
      ...{ text: lines.join("<br>"), font: { size: 14 }, x: 0.01 },
    },
    font: { ...layout.font, size: 12 },
    margin: {
      ...margin,
      ...{ l: Math.min(margin.l ?? 70, room * 0.4), r: 10, t: top + 10 },
      b: Math.max(legend ? 120 : 60, layout.sliders ? 190 : 0),
    },
    legend: {
      ...layout.legend,
      ...{ orientation: "h", x: 0, xanchor: "left", xref: "container" },
      ...{ y: 0, yanchor: "bottom", yref: "container", font: { size: 11 } },
    },
    height: (layout.height ?? 420) + 40 + (layout.sliders ? 40 : 0),
    uniformtext: { mode: "hide", minsize: 9 },
  };
  for (const name of Object.keys(layout)) {
    if (/^[xy]axis\d*$/.test(name)) made[name] = narrowAxis(layout[name], room);
  }
  // Room for names of rows that take several lines.
  const names: string[] = made.yaxis?.ticktext ?? [];
  const most = Math.max(1, ...names.map((one) => one.split("<br>").length));
  made.height += 12 * (most - 1) * names.length;
  if (layout.xaxis?.domain?.[1] < 0.99) stacked(made, layout, room);
  made.title.y = 1 - 18 / made.height;
  made.title.yanchor = "top";
  return made;
}

/** Returns an axis whose title and whose own names of rows are broken into lines. */
function narrowAxis(axis: Layout, room: number): Layout {
  const made = { ...axis };
  if (axis.title?.text) {
    const text = broken(axis.title.text, Math.floor(room / 11)).join("<br>");
    made.title = { ...axis.title, text };
  }
  if (axis.ticktext) {
    made.ticktext = axis.ticktext.map((name: string) =>
      broken(name, 22).join("<br>")
    );
  }
  return made;
}

/** Lays the panels of a narrow layout below each other, none lower than it was. */
function stacked(made: Layout, layout: Layout, room: number): void {
  const axes = Object.keys(layout).filter((key) => /^xaxis\d*$/.test(key))
    .map((key) => key.slice(5));
  const columns = axes.length > 3 && room > 380 ? 2 : 1;
  const rows = Math.ceil(axes.length / columns);
  const { t = 60, b = 60 } = layout.margin ?? {};
  const share = Math.min(...axes.map((suffix) => {
    const [low, high] = layout["yaxis" + suffix].domain ?? [0, 1];
    return high - low;
  }));
  const plot = Math.max(145, ((layout.height ?? 420) - t - b) * share);
  const letters = Math.floor(room / columns / 8);
  made.annotations = (layout.annotations ?? []).map((note: Layout) =>
    / domain$/.test(note.xref ?? "") && columns > 1
      ? { ...note, text: broken(note.text, letters).join("<br>") }
      : note
  );
  const pitch = plot + (columns > 1 ? 105 : 85);
  const all = rows * pitch;
  axes.forEach((suffix, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const end = 1 - (row * pitch + (columns > 1 ? 38 : 20)) / all;
    const wide = 1 / columns;
    made["xaxis" + suffix].domain = [
      column * wide + (column ? 0.08 : 0),
      (column + 1) * wide,
    ];
    const vertical = made["yaxis" + suffix];
    vertical.domain = [end - plot / all, end];
    // Panels that shared the first one's names of rows need them each for itself.
    if (columns === 1 && layout.yaxis.showticklabels !== false) {
      vertical.showticklabels = true;
    }
    if (column) vertical.title = { ...vertical.title, text: "" };
  });
  made.height = made.margin.t + made.margin.b + all;
}

/**
 * Returns the traces with marks as small as the room is. Text in bars is not turned, and
 * plotly.js hides it where it would have to be smaller than the layout's `uniformtext`.
 */
export function shrunk(data: Layout[], share: number): Layout[] {
  return data.map((trace) => {
    const { size, symbol } = trace.marker ?? {};
    const marker = Array.isArray(size) && Math.max(...size) > 14
      ? {
        ...trace.marker,
        size: size.map((one) => Math.max(Math.min(one, 4), one * share)),
      }
      : /^line-/.test(symbol ?? "")
      ? { ...trace.marker, size: size * share }
      : trace.marker;
    return {
      ...trace,
      ...(marker && { marker }),
      ...(trace.type === "bar" && { textangle: 0 }),
      ...(trace.constraintext === "none" && { constraintext: "inside" }),
      ...(trace.text && { cliponaxis: false }),
      ...(trace.orientation === "h" && { y: trace.y.map(halved) }),
    };
  });
}

/** Returns a name of a row in two lines if it is one long word of capitals and small letters. */
function halved(name: unknown): unknown {
  if (typeof name !== "string" || !/^[A-Za-z]{24,}$/.test(name)) return name;
  const starts = [...name.matchAll(/[A-Z]/g)].map(({ index }) => index);
  const off = (at: number) => Math.abs(at - name.length / 2);
  const [middle] = starts.toSorted((a, b) => off(a) - off(b));
  return middle > 0
    ? `${name.slice(0, middle)}<br>${name.slice(middle)}`
    : name;
}

/** Returns the change of a drawn figure's margins that gives cut text and the legend room; null for none. */
export function roomFor(place: Layout): Layout | null {
  const { left, right } = place.getBoundingClientRect();
  const boxes = (selector: string): DOMRect[] =>
    [...place.querySelectorAll(selector)].map((one) =>
      one.getBoundingClientRect()
    );
  const texts = boxes(
    ".plot text, .overplot text, .xtick text, .ytick text, .xtitle, .ytitle, .annotation",
  );
  const [legend] = boxes(".legend");
  // A title that meets the legend is squeezed into the axis: its own height counts.
  const titles = boxes(".xtitle").map((one) => one.height + 8);
  const lowest = Math.max(0, ...boxes(".xtick text").map((one) => one.bottom)) +
    Math.max(0, ...titles);
  const over = {
    l: Math.max(0, ...texts.map((one) => left + 2 - one.left)),
    r: Math.max(0, ...texts.map((one) => one.right + 2 - right)),
    b: legend?.height ? Math.max(0, lowest + 6 - legend.top) : 0,
  };
  if (over.l + over.r + over.b < 1) return null;
  const { margin, height, width } = place.layout;
  const most = Math.max(0, width - 130 - margin.l - margin.r);
  return {
    "margin.l": margin.l + Math.min(over.l, most),
    "margin.r": margin.r + Math.min(over.r, most),
    "margin.b": margin.b + over.b,
    height: height + over.b,
  };
}

/** Returns the figure in the colours of a dark page: black, greys and white change places. */
export function inDark(figure: Layout): Layout {
  const named: Record<string, string> = {
    "#555555": "#9198a1",
    "#888888": "#9198a1",
    "#bbbbbb": "#57606a",
    "#cccccc": "#484f58",
    "#e5e5e5": "#30363d",
    "#f0f0f0": "#21262d",
  };
  const [black, white] = [[230, 237, 243], [13, 17, 23]];
  const changed = (grey: number) =>
    black.map((ink, i) => Math.round(ink + (white[i] - ink) * grey / 255));
  const hex = (channels: number[]) =>
    "#" + channels.map((one) => one.toString(16).padStart(2, "0")).join("");
  const colour = (text: string) => {
    const [, grey] = /^#(..)\1\1$/i.exec(text) ?? [];
    if (grey) {
      return named[text.toLowerCase()] ?? hex(changed(parseInt(grey, 16)));
    }
    return text.replace(
      /^rgba\((\d+), ?\1, ?\1,/,
      (_, level) => `rgba(${changed(Number(level)).join(",")},`,
    );
  };
  const page = (value: unknown): unknown => {
    if (typeof value === "string") return colour(value);
    if (Array.isArray(value)) return value.map((one) => page(one));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, page(one)]),
    );
  };
  const dark = page(figure) as Layout;
  // Text inside a bar is read against the bar, not against the page.
  return Array.isArray(dark.data)
    ? { ...dark, data: dark.data.map(withInk) }
    : dark;
}

/** The text of all these functions, for a page's script. */
export const FIT = [
  ...[broken, fitted, narrowAxis, stacked, shrunk, halved, roomFor, inDark],
  ...[luminance, contrast, inkOn, withInk],
].map(String).join("\n");
