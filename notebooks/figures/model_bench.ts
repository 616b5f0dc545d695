/**
 * The model's speed beside PyTorch's, from the rows of `deno task bench model`.
 *
 * Both sides of a row were measured in turns on one machine; only their ratio
 * carries over to another.
 */

import { median } from "../../lib/lab/evaluation/statistics.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { OTHER_COLOURS, styledFigure } from "../../lib/show/figures/style.ts";

/** The fields of a measured shape that are shown, named as in the log. */
export interface ModelBenchRow {
  shape: string;
  title: string;
  train_tokens_per_s: number;
  generate_tokens_per_s: number;
  torch_train_tokens_per_s: number | null;
  torch_generate_tokens_per_s: number | null;
  /** Machine, versions and load of either side, as recorded. */
  environment: Record<string, unknown>;
  torch_environment: Record<string, unknown> | null;
  /** What each round measured, under the same names. */
  rounds: Record<string, number>[];
}

/** One verb of one shape. */
interface Comparison {
  label: string;
  own: number;
  torch: number | null;
  ratio: number | null;
}

/**
 * The speed called `name` as a multiple of PyTorch's: the median over rounds of
 * the ratio within a round, so that a slow minute of the machine cancels. Null
 * without PyTorch.
 */
export function ratioToTorch(
  rounds: readonly Record<string, number>[],
  name: string,
): number | null {
  const ratios = ratiosToTorch(rounds, name);
  return ratios.length === 0 ? null : median(ratios);
}

/** The ratio of every round that was measured on both sides. */
export function ratiosToTorch(
  rounds: readonly Record<string, number>[],
  name: string,
): number[] {
  return rounds
    .filter((round) => `torch_${name}` in round)
    .map((round) => round[name] / round[`torch_${name}`]);
}

/** Two bars for training and two for generating, shape by shape, ratios written. */
export function modelBenchBars(rows: readonly ModelBenchRow[]): Figure {
  const comparisons = rows.flatMap((row): Comparison[] => [{
    label: `(${row.shape}) training`,
    own: row.train_tokens_per_s,
    torch: row.torch_train_tokens_per_s,
    ratio: ratioToTorch(row.rounds, "train_tokens_per_s"),
  }, {
    label: `(${row.shape}) generating`,
    own: row.generate_tokens_per_s,
    torch: row.torch_generate_tokens_per_s,
    ratio: ratioToTorch(row.rounds, "generate_tokens_per_s"),
  }]);
  const speeds = comparisons.flatMap(({ own, torch }) => [own, torch ?? own]);
  return styledFigure(
    { title: fasterIn(comparisons), x: "tokens per second", y: "" },
    [
      bars(comparisons, "this kit", 0, ({ own }) => own, ownText),
      bars(comparisons, "PyTorch", 1, ({ torch }) => torch, torchText),
    ],
    {
      barmode: "group",
      height: 150 + 52 * comparisons.length,
      margin: { l: 140, r: 20, t: 60, b: 60 },
      // Room for the labels, which stand outside the bars.
      xaxis: {
        type: "log",
        range: [
          Math.floor(Math.log10(Math.min(...speeds))) - 0.2,
          Math.log10(Math.max(...speeds)) + 1,
        ],
        dtick: 1,
      },
      yaxis: { autorange: "reversed", ticksuffix: "  ", showgrid: false },
      legend: { traceorder: "normal" },
    },
  );
}

/** Says in how many of the comparisons the kit is faster. */
function fasterIn(comparisons: readonly Comparison[]): string {
  const ratios = comparisons.flatMap(({ ratio }) => ratio ?? []);
  const faster = ratios.filter((ratio) => ratio > 1).length;
  return ratios.length === 0
    ? "Not compared with PyTorch"
    : `Faster than PyTorch in ${faster} of ${ratios.length} comparisons`;
}

function bars(
  comparisons: readonly Comparison[],
  name: string,
  colour: number,
  speedOf: (row: Comparison) => number | null,
  textOf: (row: Comparison) => string,
): Trace {
  const measured = comparisons.filter((row) => speedOf(row) !== null);
  return {
    type: "bar",
    orientation: "h",
    name,
    x: measured.map((row) => speedOf(row)!),
    y: measured.map(({ label }) => label),
    text: measured.map(textOf),
    textposition: "outside",
    cliponaxis: false,
    marker: { color: OTHER_COLOURS[colour] },
  };
}

function ownText({ own, ratio }: Comparison): string {
  return ratio === null ? whole(own) : `${whole(own)} (${ratio.toFixed(2)} x)`;
}

function torchText({ torch }: Comparison): string {
  return torch === null ? "" : whole(torch);
}

function whole(speed: number): string {
  return Number(speed.toPrecision(3)).toLocaleString("en-US");
}
