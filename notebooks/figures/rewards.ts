/** Figures of the notebook on rewards: a batch on the curve, and who gains by it. */

import type { ModeName } from "../../lib/method/modes/task.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  MODE_COLOURS,
  OTHER_COLOURS,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/** A task with the solve rate of many attempts and the reward by a few of them. */
export interface Earned {
  mode: ModeName;
  rate: number;
  reward: number;
}

/** Tasks beside the curve of their expected reward; equal ones share a larger mark. */
export function rewardSpots(
  earned: readonly Earned[],
  rewardAt: (rate: number) => number,
): Figure {
  const fine = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  const spots = [...Map.groupBy(earned, ({ mode }) => mode)].map(
    ([mode, tasks]): Trace => {
      const all = [
        ...Map.groupBy(tasks, ({ rate, reward }) => `${rate} ${reward}`)
          .values(),
      ];
      return {
        type: "scatter",
        mode: "markers",
        name: mode,
        x: all.map(([{ rate }]) => rate),
        y: all.map(([{ reward }]) => reward),
        text: all.map(({ length }) => `tasks: ${length}`),
        marker: {
          color: MODE_COLOURS[mode],
          size: all.map(({ length }) => 7 * Math.sqrt(length)),
          opacity: 0.7,
        },
      };
    },
  );
  const line: Trace = {
    type: "scatter",
    mode: "lines",
    name: "1 - p",
    x: fine,
    y: fine.map(rewardAt),
    line: { color: "#888888", dash: "dot" },
  };
  return styledFigure(
    {
      title: "Reward against solve rate",
      x: "share right of 32 attempts",
      y: "reward by 8 of them",
    },
    [line, ...spots],
  );
}

/** A mean by what became of proposals: their advantage under several rewards, if nothing else is said. */
export function fateBars(
  fates: readonly string[],
  counts: readonly number[],
  values: Record<string, readonly (number | null)[]>,
  [title, y]: readonly string[] = ["Who gains, who loses", "mean advantage"],
): Figure {
  return styledFigure(
    { title, x: "", y },
    Object.entries(values).map(([name, y], i) => ({
      type: "bar",
      name,
      x: fates.map((fate, k) => `${fate}<br>(${counts[k]})`),
      y,
      marker: { color: [MODE_COLOURS.deduction, OTHER_COLOURS[0]][i] },
    })),
    { yaxis: { zeroline: true, zerolinecolor: "#888888" } },
  );
}
