/** The proposer's reward against the solve rate of its task. */

import {
  LEARNABILITY_SHAPES,
  learnabilityReward,
  type LearnabilityShape,
} from "../../lib/method/reward/learnability.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";
import {
  OTHER_COLOURS,
  REFERENCE_COLOUR,
} from "../../lib/show/figures/style.ts";

/**
 * The learnability reward at every solve rate that `rollouts` attempts can give: 0, 1/n
 * … 1. A panel per shape; the paper's is dotted in each of the others.
 */
export function learnabilityCurves(
  rollouts: number,
  shapes: readonly LearnabilityShape[] = LEARNABILITY_SHAPES,
): Figure {
  const rates = Array.from({ length: rollouts + 1 }, (_, i) => i / rollouts);
  const rewards = (shape: LearnabilityShape) =>
    rates.map((rate) => learnabilityReward(shape, rate));
  const curve = (shape: LearnabilityShape): Trace => ({
    type: "scatter",
    mode: "lines+markers",
    name: shape,
    showlegend: false,
    x: rates,
    y: rewards(shape),
    line: { color: OTHER_COLOURS[2], width: 2 },
    marker: { size: 6 },
  });
  const paper: Trace = {
    ...{ type: "scatter", mode: "lines", name: "paper", showlegend: false },
    ...{ x: rates, y: rewards("paper") },
    line: { color: REFERENCE_COLOUR, dash: "dot", width: 1.5 },
  };
  const panels = shapes.map((shape) => ({
    title: shape,
    traces: shape === "paper" ? [curve(shape)] : [curve(shape), paper],
  }));
  const best = (shape: LearnabilityShape) =>
    rewards(shape).indexOf(Math.max(...rewards(shape)));
  const labels = {
    title: `Of ${rollouts} attempts, ${best("paper")} right pays most under ` +
      `the paper's reward, ${best("quadratic")} under "quadratic"`,
    ...{ x: "solve rate", y: "reward", percent: "x" as const },
    yRange: [-0.6, 1.1] as [number, number],
  };
  return panelFigure(labels, panels, { columns: 4, height: 520 });
}
