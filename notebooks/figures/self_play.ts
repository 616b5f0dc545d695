/** What the notebook on self-play shows of a run: a line for an event, and weights. */

import type { SelfPlayEvent } from "../../lib/method/loop.ts";
import type { StepMetrics } from "../../lib/method/metrics.ts";
import { MODE_NAMES, type ModeName } from "../../lib/method/modes/task.ts";
import { bufferGrowth } from "../../lib/show/figures/buffer_growth.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import { type Panel, panelFigure } from "../../lib/show/figures/panels.ts";
import {
  duplicateCurves,
  rewardCurves,
  solveRateCurves,
  thinkingRateCurves,
  tokenLengthCurves,
  validityCurves,
} from "../../lib/show/figures/run_curves.ts";
import { withSlider } from "../../lib/show/figures/slider.ts";
import {
  MODE_COLOURS,
  OTHER_COLOURS,
  styledFigure,
} from "../../lib/show/figures/style.ts";

import { solveRateHistogram } from "./solve_rate_histogram.ts";

/** What an event carries, in a line. */
export function describeEvent(event: SelfPlayEvent): string {
  switch (event.type) {
    case "seeded":
      return `${event.proposals.length} proposals, ${event.rounds} rounds`;
    case "proposed":
      return `${event.proposals.length} texts, none of them read yet`;
    case "validated": {
      const valid = event.proposals.filter(({ status }) => status === "valid");
      return `${valid.length} of ${event.proposals.length} are new tasks`;
    }
    case "solved":
      return `${event.solved.length} tasks attempted`;
    case "rewarded":
      return `${event.samples.length} samples with a reward`;
    case "advantages": {
      const moving = event.samples.filter(({ advantage }) => advantage !== 0);
      return `${moving.length} samples with an advantage`;
    }
    case "updated":
      return `${event.report.sequences} sequences trained on`;
    case "evaluated":
      return `${event.rows.length} items evaluated`;
    case "stepFinished":
      return `buffers: ${JSON.stringify(event.metrics.bufferSizes)}`;
  }
}

type Rows = readonly StepMetrics[];

/**
 * What a run shows of itself, in six panels: solid lines are the solver's, dashed ones
 * the proposer's, dotted ones repeated proposals. The buffers begin with the seeding, step 0.
 */
export function dashboard(rows: Rows): Figure {
  const played = rows.filter(({ step }) => step > 0);
  const sizes = rows.map(({ bufferSizes }) => bufferSizes);
  const repeated = duplicateCurves(played).data.map((trace): Trace => ({
    ...trace,
    ...{ showlegend: false, line: { ...trace.line, dash: "dot" } },
  }));
  const percent = { tickformat: ".0%", range: [-0.02, 1.02] };
  const panels: Panel[] = [
    panel("right answers", solveRateCurves(played).data, percent),
    panel("answers that think", thinkingRateCurves(played).data, percent),
    panel("valid and repeated proposals", [
      ...validityCurves(played).data,
      ...repeated,
    ], percent),
    panel("mean reward", rewardCurves(played).data, { range: [-1.05, 1.05] }),
    panel("tokens per response", tokenLengthCurves(played).data, {
      rangemode: "tozero",
    }),
    panel("tasks in the buffers", bufferGrowth(sizes, rows[0].step).data, {
      rangemode: "tozero",
    }),
  ];
  const labels = { title: changeTitle(played), x: "step", y: "" };
  return panelFigure(labels, panels, { columns: 3 });
}

function panel(
  title: string,
  traces: readonly Trace[],
  yaxis: Record<string, unknown>,
): Panel {
  return { title, traces, yaxis };
}

