/** Figures on evaluation: items as squares, intervals, and what hides in pass@k. */

import {
  bootstrapMean,
  type Interval,
  mean,
} from "../../../lib/lab/evaluation/statistics.ts";
import { seedInterval } from "../../../lib/lab/evaluation/over_seeds.ts";
import type { EvaluationResult } from "../../../lib/lab/evaluation/evaluate.ts";
import { passAtK } from "../../../lib/method/pass_at_k.ts";
import type { Figure, Trace } from "../../../lib/show/figures/figure.ts";
import { lineChart } from "../../../lib/show/figures/line_chart.ts";
import { OTHER_COLOURS } from "../../../lib/show/figures/style.ts";
import { beside, dotRows, titleLines } from "../paper/beside.ts";
import type { Graded } from "./items.ts";

const RIGHT_COLOUR = OTHER_COLOURS[6];
const WRONG_COLOUR = "#cccccc";

/** A title that breaks before it is cut at 400 pixels, on a figure as wide as its place. */
function responsive({ data, layout }: Figure, height: number): Figure {
  const lines = titleLines(layout.title?.text ?? "");
  const top = 30 + 20 * lines.length;
  return {
    data,
    layout: {
      ...layout,
      title: {
        ...{ text: lines.join(" <br>"), font: { size: 16 }, x: 0.02 },
        ...{ xanchor: "left", y: 1 - 26 / (height + top), yanchor: "top" },
      },
      ...{ width: undefined, height: height + top },
      margin: { l: 52, r: 14, t: top, b: 100 },
      xaxis: withTitle(layout.xaxis),
      yaxis: withTitle(layout.yaxis),
      legend: { orientation: "h", x: 0, y: -64 / height, yanchor: "top" },
    },
    config: { responsive: true, displayModeBar: false },
  };
}

/** An axis with its title close to it, in small letters. */
function withTitle(axis: unknown): Record<string, unknown> {
  const { title, ...rest } = axis as { title: { text: string } };
  return { ...rest, title: { ...title, standoff: 8, font: { size: 12 } } };
}

/** Draws a square per item and answerer: green where the answer is right. */
export function itemSquares(
  items: readonly { id: string }[],
  graded: readonly Graded[],
): Figure {
  const traces = graded.map(({ name, verdicts }, row): Trace => ({
    ...{ type: "scatter", mode: "markers", showlegend: false, name },
    x: items.map((_, i) => i + 1),
    y: items.map(() => row + 0.15),
    text: verdicts.map(({ cause }, i) => `${items[i].id}: ${cause}`),
    marker: {
      ...{ symbol: "square", size: 15 },
      color: verdicts.map(({ correct }) =>
        correct ? RIGHT_COLOUR : WRONG_COLOUR
      ),
    },
  }));
  const rightOf = ({ verdicts }: Graded) =>
    verdicts.filter(({ correct }) => correct).length;
  const best = graded.slice(1).toSorted((a, b) => rightOf(b) - rightOf(a))[0];
  const labels = {
    title: `"${best.name}" is right on ${rightOf(best)} of ${items.length} ` +
      "items without reading a program",
    ...{ x: "item", y: "" },
  };
  const figure = responsive(lineChart(labels, []), 66 * graded.length);
  figure.data = traces;
  figure.layout.annotations = graded.map((one, row) => ({
    ...{ text: `${one.name}: ${rightOf(one)} right`, showarrow: false },
    ...{
      x: 0,
      xref: "paper",
      xanchor: "left",
      y: row - 0.42,
      font: { size: 12 },
    },
  }));
  figure.layout.yaxis = {
    ...{ range: [graded.length - 0.5, -0.7], visible: false },
  };
  figure.layout.xaxis = {
    ...withTitle(figure.layout.xaxis),
    ...{ dtick: 1, showgrid: false },
    range: [0.4, items.length + 0.6],
  };
  figure.layout.margin = { l: 14, r: 14, t: 70, b: 50 };
  return figure;
}

/** Draws how wide a 95 % interval is by the number of items, at an accuracy of one half. */
export function intervalWidths(sizes: Record<string, number>): Figure {
  const counts = Array.from(
    { length: 67 },
    (_, i) => Math.round(10 * 1.08 ** i),
  );
  const width = (n: number) => 100 * 1.96 * Math.sqrt(0.25 / n);
  const marks = Object.entries(sizes);
  const smallest = Math.min(...marks.map(([, n]) => n));
  const [low, high] = [-1, 1].map((sign) =>
    Math.max(0, Math.min(100, 50 + sign * width(smallest))).toFixed(0)
  );
  const figure = lineChart(
    {
      title: `On ${smallest} items a score of 50 % means ${low} to ${high} %`,
      ...{ x: "items", y: "± points" },
    },
    [{ name: "half of a 95 % interval", x: counts, y: counts.map(width) }],
    {
      xaxis: { type: "log", tickvals: [10, 30, 100, 300, 1000] },
      yaxis: { range: [0, 1.25 * width(Math.min(smallest, counts[0]))] },
      showlegend: false,
    },
  );
  figure.data.push({
    ...{ type: "scatter", mode: "text+markers", name: "benchmarks" },
    x: marks.map(([, n]) => n),
    y: marks.map(([, n]) => width(n)),
    text: marks.map(([label]) => label),
    ...{ textposition: "top right", textfont: { size: 11 } },
    marker: { size: 9, color: "#000000" },
  });
  return responsive(figure, 220);
}

