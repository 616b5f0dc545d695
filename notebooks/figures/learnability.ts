/** The proposer's reward against the solve rate of its task. */

import {
  LEARNABILITY_SHAPES,
  learnabilityReward,
  type LearnabilityShape,
} from "../../lib/method/reward/learnability.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  MODE_COLOURS,
  OTHER_COLOURS,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/**
 * The learnability reward at every solve rate that `rollouts` attempts can
 * give: 0, 1/n … 1. One curve per shape; dotted where a colour comes a second time.
 */
export function learnabilityCurves(
  rollouts: number,
  shapes: readonly LearnabilityShape[] = LEARNABILITY_SHAPES,
): Figure {
  const rates = Array.from({ length: rollouts + 1 }, (_, i) => i / rollouts);
  const colours = [MODE_COLOURS.deduction, ...OTHER_COLOURS];
  const traces = shapes.map((shape, i): Trace => ({
    type: "scatter",
    mode: "lines+markers",
    name: shape,
    x: rates,
    y: rates.map((rate) => learnabilityReward(shape, rate)),
    line: {
      color: colours[i % colours.length],
      dash: i < colours.length ? "solid" : "dot",
      width: 2,
    },
    marker: { size: 8 },
  }));
  return styledFigure({
    title: `What a task is worth to its proposer (${rollouts} attempts)`,
    x: "solve rate",
    y: "reward",
  }, traces);
}
