/** Means with intervals as dots on horizontal lines, several to a row. */

import type { Interval } from "../../lab/evaluation/statistics.ts";
import type { Figure, Trace } from "./figure.ts";
import { translucent } from "./seed_bands.ts";
import { OTHER_COLOURS, REFERENCE_COLOUR, styledFigure } from "./style.ts";

/** One colour of dots: an interval for each row, null where there is none. */
export interface DotSeries {
  name: string;
  intervals: readonly (Interval | null)[];
  /** A colour of its own instead of the next one. */
  colour?: string;
  symbol?: string;
}

interface DotLabels {
  title: string;
  x: string;
  /** From top to bottom. */
  rows: readonly string[];
  /** A vertical line: no change, or the mean of a reference. */
  reference?: number;
  xRange?: [number, number];
}

/** Share of a row's height that its dots take. */
const SPREAD = 0.4;
/** No mode has these colours. */
const COLOURS = [OTHER_COLOURS[2], OTHER_COLOURS[1], OTHER_COLOURS[0]];

/**
 * Draws a row of dots with intervals per label; the series lie below each other within a
 * row. Values are shares, or differences of shares where there is a `reference`; the
 * interval of a share ends at 0 and at 1. Where an interval holds the values of single seeds, each is a small pale dot.
 */
export function dotIntervals(
  { title, x, rows, reference, xRange }: DotLabels,
  series: readonly DotSeries[],
): Figure {
  const drawn = reference === undefined ? series.map(withinShares) : series;
  const traces = drawn.flatMap((one, i) => dots(one, i, series.length));
  const shapes = reference === undefined ? [] : [{
    type: "line",
    x0: reference,
    x1: reference,
    yref: "paper",
    y0: 0,
    y1: 1,
    line: { color: REFERENCE_COLOUR, width: 1.5, dash: "dot" },
  }];
  const longest = Math.max(...rows.map(({ length }) => length));
  return styledFigure({ title, x, y: "" }, traces, {
    height: 170 + rows.length * Math.max(28, 17 * series.length),
    width: 820,
    margin: { l: Math.max(110, 24 + 7 * longest), r: 20, t: 60, b: 60 },
    shapes,
    showlegend: series.length > 1,
    xaxis: { tickformat: ".0%", ...(xRange && { range: xRange }) },
    yaxis: {
      tickvals: rows.map((_, row) => row),
      ticktext: rows,
      ticksuffix: "  ",
      range: [rows.length - 0.5, -0.5],
      showgrid: false,
    },
  });
}

/** Ends intervals where a share ends: one of few seeds is computed as if it went on. */
function withinShares(series: DotSeries): DotSeries {
  const within = (one: Interval): Interval => ({
    ...one,
    low: Math.max(0, one.low),
    high: Math.min(1, one.high),
  });
  return {
    ...series,
    intervals: series.intervals.map((one) => one && within(one)),
  };
}

/** Returns the dots of a series, the place-th of so many that share a row. */
export function dots(
  { name, intervals, colour, symbol = "circle" }: DotSeries,
  place: number,
  count: number,
): Trace[] {
  const shift = count === 1 ? 0 : SPREAD * (place / (count - 1) - 0.5);
  const found = intervals.flatMap((interval, row) =>
    interval === null ? [] : [{ ...interval, y: row + shift }]
  );
  const color = colour ?? COLOURS[place % COLOURS.length];
  const singles = found.flatMap(({ seeds = [], y }) =>
    seeds.map((x) => ({ x, y }))
  );
  const means: Trace = {
    type: "scatter",
    mode: "markers",
    name,
    x: found.map(({ mean }) => mean),
    y: found.map(({ y }) => y),
    marker: { color, symbol, size: 9 },
    error_x: {
      type: "data",
      symmetric: false,
      array: found.map(({ mean, high }) => high - mean),
      arrayminus: found.map(({ mean, low }) => mean - low),
      color,
      thickness: 1.5,
      width: 4,
    },
  };
  if (singles.length === 0) return [means];
  return [{
    type: "scatter",
    mode: "markers",
    name: `${name}, single seeds`,
    showlegend: false,
    x: singles.map(({ x }) => x),
    y: singles.map(({ y }) => y),
    marker: { color: translucent(color, 0.4), symbol: "circle", size: 5 },
  }, means];
}
