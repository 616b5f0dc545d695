/** Figures 15 to 17: mean reward and mean length of responses of a mode, both roles. */

import type { Interval } from "../../../lib/lab/evaluation/statistics.ts";
import type { StepMetrics } from "../../../lib/method/metrics.ts";
import type { ModeName } from "../../../lib/method/modes/task.ts";
import { MODE_COLOURS, ROLE_DASHES } from "../../../lib/show/figures/style.ts";
import { seedTraces } from "../metric_panels.ts";
import { beside, described, type Plot } from "./beside.ts";
import { paperFigure } from "./numbers.ts";
import { type PaperRun, seedCount } from "./runs.ts";
import { changeOverSeeds, type Compared, type Comparison } from "./verdict.ts";

type Value = (row: StepMetrics) => number | null | undefined;

const FIGURES = { abduction: "15", induction: "16", deduction: "17" } as const;
type Mode = keyof typeof FIGURES;

/** The change of a number of a step, from the first third of each run to the last. */
export function shiftOf(
  runs: readonly PaperRun[],
  value: Value,
): Interval | null {
  return changeOverSeeds(runs.map(({ metrics }) => {
    const values = metrics.filter(({ step }) => step > 0).map(value)
      .filter((found) => typeof found === "number");
    const third = Math.floor(values.length / 3);
    const last = values.slice(values.length - third);
    return last.map((late, i) => late - values[i]);
  }));
}

/** Says how a number went from the first third of the steps to the last: "12 to 31". */
export function wentFrom(
  runs: readonly PaperRun[],
  value: Value,
  { scale = 1 } = {},
): string {
  return [false, true].map((late) => {
    const level = scale * levelOf(runs, value, late);
    return Number.isNaN(level) ? "unknown" : level.toFixed(0);
  }).join(" to ");
}

/** The mean of a number over the first or the last third of the steps of all runs. */
function levelOf(
  runs: readonly PaperRun[],
  value: Value,
  late: boolean,
): number {
  const values = runs.flatMap(({ metrics }) => {
    const measured = metrics.map(value)
      .filter((found) => typeof found === "number");
    const third = Math.floor(measured.length / 3);
    return late
      ? measured.slice(measured.length - third)
      : measured.slice(0, third);
  });
  return values.reduce((sum, one) => sum + one, 0) / values.length;
}

function rolePlot(
  heading: string,
  runs: readonly PaperRun[],
  mode: ModeName,
  values: { solve: Value; propose: Value },
  y: Record<string, unknown>,
): Plot {
  const metrics = runs.map((run) => run.metrics);
  const traces = (["solve", "propose"] as const).flatMap((role) =>
    seedTraces(metrics, values[role], {
      name: role === "solve" ? "solver" : "proposer",
      colour: MODE_COLOURS[mode],
      dash: ROLE_DASHES[role],
    })
  );
  return { heading, traces, y };
}

/** Draws a mode's rewards above its lengths, beside what the paper's picture shows. */
export function rewardsAndLengths(
  runs: readonly PaperRun[],
  mode: Mode,
): Compared {
  const figure = FIGURES[mode];
  const { longestTokens, steps } = paperFigure(figure);
  const reward = {
    solve: ({ solve }: StepMetrics) => solve[mode]?.meanReward,
    propose: ({ propose }: StepMetrics) => propose[mode]?.meanReward,
  };
  const length = {
    solve: ({ solve }: StepMetrics) => solve[mode]?.meanResponseTokens,
    propose: ({ propose }: StepMetrics) => propose[mode]?.meanResponseTokens,
  };
  const seeds = seedCount(runs);
  const rewards = rolePlot(`reward, here (${seeds})`, runs, mode, reward, {
    range: [-1.05, 1.05],
  });
  const lengths = rolePlot(`tokens, here (${seeds})`, runs, mode, length, {
    rangemode: "tozero",
  });
  // The legend has each role once.
  const plain = rewards.traces.map((trace) => ({
    ...trace,
    showlegend: false,
  }));
  return {
    item: `Figure ${figure}`,
    figure: beside(
      {
        title:
          `${titled(mode)}: answers go from ${
            wentFrom(runs, length.solve)
          } tokens here, ` +
          `to about ${longestTokens} in the paper`,
        height: 400,
      },
      described(
        "paper (a picture)",
        `Mean reward and mean length over steps ${steps![0]} to ${
          steps![1]
        }. ` +
          `Lengths grow, to about ${longestTokens} tokens: an end read off the ` +
          "axis. The values of the curves are not known.",
      ),
      [{ ...rewards, traces: plain }, { ...lengths, under: "step" }],
    ),
    comparisons: compared(runs, reward, length),
    why: `answers that open with a thought went from ${
      wentFrom(runs, ({ solve }) => solve[mode]?.thinkingRate, { scale: 100 })
    } % and proposed programs from ${
      wentFrom(runs, ({ propose }) => propose[mode]?.meanProgramCharacters)
    } letters, and the paper's rewards are a picture`,
  };
}

const titled = (mode: string) => mode[0].toUpperCase() + mode.slice(1);

function compared(
  runs: readonly PaperRun[],
  reward: { solve: Value; propose: Value },
  length: { solve: Value; propose: Value },
): Comparison[] {
  const tokens = { unit: "tokens" };
  const points = { unit: "of reward × 100", scale: 100 };
  return [
    {
      ...{ what: "the length of answers", paper: 1, ...tokens },
      here: shiftOf(runs, length.solve),
    },
    {
      ...{ what: "the length of proposals", paper: null, ...tokens },
      here: shiftOf(runs, length.propose),
    },
    {
      ...{ what: "the solver's reward", paper: null, ...points },
      here: shiftOf(runs, reward.solve),
    },
    {
      ...{ what: "the proposer's reward", paper: null, ...points },
      here: shiftOf(runs, reward.propose),
    },
  ];
}
