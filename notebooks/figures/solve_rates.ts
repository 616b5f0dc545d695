/** Estimated solve rates: their spread, and what an estimate costs. */

import {
  expectedReward,
  type LearnabilityShape,
} from "../../lib/method/reward/learnability.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  MODE_COLOURS,
  OTHER_COLOURS,
  REFERENCE_COLOUR,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/** Solve rates of the same tasks, estimated in one way. */
export interface EstimatedRates {
  name: string;
  /** Right attempts of each task. */
  right: readonly number[];
}

/** Tasks by the number of right attempts out of `attempts`, one colour per way to estimate. */
export function estimateHistogram(
  attempts: number,
  rows: readonly EstimatedRates[],
): Figure {
  const counts = Array.from({ length: attempts + 1 }, (_, right) => right);
  const traces = rows.map(({ name, right }, i): Trace => ({
    type: "bar",
    name,
    x: counts,
    y: counts.map((count) => right.filter((r) => r === count).length),
    marker: { color: OTHER_COLOURS[i % OTHER_COLOURS.length] },
  }));
  return styledFigure(
    {
      title: `The same tasks, ${attempts} attempts each`,
      x: "right attempts",
      y: "tasks",
    },
    traces,
    { barmode: "group", xaxis: { dtick: 1 } },
  );
}

/** Standard error of a solve rate at some numbers of attempts. */
export interface StandardErrors {
  name: string;
  attempts: readonly number[];
  errors: readonly number[];
  /** A formula's line, or marks for what was measured. */
  measured: boolean;
}

/** Standard errors against the number of attempts, both axes logarithmic. */
export function standardErrorCurves(rows: readonly StandardErrors[]): Figure {
  const traces = rows.map(({ name, attempts, errors, measured }): Trace => ({
    type: "scatter",
    mode: measured ? "markers" : "lines",
    name,
    x: attempts,
    y: errors,
    line: { color: REFERENCE_COLOUR, width: 2 },
    marker: { size: 10, color: MODE_COLOURS.abduction },
  }));
  return styledFigure(
    {
      title: "How far off an estimated solve rate is",
      x: "attempts per task",
      y: "standard error",
    },
    traces,
    {
      xaxis: { type: "log", tickvals: rows[0].attempts },
      yaxis: { type: "log", tickvals: [0.05, 0.1, 0.2, 0.3, 0.4] },
    },
  );
}

/** The expected reward against the true solve rate, one curve per number of attempts. */
export function expectedRewardCurves(
  shape: LearnabilityShape,
  attempts: readonly number[],
): Figure {
  const rates = Array.from({ length: 101 }, (_, i) => i / 100);
  const colours = [...OTHER_COLOURS.slice(0, 3), MODE_COLOURS.deduction];
  const traces = attempts.map((count, i): Trace => ({
    type: "scatter",
    mode: "lines",
    name: `${count} attempts`,
    x: rates,
    y: rates.map((rate) => expectedReward(shape, rate, count)),
    line: { color: colours[i % colours.length], width: 2 },
  }));
  return styledFigure({
    title: `What a task earns on average ("${shape}")`,
    x: "true solve rate",
    y: "expected reward",
  }, traces);
}
