/** Accuracy against the number of tasks that training repeats, beside self-play, which is given none. */

import type { Interval } from "../../lib/lab/evaluation/statistics.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";
import { bandTraces, translucent } from "../../lib/show/figures/seed_bands.ts";
import {
  OTHER_COLOURS,
  REFERENCE_COLOUR,
} from "../../lib/show/figures/style.ts";

/** A mean over seeds with its interval, and each seed's own value. */
export type SeedMean = Interval & { seeds?: number[] };

/** One panel: the pools from small to large, and what is drawn as lines. */
export interface PoolPanel {
  title: string;
  /** A mean per pool, in the order of the labels. */
  pools: readonly SeedMean[];
  selfPlay: SeedMean;
  frozen: SeedMean;
  /** The untouched base, made to think. */
  forced: SeedMean;
}

/** Place of the single seeds of self-play, left of the smallest pool. */
const SELF_PLAY_X = -0.6;

/** Draws the panels side by side, in per cent; `labels` names the pools. */
export function poolCurves(
  title: string,
  labels: readonly string[],
  panels: readonly PoolPanel[],
): Figure {
  const places = labels.map((_, i) => i);
  return panelFigure(
    { title, x: "tasks per mode", y: "right answers, %" },
    panels.map(({ title, pools, selfPlay, frozen, forced }) => ({
      title,
      traces: panelTraces({
        pools: pools.map(inPercent),
        selfPlay: inPercent(selfPlay),
        frozen: inPercent(frozen),
        forced: inPercent(forced),
      }, places),
    })),
    {
      height: 470,
      xaxis: {
        tickvals: [SELF_PLAY_X, ...places],
        ticktext: ["0", ...labels],
        range: [-0.9, labels.length - 0.6],
      },
    },
  );
}

function inPercent({ mean, low, high, seeds = [] }: SeedMean): SeedMean {
  return {
    mean: 100 * mean,
    low: 100 * low,
    high: 100 * high,
    seeds: seeds.map((value) => 100 * value),
  };
}

function panelTraces(
  { pools, selfPlay, frozen, forced }: Omit<PoolPanel, "title">,
  places: readonly number[],
): Trace[] {
  const ends = [SELF_PLAY_X - 0.3, places.length - 0.6];
  const line = (
    name: string,
    mean: SeedMean,
    colour: string,
    dash?: string,
  ) => bandTraces({ name, x: ends, intervals: [mean, mean], colour, dash });
  const blue = OTHER_COLOURS[0];
  return [
    ...line("the base, made to think", forced, REFERENCE_COLOUR, "dot").slice(
      1,
    ),
    ...line("self-play, proposer frozen", frozen, OTHER_COLOURS[1], "dash")
      .slice(1),
    ...line("self-play, no task given", selfPlay, OTHER_COLOURS[2]),
    dots([SELF_PLAY_X], [selfPlay], OTHER_COLOURS[2]),
    dots(places, pools, blue),
    {
      type: "scatter",
      mode: "lines+markers",
      name: "training on a pool of tasks",
      x: [...places],
      y: pools.map(({ mean }) => mean),
      line: { color: blue, width: 2 },
      marker: { color: blue, size: 9 },
      error_y: {
        type: "data",
        symmetric: false,
        array: pools.map(({ mean, high }) => high - mean),
        arrayminus: pools.map(({ mean, low }) => mean - low),
        color: blue,
        thickness: 1.5,
        width: 4,
      },
    },
  ];
}

/** Returns the values of single seeds as small dots. */
function dots(
  places: readonly number[],
  means: readonly SeedMean[],
  colour: string,
): Trace {
  const each = means.flatMap(({ seeds = [] }, i) =>
    seeds.map((y) => ({ x: places[i], y }))
  );
  return {
    type: "scatter",
    mode: "markers",
    name: "single seeds",
    showlegend: false,
    x: each.map(({ x }) => x),
    y: each.map(({ y }) => y),
    marker: { color: translucent(colour, 0.45), size: 5 },
  };
}
