/**
 * Line figures as SVG: the frames of a live plot.
 *
 * The input is a Plotly figure. Drawn are the traces' x, y, name, colour and dash, the
 * title, the axis titles and fixed ranges. All other attributes are ignored.
 */

import type { Figure, Trace } from "../figures/figure.ts";
import { escapeMarkup } from "./markup.ts";

const WIDTH = 700;
const HEIGHT = 380;
const MARGIN = { left: 64, right: 150, top: 44, bottom: 48 };
const GRID_LINES = 5;
const DASHES: Record<string, string> = { dash: "8 5", dot: "2 4" };

type Range = [number, number];

/** The axis attributes that are drawn. */
interface Axis {
  title?: { text?: string };
  range?: Range;
}

/** Draws the lines of a figure. */
export function linesSvg({ data, layout }: Figure): string {
  const xaxis = (layout.xaxis ?? {}) as Axis;
  const yaxis = (layout.yaxis ?? {}) as Axis;
  const xRange = xaxis.range ?? rangeOf(data.flatMap(xsOf));
  const yRange = yaxis.range ?? rangeOf(data.flatMap(ysOf));
  const right = WIDTH - MARGIN.right;
  const bottom = HEIGHT - MARGIN.bottom;
  const toX = scale(xRange, [MARGIN.left, right]);
  const toY = scale(yRange, [bottom, MARGIN.top]);
  const centre = (MARGIN.left + right) / 2;
  const middle = (MARGIN.top + bottom) / 2;
  const parts = [
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...ticks(yRange).map((value) => horizontalLine(value, toY(value), right)),
    ...ticks(xRange).map((value) =>
      label(value, toX(value), bottom + 18, "middle")
    ),
    ...data.map((trace) => polyline(trace, toX, toY)),
    ...data.map((trace, i) => legend(trace, right + 12, MARGIN.top + 20 * i)),
    title(layout.title?.text ?? "", centre, 24, 15),
    title(xaxis.title?.text ?? "", centre, HEIGHT - 10, 12),
    title(
      yaxis.title?.text ?? "",
      16,
      middle,
      12,
      `transform="rotate(-90 16 ${middle})"`,
    ),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" ` +
    `height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
    `font-family="sans-serif" font-size="12">${parts.join("\n")}</svg>`;
}

function ysOf(trace: Trace): number[] {
  return Array.from(trace.y ?? [], (value) => Number(value ?? NaN));
}

function xsOf(trace: Trace): number[] {
  if (!trace.x) return ysOf(trace).map((_, i) => i);
  return Array.from(trace.x, Number);
}

/** Returns the smallest and the largest finite value, widened where they are equal. */
function rangeOf(values: number[]): Range {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const low = finite.reduce((a, b) => Math.min(a, b));
  const high = finite.reduce((a, b) => Math.max(a, b));
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

function scale([low, high]: Range, [from, to]: Range) {
  return (value: number) => from + (value - low) / (high - low) * (to - from);
}

/** Returns round numbers that divide a range into about `GRID_LINES` parts. */
function ticks([low, high]: Range): number[] {
  const rough = (high - low) / GRID_LINES;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((n) => n * power >= rough) ?? 10);
  const found: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9; i++) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}

function horizontalLine(value: number, y: number, right: number): string {
  const line = `<line x1="${MARGIN.left}" x2="${right}" ` +
    `y1="${short(y)}" y2="${short(y)}" stroke="#e5e5e5"/>`;
  return line + label(value, MARGIN.left - 8, y + 4, "end");
}

function label(value: number, x: number, y: number, anchor: string): string {
  return `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}" ` +
    `fill="#555">${value}</text>`;
}

function polyline(
  trace: Trace,
  toX: (x: number) => number,
  toY: (y: number) => number,
): string {
  const xs = xsOf(trace);
  const points = ysOf(trace)
    .map((y, i) => Number.isFinite(y) ? [toX(xs[i]), toY(y)] : null)
    .filter((point) => point !== null)
    .map(([x, y]) => `${short(x)},${short(y)}`);
  return `<polyline fill="none" ${stroke(trace)} points="${
    points.join(" ")
  }"/>`;
}

function stroke({ line = {} }: Trace): string {
  const dash = DASHES[line.dash ?? ""];
  return `stroke="${line.color ?? "#444"}" stroke-width="2"` +
    (dash ? ` stroke-dasharray="${dash}"` : "");
}

function legend(trace: Trace, x: number, y: number): string {
  if (!trace.name) return "";
  return `<line x1="${x}" x2="${x + 22}" y1="${y}" y2="${y}" ` +
    `${stroke(trace)}/><text x="${x + 28}" y="${y + 4}" fill="#222">` +
    `${escapeMarkup(trace.name)}</text>`;
}

function title(
  text: string,
  x: number,
  y: number,
  size: number,
  more = "",
): string {
  if (text === "") return "";
  return `<text x="${x}" y="${y}" text-anchor="middle" fill="#222" ` +
    `font-size="${size}" ${more}>${escapeMarkup(text)}</text>`;
}

/** Writes a coordinate to a tenth of a pixel. */
function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
