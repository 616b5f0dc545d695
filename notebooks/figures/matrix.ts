/**
 * Matrices as round marks whose areas are the values: attention between tokens,
 * likeness of embeddings, what each layer makes of each token.
 *
 * A heat map needs a browser to become a static image, and shades are read less
 * exactly than sizes.
 */

import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { OTHER_COLOURS, styledFigure } from "../../lib/show/figures/style.ts";
import { tokenAxis } from "./token_labels.ts";

/** One matrix of the plot; several may share a grid. */
export interface MarkedMatrix {
  name: string;
  /** `values[row][column]`, of which the positive ones are drawn. */
  values: readonly (readonly number[])[];
}

export interface MatrixLabels {
  title: string;
  x: string;
  y: string;
  /** Names of the columns, and of the rows from top to bottom. */
  columns: readonly string[];
  rows: readonly string[];
}

/** Width of the plot inside its margins, in pixels. */
const INNER_WIDTH = 640;
/** The whole figure is at least this wide. */
const NARROWEST = 760;
/** Rows and columns are at most this far apart, in pixels. */
const WIDEST_CELL = 42;
/** Marks under this share of the largest would not be seen. */
const SMALLEST_SHARE = 0.003;

/**
 * A mark at each positive value, discs for the first matrix and rings for the
 * others; the largest of all fills its cell.
 */
export function matrixMarks(
  labels: MatrixLabels,
  matrices: readonly MarkedMatrix[],
): Figure {
  const { rows, columns } = labels;
  const cell = Math.min(WIDEST_CELL, INNER_WIDTH / columns.length);
  // A narrow plot would not have room for its title.
  const right = Math.max(
    matrices.length > 1 ? 140 : 30,
    NARROWEST - 100 - cell * columns.length,
  );
  const largest = Math.max(...matrices.flatMap(({ values }) => values.flat()));
  const traces = matrices.map((matrix, i) => marksOf(matrix, largest, cell, i));
  return styledFigure(labels, traces, {
    width: Math.round(100 + cell * columns.length + right),
    height: Math.round(150 + cell * rows.length),
    margin: { l: 100, r: right, t: 60, b: 90 },
    showlegend: matrices.length > 1,
    xaxis: { ...tokenAxis(columns), tickangle: -90 },
    yaxis: { ...tokenAxis(rows), range: [rows.length - 0.4, -0.6] },
  });
}

function marksOf(
  { name, values }: MarkedMatrix,
  largest: number,
  cell: number,
  place: number,
): Trace {
  const marks = values.flatMap((row, y) =>
    row.map((value, x) => ({ x, y, value }))
  ).filter(({ value }) => value > SMALLEST_SHARE * largest);
  return {
    type: "scatter",
    mode: "markers",
    name,
    x: marks.map(({ x }) => x),
    y: marks.map(({ y }) => y),
    text: marks.map(({ value }) => value.toFixed(3)),
    marker: {
      symbol: place === 0 ? "circle" : "circle-open",
      color: OTHER_COLOURS[place % OTHER_COLOURS.length],
      opacity: 1,
      size: marks.map(({ value }) => cell * Math.sqrt(value / largest)),
      sizemode: "diameter",
      line: { width: place === 0 ? 0 : 2 },
    },
  };
}
