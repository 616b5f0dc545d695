/** Right attempts of arms while they are played, step by step. */

import type { StepMetrics } from "../../lib/method/metrics.ts";
import type { Figure } from "../../lib/show/figures/figure.ts";
import { lineChart } from "../../lib/show/figures/line_chart.ts";

/** The steps that an arm has played so far, and its share of right attempts in each. */
export interface ArmRates {
  name: string;
  x: number[];
  y: number[];
}

/** Steps averaged for the title; single steps are noisy. */
const LAST = 5;

/** Returns the share of right attempts of a step: the mean of the modes. */
export function meanSolveRate({ solve }: Pick<StepMetrics, "solve">): number {
  const rates = Object.values(solve)
    .flatMap(({ solveRate }) => solveRate ?? []);
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}

/** A line per arm; the title says where each stands over its last steps. */
export function armRates(arms: readonly ArmRates[]): Figure {
  const ends = arms.filter(({ y }) => y.length > 0).map(({ name, y }) => {
    const last = y.slice(-LAST);
    const mean = last.reduce((sum, rate) => sum + rate, 0) / last.length;
    return `${name} ${Math.round(100 * mean)} %`;
  });
  return lineChart({
    title: `Right attempts in the last ${LAST} steps: ${ends.join(", ")}`,
    x: "step",
    y: "right attempts, mean of the modes",
    yRange: [0, 1],
    percent: "y",
  }, arms);
}
