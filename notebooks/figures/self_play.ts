/** What the notebook on self-play shows of a run: a line for an event, and weights. */

import type { SelfPlayEvent } from "../../lib/method/loop.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";
import type { Figure, Trace } from "../../lib/show/figures/figure.ts";
import {
  MODE_COLOURS,
  OTHER_COLOURS,
  styledFigure,
} from "../../lib/show/figures/style.ts";

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
      title: "What a right answer weighs",
      x: "share of right answers",
      y: "advantage",
    },
    [line, ...marks],
  );
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
    { title: "Deductions that the gate lets pass", x: "", y: "tasks" },
    [
      part("executed", MODE_COLOURS.deduction),
      part("leaked", OTHER_COLOURS[0]),
    ],
    { barmode: "stack" },
  );
}