/** Right answers of each item, from 0 to 1, in one order for both models. */
export interface Sides {
  base: number[];
  trained: number[];
}

/** The interval of a difference if the items were not the same ones: variances add up. */
export function unpairedChange({ base, trained }: Sides): Interval {
  const variance = (values: number[]) => {
    const centre = mean(values);
    return mean(values.map((value) => (value - centre) ** 2)) / values.length;
  };
  const half = 1.96 * Math.sqrt(variance(base) + variance(trained));
  const change = mean(trained) - mean(base);
  return { mean: change, low: change - half, high: change + half };
}

/** The interval of the mean change of the same items. */
export function pairedChange({ base, trained }: Sides): Interval {
  return bootstrapMean(trained.map((share, i) => share - base[i]), 0);
}

/** How many items only one of the two gets right. */
export function flips({ base, trained }: Sides): { won: number; lost: number } {
  const changed = trained.map((share, i) => share - base[i]);
  return {
    won: changed.filter((change) => change > 0).length,
    lost: changed.filter((change) => change < 0).length,
  };
}

/** Draws two models on the left, and on the right their difference, three ways. `seeds` holds the same of other seeds. */
export function pairedFigure(sides: Sides, seeds: readonly Sides[]): Figure {
  const paired = pairedChange(sides);
  const unpaired = unpairedChange(sides);
  const changes = seeds.map(({ base, trained }) =>
    trained.map((share, i) => share - base[i])
  );
  const rows = [
    { label: "one seed, unpaired", value: unpaired },
    { label: "one seed, paired", value: paired },
    ...(seeds.length > 1
      ? [{
        label: `${seeds.length} seeds, paired`,
        value: seedInterval(changes),
      }]
      : []),
  ];
  const width = ({ low, high }: Interval) => 100 * (high - low);
  return beside(
    {
      title: `Pairing the same items narrows the interval of one seed from ${
        width(unpaired).toFixed(0)
      } to ${width(paired).toFixed(0)} points`,
      height: 200,
    },
    dotRows("each by itself", [
      { label: "base", value: bootstrapMean(sides.base, 0) },
      { label: "trained", value: bootstrapMean(sides.trained, 0) },
    ], { title: "right, %", scale: 100, range: [0, 100] }),
    [dotRows("trained − base", rows, {
      ...{ title: "points", scale: 100, zero: true },
    })],
  );
}

/** Draws pass@k of guessers who know nothing: of so many choices, and of the answers of these items. */
export function guessingFloors(
  choices: readonly number[],
  answers: readonly string[],
): Figure {
  const ks = Array.from({ length: 64 }, (_, i) => i + 1);
  const shares = answers.map((answer) =>
    answers.filter((other) => other === answer).length / answers.length
  );
  const floor = (share: number, k: number) => 100 * (1 - (1 - share) ** k);
  return responsive(
    lineChart(
      {
        title:
          `A coin "solves" ${floor(1 / choices[0], 8).toFixed(1)} % of all ` +
          `questions with ${choices[0]} choices in 8 attempts`,
        ...{ x: "k attempts", y: "pass@k, %", yRange: [0, 103] },
      },
      [
        ...choices.map((count) => ({
          name: `${count} choices`,
          x: ks,
          y: ks.map((k) => floor(1 / count, k)),
        })),
        {
          ...{
            name: "answers of these items",
            x: ks,
            drawn: "reference" as const,
          },
          y: ks.map((k) => mean(shares.map((share) => floor(share, k)))),
        },
      ],
      { xaxis: { type: "log", tickvals: [1, 2, 4, 8, 16, 32, 64] } },
    ),
    250,
  );
}

/** Samples of the same items at one temperature. */
export interface Sampled {
  temperature: number;
  rows: readonly EvaluationResult[];
}

/** The share of items that k of the samples solve. */
export function passOf({ rows }: Sampled, k: number): number {
  return mean(rows.map(({ samples, correct }) => passAtK(samples, correct, k)));
}

/** Draws pass@k of one untouched model at several temperatures. */
export function temperatureCurves(sampled: readonly Sampled[]): Figure {
  const most = Math.min(
    ...sampled.flatMap(({ rows }) => rows.map(({ samples }) => samples)),
  );
  const ks = [1, 2, 4, 8, 16, 32, 64].filter((k) => k <= most);
  const bestAt = (k: number) =>
    sampled.toSorted((a, b) => passOf(b, k) - passOf(a, k))[0].temperature;
  const figure = lineChart(
    {
      title: `The best temperature is ${bestAt(1)} for one attempt and ` +
        `${bestAt(most)} for ${most}, with the same model`,
      ...{ x: "k attempts", y: "pass@k, %" },
    },
    sampled.map((one) => ({
      name: `temperature ${one.temperature}`,
      x: ks,
      y: ks.map((k) => 100 * passOf(one, k)),
    })),
    {
      xaxis: { type: "log", tickvals: ks },
      yaxis: { rangemode: "tozero" },
    },
  );
  return responsive(figure, 260);
}

/** The share of k attempts in a row of which one is right, if each is right with the share c / n: what pass@k is not. */
export function naivePass(n: number, c: number, k: number): number {
  return 1 - (1 - c / n) ** k;
}

export { passAtK };
