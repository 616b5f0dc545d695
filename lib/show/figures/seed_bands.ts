/** A line with its uncertainty: a mean, and a band around it. */

import { type Interval, mean } from "../../lab/evaluation/statistics.ts";
import type { Trace } from "./figure.ts";

/** A measurement along x; places without one are left out. */
export interface BandLine {
  name: string;
  x: readonly number[];
  intervals: readonly Interval[];
  colour: string;
  dash?: string;
}

/** Returns the band from low to high, then the line of means on it. */
export function bandTraces(
  { name, x, intervals, colour, dash = "solid" }: BandLine,
): Trace[] {
  const band: Trace = {
    type: "scatter",
    mode: "lines",
    name,
    showlegend: false,
    hoverinfo: "skip",
    x: [...x, ...x.toReversed()],
    y: [
      ...intervals.map(({ high }) => high),
      ...intervals.map(({ low }) => low).reverse(),
    ],
    fill: "toself",
    fillcolor: translucent(colour, 0.15),
    line: { color: translucent(colour, 0), width: 0 },
  };
  return [band, {
    type: "scatter",
    mode: "lines",
    name,
    x,
    y: intervals.map(({ mean }) => mean),
    line: { color: colour, dash, width: 2.5 },
  }];
}

/** Returns a `#rrggbb` colour with an opacity. */
export function translucent(colour: string, opacity: number): string {
  const channels = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return `rgba(${channels.join(",")},${opacity})`;
}

/** Returns the mean of values, with the least and the largest of them as its band. */
export function rangeOfSeeds(values: readonly number[]): Interval {
  return {
    mean: mean(values),
    low: Math.min(...values),
    high: Math.max(...values),
  };
}
