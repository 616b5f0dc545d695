/**
 * The figures of the tour, one for each stage of a step. Each title says what this
 * batch shows, so it is computed from the rows.
 */

import type { Advantaged, Attempt, Judged } from "../../lib/azr.ts";
import type { Task } from "../../lib/method/modes/task.ts";
import type { Figure, Layout, Trace } from "../../lib/show/figures/figure.ts";
import {
  type Labels,
  MODE_COLOURS,
  REFERENCE_COLOUR,
  styledFigure,
} from "../../lib/show/figures/style.ts";

export const MODES = ["deduction", "abduction", "induction"] as const;
/** Refusals from the most to the least frequent cause; the rest share the last grey. */
const GREYS = ["#8c8c8c", "#adadad", "#c9c9c9", "#e0e0e0"];

/** The common figure without the bar of buttons, which would hide a long title. */
export function tourFigure(
  labels: Labels,
  data: Trace[],
  more: Layout = {},
): Figure {
  const figure = styledFigure(labels, data, more);
  return { ...figure, config: { displayModeBar: false } };
}

/** A share in whole per cent. */
export const percent = (share: number) => `${Math.round(100 * share)} %`;
export const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Stage 2: a bar per mode, cut by what became of its proposals. */
export function proposalFates(judged: readonly Judged[]): Figure {
  const refused = Map.groupBy(
    judged.filter(({ task }) => task === null),
    ({ cause }) => cause,
  );
  const causes = [...refused.keys()].toSorted((a, b) =>
    refused.get(b)!.length - refused.get(a)!.length
  );
  const valid = judged.filter(({ task }) => task !== null);
  const bar = (name: string, rows: readonly Judged[], color: unknown) => {
    const counts = MODES.map((mode) =>
      rows.filter((row) => row.mode === mode).length
    );
    const text = counts.map((n) => n > 0.8 * name.length ? `${name} ${n}` : "");
    const marker = { color, line: { color: "#ffffff", width: 1 } };
    return {
      ...{ type: "bar", orientation: "h", name, x: counts, y: [...MODES] },
      ...{ text, textposition: "inside", insidetextanchor: "middle", marker },
      ...{ textangle: 0, constraintext: "none" },
    } as Trace;
  };
  return tourFigure(
    {
      title: `${percent(valid.length / judged.length)} of the proposals are ` +
        `tasks; most others fail by "${causes[0] ?? "nothing"}"`,
      x: "proposals",
      y: "",
    },
    [
      bar("valid", valid, MODES.map((mode) => MODE_COLOURS[mode])),
      ...causes.map((cause, i) =>
        bar(cause, refused.get(cause)!, GREYS[Math.min(i, 3)])
      ),
    ],
    {
      barmode: "stack",
      height: 300,
      showlegend: false,
      margin: { l: 100, r: 20, t: 60, b: 60 },
      yaxis: { autorange: "reversed", ticksuffix: "  " },
    },
  );
}

/** A new task and how often its estimating attempts were right. */
export interface Estimate {
  task: Task;
  right: number;
  attempts: number;
}

/** The estimates of a step, one for each task that was tried. */
export function estimatesOf(attempts: readonly Attempt[]): Estimate[] {
  const estimating = attempts.filter(({ trains }) => !trains);
  return [...Map.groupBy(estimating, ({ task }) => task)].map((
    [task, own],
  ) => ({
    task,
    right: own.filter(({ grade }) => grade === "right").length,
    attempts: own.length,
  }));
}

/** Stage 3: how many tasks were solved how many times. */
export function solveRateBars(estimates: readonly Estimate[]): Figure {
  const most = Math.max(...estimates.map(({ attempts }) => attempts));
  const rights = Array.from({ length: most + 1 }, (_, right) => right);
  const useful = estimates.filter(({ right, attempts }) =>
    right > 0 && right < attempts
  );
  return tourFigure(
    {
      title:
        `${useful.length} of ${estimates.length} new tasks are solved sometimes ` +
        `and not always: these can teach`,
      x: `right ones of ${most} attempts`,
      y: "tasks",
    },
    MODES.map((mode) => ({
      type: "bar",
      name: mode,
      x: rights,
      y: rights.map((count) =>
        estimates.filter(({ task, right }) =>
          task.mode === mode && right === count
        ).length
      ),
      marker: { color: MODE_COLOURS[mode] },
    })),
    { barmode: "stack", xaxis: { dtick: 1 } },
  );
}

