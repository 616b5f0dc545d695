/** Figures of the notebook on rewards: a batch on the curve, and who gains by it. */

import type { ModeName } from "../../lib/method/modes/task.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { panelFigure } from "../../lib/show/figures/panels.ts";
import {
  colourOf,
  MODE_COLOURS,
  REFERENCE_COLOUR,
  styledFigure,
} from "../../lib/show/figures/style.ts";

/** A task with the solve rate of many attempts and the reward by a few of them. */
export interface Earned {
  mode: ModeName;
  rate: number;
  reward: number;
}

/** Tasks that were tried by a solver of one name. */
export interface TriedTasks {
  name: string;
  earned: readonly Earned[];
}

/**
 * Tasks beside the curve of what they earn on average, a panel per solver; equal ones
 * share a larger mark.
 */
export function rewardSpots(
  solvers: readonly TriedTasks[],
  rewardAt: (rate: number) => number,
): Figure {
  const fine = Array.from({ length: 101 }, (_, i) => i / 100);
  const line: Trace = {
    type: "scatter",
    mode: "lines",
    name: "what is earned on average",
    x: fine,
    y: fine.map(rewardAt),
    line: { color: REFERENCE_COLOUR, dash: "dot", width: 2 },
  };
  const panels = solvers.map(({ name, earned }) => ({
    title: name,
    traces: [line, ...spots(earned)],
  }));
  const half = solvers.map(({ name, earned }) => {
    const n = earned.filter(({ rate }) => rate >= 0.5).length;
    return `${n} (${name})`;
  });
  return panelFigure(
    {
      title:
        `Of ${solvers[0].earned.length} tasks at least half the attempts ` +
        `are right for ${half.join(" and ")}`,
      x: "right of 32 attempts",
      y: "reward by 8 of them",
      percent: "x",
    },
    panels,
    {
      xaxis: { range: [-0.08, 1.08] },
      yaxis: { range: [-0.1, 1.05] },
    },
  );
}

function spots(earned: readonly Earned[]): Trace[] {
  return [...Map.groupBy(earned, ({ mode }) => mode)].map(([mode, tasks]) => {
    const all = [
      ...Map.groupBy(tasks, ({ rate, reward }) => `${rate} ${reward}`).values(),
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
        size: all.map(({ length }) => 6 * Math.sqrt(length)),
        opacity: 0.6,
      },
    };
  });
}

/**
 * A mean by what became of proposals, as the advantage under several rewards; a fate that
 * no proposal met is left out.
 */
export function fateBars(
  allFates: readonly string[],
  allCounts: readonly number[],
  all: Record<string, readonly (number | null)[]>,
  [title, x]: readonly string[] = ["", "mean advantage"],
): Figure {
  const met = allCounts.flatMap((count, i) => count > 0 ? [i] : []);
  const fates = met.map((i) => allFates[i]);
  const counts = met.map((i) => allCounts[i]);
  const values = Object.fromEntries(
    Object.entries(all).map(([name, row]) => [name, met.map((i) => row[i])]),
  );
  return styledFigure(
    { title: title || endsTitle(fates, values), x, y: "" },
    Object.entries(values).map(([name, means], i) => ({
      ...{ type: "bar", orientation: "h", name },
      x: means as number[],
      y: fates.map((fate, k) => `${fate} (${counts[k]})  `),
      text: means.map((mean) => mean === null ? "" : mean.toFixed(2)),
      ...{ textposition: "outside", textangle: 0, cliponaxis: false },
      marker: { color: colourOf(name, i) },
    })),
    {
      margin: { l: 140, r: 20, t: 60, b: 60 },
      xaxis: {
        ...{ zeroline: true, zerolinecolor: "#888888" },
        range: withRoom(Object.values(values).flat()),
      },
      yaxis: { autorange: "reversed" },
    },
  );
}

/** Returns the ends of an axis that leave room for numbers at the ends of bars. */
function withRoom(values: readonly (number | null)[]): [number, number] {
  const [low, high] = [
    Math.min(0, ...values.map(Number)),
    Math.max(0, ...values.map(Number)),
  ];
  const room = 0.22 * (high - low);
  return [low - room, high + room];
}

/** Returns what two rewards make of a task that is never solved. */
function endsTitle(
  fates: readonly string[],
  values: Record<string, readonly (number | null)[]>,
): string {
  const at = fates.indexOf("never solved");
  const under = Object.entries(values)
    .map(([name, row]) => `${(row[at] ?? 0).toFixed(1)} under "${name}"`);
  return `A task that is never solved weighs ${under.join(" and ")}`;
}
