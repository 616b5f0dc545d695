/**
 * The parts of drawings: boxes, arrows and words as SVG. A drawing is 560 wide, so that
 * its letters can be read on a phone. On the pages of the site it takes the page's
 * colours, light or dark; elsewhere it stands on white.
 */

import type { Drawing } from "../../lib/show/notebook/show.ts";

export const WIDTH = 560;
const PAGE = "var(--page, #ffffff)";
const INK = "var(--text, #222222)";
const QUIET = "var(--quiet, #57606a)";

type Point = readonly [x: number, y: number];

/** Puts parts on a page of a height, with a sentence for who cannot see it. */
export function drawing(
  says: string,
  height: number,
  parts: readonly string[],
): Drawing {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" ` +
    `height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" ` +
    `font-family="Helvetica, Arial, sans-serif" font-size="15">` +
    `<title>${escaped(says)}</title>` +
    `<rect width="${WIDTH}" height="${height}" style="fill:${PAGE}"/>` +
    `${parts.join("\n")}</svg>`;
  return { svg, says };
}

/** How a box looks. */
export interface Look {
  colour?: string;
  dashed?: boolean;
  /** Words at the upper edge instead of the middle. */
  top?: boolean;
}

/** A box with centred lines of words, the first in bold. */
export function box(
  [x, y]: Point,
  [width, height]: Point,
  words: readonly string[],
  { colour = "#777777", dashed = false, top = false }: Look = {},
): string {
  const rect = `<rect x="${x}" y="${y}" width="${width}" height="${height}" ` +
    `rx="6" fill="${colour}" fill-opacity="0.12" stroke="${colour}" ` +
    `stroke-width="1.5"${dashed ? ' stroke-dasharray="6 4"' : ""}/>`;
  const first = top ? y + 22 : y + height / 2 + 5 - 9.5 * (words.length - 1);
  return rect +
    words.map((line, i) =>
      text([x + width / 2, first + 19 * i], line, {
        anchor: "middle",
        bold: i === 0,
      })
    ).join("");
}

/** An arrow along points, its words beside the middle of its first part. */
export function arrow(points: readonly Point[], words = ""): string {
  const [[x1, y1], [x2, y2]] = points;
  const tip = points[points.length - 1];
  const before = points[points.length - 2];
  const angle = Math.atan2(tip[1] - before[1], tip[0] - before[0]);
  const wing = (turn: number) =>
    [
      tip[0] - 10 * Math.cos(angle + turn),
      tip[1] - 10 * Math.sin(angle + turn),
    ].map((value) => value.toFixed(1)).join(",");
  const path = points.map((point) => point.join(",")).join(" ");
  const line = `<polyline points="${path}" fill="none" ` +
    `style="stroke:${QUIET}" stroke-width="1.5"/><polygon points="` +
    `${tip.join(",")} ${wing(0.4)} ${wing(-0.4)}" style="fill:${QUIET}"/>`;
  if (words === "") return line;
  const upright = x1 === x2;
  return line +
    (upright
      ? note([x1 + 8, (y1 + y2) / 2 + 5], words)
      : note([(x1 + x2) / 2, y1 - 7], words, "middle"));
}

/** Quiet words. */
export function note(
  at: Point,
  words: string,
  anchor: "start" | "middle" | "end" = "start",
): string {
  return text(at, words, { anchor, quiet: true });
}

/** Words. */
export function text(
  [x, y]: Point,
  words: string,
  { anchor = "start", bold = false, quiet = false } = {},
): string {
  const fill = quiet ? QUIET : INK;
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" ` +
    `style="fill:${fill}"${quiet ? ' font-size="14"' : ""}` +
    `${bold ? ' font-weight="bold"' : ""}>${escaped(words)}</text>`;
}

/** A mark of an attempt: filled if it is right. */
export function disc([x, y]: Point, colour: string, filled: boolean): string {
  return `<circle cx="${x}" cy="${y}" r="6" stroke="${colour}" ` +
    `stroke-width="1.5" fill="${filled ? colour : "none"}"/>`;
}

/** A line without a head, straight or dotted. */
export function line(
  points: readonly Point[],
  colour: string,
  dash = "",
): string {
  return `<polyline points="${points.map((p) => p.join(",")).join(" ")}" ` +
    `fill="none" stroke="${colour}" stroke-width="2.5"` +
    `${dash ? ` stroke-dasharray="${dash}"` : ""}/>`;
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