/** Stage 4: the proposer's reward on every solve rate that n attempts can give. */
export function learnabilityDots(
  estimates: readonly Estimate[],
  rewardOf: (right: number, attempts: number) => number,
): Figure {
  const most = Math.max(...estimates.map(({ attempts }) => attempts));
  const rights = Array.from({ length: most + 1 }, (_, right) => right);
  const counts = rights.map((count) =>
    estimates.filter(({ right }) => right === count).length
  );
  const rewards = rights.map((right) => rewardOf(right, most));
  const best = rights[rewards.indexOf(Math.max(...rewards))];
  const paid = counts.map((n) => n === 1 ? "1 task" : `${n} tasks`);
  return tourFigure(
    {
      title: `Most is paid for a task solved ${best} of ${most} times; ` +
        `${counts[0] + counts[most]} of ${estimates.length} tasks earn nothing`,
      x: "solve rate",
      y: "reward of the proposer",
      percent: "x",
    },
    [{
      type: "scatter",
      mode: "lines+markers+text",
      name: "tasks",
      x: rights.map((right) => right / most),
      y: rewards,
      text: paid,
      textposition: "top right",
      line: { color: REFERENCE_COLOUR, dash: "dot", width: 1.5 },
      marker: {
        color: REFERENCE_COLOUR,
        size: counts.map((n) => 6 + 3 * Math.sqrt(n)),
        opacity: 0.8,
      },
    }],
    {
      showlegend: false,
      xaxis: { range: [-0.06, 1.12] },
      yaxis: { range: [-0.08, 1.05] },
    },
  );
}

/** Stage 5: a column per group, a mark per reward, at the advantage it became. */
export function advantageColumns(samples: readonly Advantaged[]): Figure {
  const rightIn = (mode: string) =>
    samples.find((row) =>
      row.role === "solve" && row.mode === mode && row.reward === 1
    )?.advantage ?? 0;
  const ranked = MODES.filter((mode) => rightIn(mode) > 0)
    .toSorted((a, b) => rightIn(b) - rightIn(a));
  const [rare, common] = [ranked[0], ranked.at(-1)!];
  const ratio = (rightIn(rare) / rightIn(common)).toFixed(1);
  const groups = (["propose", "solve"] as const).flatMap((role) =>
    MODES.map((mode) => ({ role, mode }))
  );
  return tourFigure(
    {
      title: `A right answer counts ${ratio} times as much in ${rare}, ` +
        `where it is rare, as in ${common}`,
      x: "",
      y: "advantage",
    },
    groups.map(({ role, mode }) => {
      const own = samples.filter((row) =>
        row.role === role && row.mode === mode
      );
      // Where marks are close, only the uppermost is labelled.
      const byReward = [...Map.groupBy(own, ({ reward }) => reward)]
        .toSorted(([a], [b]) => b - a);
      return {
        type: "scatter",
        mode: "markers+text",
        name: `${role} ${mode}`,
        x: byReward.map(() => `${role}<br>${mode}`),
        y: byReward.map(([, rows]) => rows[0].advantage),
        text: byReward.map(([reward, [{ advantage }]], i) => {
          const above = byReward[i - 1]?.[1][0].advantage ?? Infinity;
          return above - advantage > 0.35 ? `  ${+reward.toFixed(3)}` : "";
        }),
        textposition: "middle right",
        marker: {
          color: MODE_COLOURS[mode],
          symbol: role === "solve" ? "circle" : "diamond",
          size: byReward.map(([, rows]) => 5 + 2.2 * Math.sqrt(rows.length)),
          opacity: 0.75,
        },
      };
    }),
    {
      showlegend: false,
      yaxis: { zeroline: true, zerolinecolor: "#888888" },
    },
  );
}

/** Stage 6: how far the update moved good and bad responses of each group. */
export function updateShift(
  samples: readonly Advantaged[],
  change: readonly number[],
): Figure {
  const rows = samples.map((row, i) => (
    { ...row, change: change[i] / row.sample.tokens.length }
  ));
  const side = (better: boolean) =>
    rows.filter(({ advantage }) => better ? advantage > 0 : advantage < 0);
  const meanOf = (chosen: readonly { change: number }[]) =>
    mean(chosen.map((row) => row.change));
  const gap = meanOf(side(true)) - meanOf(side(false));
  const groups = (["propose", "solve"] as const).flatMap((role) =>
    MODES.map((mode) => ({ role, mode }))
  );
  return tourFigure(
    {
      title:
        "Against a token of a bad response, one update makes a token of a " +
        `good one ${percent(Math.exp(gap) - 1)} likelier`,
      x: "",
      y: "change of log-probability per token",
    },
    [true, false].map((better) => ({
      type: "bar",
      name: better ? "above its group's mean" : "below it",
      x: groups.map(({ role, mode }) => `${role}<br>${mode}`),
      y: groups.map((group) => {
        const own = side(better).filter(({ role, mode }) =>
          role === group.role && mode === group.mode
        );
        return own.length > 0 ? meanOf(own) : null;
      }),
      marker: { color: better ? "#222222" : "#bbbbbb" },
    })),
    {
      barmode: "group",
      yaxis: { zeroline: true, zerolinecolor: "#888888" },
    },
  );
}
