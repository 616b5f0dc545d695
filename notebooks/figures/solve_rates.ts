/** Estimated solve rates: their spread, and what an estimate costs. */

import {
  learnabilityReward,
  type LearnabilityShape,
} from "../../lib/method/reward/learnability.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { withSlider } from "../../lib/show/figures/slider.ts";
import {
  OTHER_COLOURS,
  REFERENCE_COLOUR,
  styledFigure,
} from "../../lib/show/figures/style.ts";
import { expectedReward } from "./expected_reward.ts";

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
      title: alikeTitle(attempts, rows),
      x: "right attempts",
      y: "tasks",
    },
    traces,
    { barmode: "group", xaxis: { dtick: 1 } },
  );
}

/** Returns how many tasks each way finds solved sometimes: what can teach. */
function alikeTitle(attempts: number, rows: readonly EstimatedRates[]): string {
  const found = rows.map(({ name, right }) => {
    const some = right.filter((count) => count > 0 && count < attempts).length;
    return `${some} (${name})`;
  });
  return `Of ${rows[0].right.length} tasks solved sometimes: ${
    found.join(", ")
  }`;
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
    marker: { size: 10, color: OTHER_COLOURS[1] },
  }));
  return styledFigure(
    {
      title: "Four times the attempts halve the error of a solve rate",
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

/** The expected reward against the true solve rate, a slider over the number of attempts. */
export function expectedRewardCurves(
  shape: LearnabilityShape,
  attempts: readonly number[],
  start = attempts[attempts.length - 1],
): Figure {
  const states = attempts.map((count) => ({
    label: String(count),
    figure: expectedRewardCurve(shape, count),
  }));
  return withSlider("attempts per task", states, attempts.indexOf(start));
}

/** What a task earns on average by so many attempts, beside what its true solve rate is worth. */
function expectedRewardCurve(shape: LearnabilityShape, count: number): Figure {
  const rates = Array.from({ length: 101 }, (_, i) => i / 100);
  const curve = (name: string, y: number[], dash: string): Trace => ({
    ...{ type: "scatter", mode: "lines", name, x: rates, y },
    line: { color: dash === "dot" ? REFERENCE_COLOUR : OTHER_COLOURS[2], dash },
  });
  const earned = rates.map((rate) => expectedReward(shape, rate, count));
  const best = rates[earned.indexOf(Math.max(...earned))];
  return styledFigure({
    title: count === 1
      ? "One attempt pays for nothing"
      : `${count} attempts pay most at a solve rate of ` +
        `${Math.round(100 * best)} %`,
    x: "true solve rate",
    y: "expected reward",
    yRange: [-0.03, 1.03],
    percent: "x",
  }, [
    curve("earned on average", earned, "solid"),
    curve(
      "by the true rate",
      rates.map((rate) => learnabilityReward(shape, rate)),
      "dot",
    ),
  ], { xaxis: { range: [-0.02, 1.02] } });
}
