/**
 * Runs plotly.js without a browser: in jsdom, with the three things that plotly.js
 * measures with and jsdom lacks (text boxes, path lengths, object URLs).
 *
 * It serves traces that are drawn as SVG: scatter, bar, histogram, box, violin, contour,
 * table, sankey. Traces that are drawn on a canvas or by WebGL need a real browser;
 * `static_images.ts` refuses them.
 */

import { createHash } from "node:crypto";
import { JSDOM } from "jsdom";

/** The modulus of Lehmer's generator, the prime 2^31 - 1. */
const MODULUS = 2147483647;

/** A figure as plotly.js takes it. */
export interface FigureInput {
  data: unknown[];
  layout: Record<string, unknown>;
}

/** The one function of plotly.js used here, and the window it draws in. */
export interface PlotlyWindow {
  toSvg(figure: FigureInput, width: number, height: number): Promise<string>;
}

/** The members of an SVG element that the measurements read. */
interface Drawn {
  tagName: string;
  textContent: string | null;
  parentNode: Drawn | null;
  getAttribute?(name: string): string | null;
  querySelectorAll(selector: string): Iterable<Drawn>;
}

/** The parts of jsdom's window that are filled in or called. */
interface Window {
  Element: { prototype: Record<string, unknown> };
  HTMLCanvasElement: { prototype: Record<string, unknown> };
  URL: { createObjectURL?: () => string };
  Math: { random: () => number };
  eval(source: string): void;
  Plotly: {
    toImage(
      figure: FigureInput,
      options: Record<string, unknown>,
    ): Promise<string>;
  };
}

let opened: Promise<PlotlyWindow> | null = null;

/** Returns the window, opened on first use (about 1.5 s) and then shared. */
export function plotlyWindow(): Promise<PlotlyWindow> {
  opened ??= open();
  return opened;
}

async function open(): Promise<PlotlyWindow> {
  const page = new JSDOM("<!doctype html><html><body></body></html>", {
    runScripts: "outside-only",
    pretendToBeVisual: true,
  });
  const window = page.window as unknown as Window;
  window.URL.createObjectURL = () => "";
  window.HTMLCanvasElement.prototype.getContext = () => null;
  measureText(window.Element.prototype);
  measurePaths(window.Element.prototype);
  const source = new URL(import.meta.resolve("plotly.js-dist-min"));
  window.eval(await Deno.readTextFile(source));
  const toSvg = (figure: FigureInput, width: number, height: number) => {
    window.Math.random = countedRandom(seedOf(figure, width, height));
    return window.Plotly.toImage(structuredClone(figure), {
      format: "svg",
      imageDataOnly: true,
      width,
      height,
    });
  };
  return { toSvg };
}

/**
 * Returns a seed made from everything that a figure draws. The images of one page share
 * their element ids: two figures with equal ids would clip each other by their frames.
 */
function seedOf(figure: FigureInput, width: number, height: number): number {
  const text = JSON.stringify([figure.data, figure.layout, width, height]);
  const digest = createHash("sha256").update(text).digest();
  return 1 + digest.readUInt32LE() % (MODULUS - 1);
}

/** Seeds Math.random, of which plotly.js makes element ids: equal seeds give equal ids. */
function countedRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % MODULUS;
    return state / MODULUS;
  };
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  top: number;
  left: number;
  right: number;
  bottom: number;
}

function boxOf(
  width: number,
  height: number,
  left: number,
  top: number,
): Box {
  return {
    x: left,
    y: top,
    width,
    height,
    left,
    top,
    right: left + width,
    bottom: top + height,
  };
}

/** Width of a character of a sans-serif font, as a share of the font size. */
function characterWidth(character: string): number {
  if (/[iljt.,:;'|!\[\]()frI ]/.test(character)) return 0.32;
  if (/[mwMW@%]/.test(character)) return 0.88;
  if (/[A-Z]/.test(character)) return 0.68;
  return 0.56;
}

function fontSize(element: Drawn): number {
  let node: Drawn | null = element;
  for (; node?.getAttribute; node = node.parentNode) {
    const style = node.getAttribute("style") ?? "";
    const size = style.match(/font-size:\s*([\d.]+)px/)?.[1] ??
      node.getAttribute("font-size");
    if (size) return parseFloat(size);
  }
  return 12;
}

/** The share of a text's width that lies left of its anchor. */
function leftShare(element: Drawn): number {
  const anchor = element.getAttribute?.("text-anchor") ?? "start";
  return { start: 0, middle: 0.5, end: 1 }[anchor] ?? 0;
}

function textBox(element: Drawn): Box {
  const size = fontSize(element);
  const characters = [...element.textContent ?? ""];
  const shares = characters.reduce((sum, c) => sum + characterWidth(c), 0);
  const width = shares * size;
  return boxOf(width, 1.2 * size, -leftShare(element) * width, -0.8 * size);
}

/** Returns the box of the texts inside a group, which decides the legend's width. */
function groupBox(element: Drawn): Box {
  let [width, height] = [0, 0];
  for (const text of element.querySelectorAll("text")) {
    const box = textBox(text);
    width = Math.max(width, box.width);
    height = Math.max(height, box.height);
  }
  return boxOf(width, height, 0, 0);
}

function measureText(prototype: Record<string, unknown>): void {
  const measured = prototype.getBoundingClientRect as () => Box;
  prototype.getBBox = function (this: Drawn) {
    return textBox(this);
  };
  prototype.getComputedTextLength = function (this: Drawn) {
    return textBox(this).width;
  };
  prototype.getBoundingClientRect = function (this: Drawn) {
    const tag = this.tagName.toLowerCase();
    if (tag === "text" || tag === "tspan") return textBox(this);
    if (tag === "g") return groupBox(this);
    return measured.call(this);
  };
}

type Point = [number, number];

/** Returns the end points of a path's segments, which are exact enough to place a label on a line. */
function pathPoints(path: Drawn): Point[] {
  const description = path.getAttribute?.("d") ?? "";
  const numbers = (description.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number);
  const points: Point[] = [];
  for (let i = 0; i + 1 < numbers.length; i += 2) {
    points.push([numbers[i], numbers[i + 1]]);
  }
  return points.length > 0 ? points : [[0, 0]];
}

function distance(a: Point, b: Point): number {
  return Math.hypot(b[0] - a[0], b[1] - a[1]);
}

function measurePaths(prototype: Record<string, unknown>): void {
  prototype.getTotalLength = function (this: Drawn) {
    const points = pathPoints(this);
    return points.slice(1)
      .reduce((sum, point, i) => sum + distance(points[i], point), 0);
  };
  prototype.getPointAtLength = function (this: Drawn, length: number) {
    const points = pathPoints(this);
    let passed = 0;
    for (let i = 1; i < points.length; i++) {
      const [from, to] = [points[i - 1], points[i]];
      const step = distance(from, to);
      if (passed + step >= length) {
        const share = step > 0 ? (length - passed) / step : 0;
        return {
          x: from[0] + share * (to[0] - from[0]),
          y: from[1] + share * (to[1] - from[1]),
        };
      }
      passed += step;
    }
    const [x, y] = points[points.length - 1];
    return { x, y };
  };
}