/** Returns the solve rates of the first and of the last third of a run. */
function changeTitle(rows: Rows): string {
  const third = Math.max(1, Math.floor(rows.length / 3));
  const changes = MODE_NAMES.flatMap((mode) => {
    const mean = (part: Rows) => {
      const rates = part.flatMap(({ solve }) => solve[mode]?.solveRate ?? []);
      const sum = rates.reduce((total, rate) => total + rate, 0);
      return Math.round(100 * sum / rates.length);
    };
    const [first, last] = [
      mean(rows.slice(0, third)),
      mean(rows.slice(-third)),
    ];
    return Number.isNaN(first + last) ? [] : [`${mode} ${first} → ${last} %`];
  });
  return `Right answers by thirds: ${changes.join(", ")}`;
}

/** How many attempts at a proposed task were right, with a slider over the steps of the run. */
export function solveRateFilm(rows: Rows): Figure {
  const played = rows.filter(({ step }) => step > 0);
  const tallest = Math.max(
    ...played.flatMap(({ solve }) =>
      Object.values(solve).flatMap(({ solveRateHistogram }) =>
        solveRateHistogram
      )
    ),
  );
  const states = played.map((row) => {
    const figure = solveRateHistogram([row]);
    const range = [0, tallest + 0.5];
    const yaxis = { ...figure.layout.yaxis as object, range };
    return {
      label: String(row.step),
      figure: { ...figure, layout: { ...figure.layout, yaxis } },
    };
  });
  return withSlider("step", states, states.length - 1);
}

/** A right answer's advantage in a mode and step, and the share of right answers. */
export interface Weight {
  mode: ModeName;
  share: number;
  advantage: number | null;
}

/** Advantages of right answers beside the formula, a mark per mode and step. */
export function answerWeights(
  weights: readonly Weight[],
  formula: (share: number) => number,
): Figure {
  const shares = Array.from({ length: 98 }, (_, i) => (i + 2) / 100);
  const line: Trace = {
    type: "scatter",
    mode: "lines",
    name: "formula",
    x: shares,
    y: shares.map(formula),
    line: { color: "#888888", dash: "dot" },
  };
  const marks = [...Map.groupBy(weights, ({ mode }) => mode)].map(
    ([mode, own]): Trace => ({
      type: "scatter",
      mode: "markers",
      name: mode,
      x: own.map(({ share }) => share),
      y: own.map(({ advantage }) => advantage),
      marker: { color: MODE_COLOURS[mode], size: 8, opacity: 0.7 },
    }),
  );
  return styledFigure(
    {
      title: weightTitle(weights),
      x: "right answers",
      y: "advantage",
      percent: "x",
    },
    [line, ...marks],
  );
}

/** Returns the heaviest and the lightest right answer of a run. */
function weightTitle(weights: readonly Weight[]): string {
  const [light, heavy] = [
    weights.reduce((a, b) => b.advantage! < a.advantage! ? b : a),
    weights.reduce((a, b) => b.advantage! > a.advantage! ? b : a),
  ].map(({ share, advantage }) =>
    `${advantage!.toFixed(1)} where ${Math.round(100 * share)} % are right`
  );
  return `A right answer weighs ${heavy}, and ${light}`;
}

/** What passed a gate, and how surely the solver answers it. */
export interface Gate {
  gateLeak: number;
  /** Tasks whose output was executed, and tasks that leaked. */
  executed: number;
  leaked: number;
}

/** One bar per gate: the tasks with an executed answer, and on them those without. */
export function gateBars(gates: readonly Gate[]): Figure {
  const x = gates.map(({ gateLeak }) => `ε = ${gateLeak}`);
  const part = (name: "executed" | "leaked", color: string): Trace => ({
    type: "bar",
    name,
    x,
    y: gates.map((gate) => gate[name]),
    marker: { color },
  });
  return styledFigure(
    {
      title: `The open gate lets ${gates.at(-1)!.leaked} tasks pass that ` +
        "nobody could run",
      ...{ x: "", y: "tasks" },
    },
    [
      part("executed", OTHER_COLOURS[2]),
      part("leaked", OTHER_COLOURS[1]),
    ],
    { barmode: "stack" },
  );
}
