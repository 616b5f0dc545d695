/** The figures of the tour's run: how often answers think, and what came of it. */

import type { Attempt } from "../../lib/azr.ts";
import type { Figure } from "../../lib/show/figures/figure.ts";
import {
  accuracyBars,
  type EvaluatedItem,
} from "../../lib/show/figures/accuracy.ts";
import { modeLine } from "../../lib/show/figures/style.ts";
import { mean, MODES, percent, tourFigure } from "./tour.ts";

/** What one step of the run showed, per mode. */
export interface StepRow {
  step: number;
  /** Share of answers that open with a trace. */
  thinking: Partial<Record<string, number>>;
}

/** Share of thinking answers of each mode in a step. */
export function sharesOf(
  step: number,
  attempts: readonly Attempt[],
): StepRow {
  const thinking = MODES.map((mode) => {
    const own = attempts.filter(({ task }) => task.mode === mode);
    const traced = own.filter(({ text }) => text.startsWith("<t>"));
    return [mode, traced.length / own.length];
  });
  return { step, thinking: Object.fromEntries(thinking) };
}

/** The run: how often answers think, step by step. */
export function thinkingCurves(rows: readonly StepRow[]): Figure {
  const of = (row: StepRow) => row.thinking.deduction ?? 0;
  return tourFigure(
    {
      title: `Thinking pays, so it spreads: deduction from ${
        percent(of(rows[0]))
      } to ${percent(of(rows.at(-1)!))} of the answers`,
      x: "step",
      y: "answers with a trace",
      percent: "y",
      yRange: [0, 1],
    },
    MODES.map((mode) => ({
      type: "scatter",
      mode: "lines",
      name: mode,
      x: rows.map(({ step }) => step),
      y: rows.map(({ thinking }) => thinking[mode] ?? null),
      line: modeLine(mode),
    })),
  );
}

/** Before and after the run: held-out accuracy, and that of the base made to think. */
export function heldOutBars(rows: readonly EvaluatedItem[]): Figure {
  const last = Math.max(...rows.map(({ step }) => step));
  const right = (step: number, thinking: string) => {
    const asked = rows.filter((row) =>
      row.mode === "deduction" && row.step === step && row.thinking === thinking
    );
    return percent(mean(asked.map(({ correct }) => correct)));
  };
  const { data, layout } = accuracyBars(rows, "familiar");
  const text = `Held-out deduction: ${right(0, "free")} right, after ${last} ` +
    `steps ${right(last, "free")}; made to think, the base had ` +
    right(0, "forced");
  const title = { ...layout.title, text };
  const config = { displayModeBar: false };
  return { data, layout: { ...layout, title }, config };
}
