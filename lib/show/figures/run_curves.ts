/**
 * Curves over the steps of a run, from the rows of `metrics.jsonl`: rewards,
 * solve rates, what becomes of proposals, response lengths, thinking.
 *
 * A step in which something was not measured leaves a gap, not a zero.
 */

import type { Role } from "../../method/advantage/sample.ts";
import type { ModeName } from "../../method/modes/task.ts";
import type { StepMetrics } from "../../method/metrics.ts";
import type { Figure, Trace } from "./figure.ts";
import { moved } from "./moved.ts";
import { DRAWN_MODES, modeLine, styledFigure } from "./style.ts";

/** The rows of a run that a figure needs. */
export type RunRows = readonly Pick<
  StepMetrics,
  "step" | "propose" | "solve"
>[];

/** Draws the mean reward of solver (from -1 to 1) and proposer. */
export function rewardCurves(rows: RunRows): Figure {
  return styledFigure(
    { title: "Mean reward", x: "step", y: "reward", yRange: [-1.05, 1.05] },
    ofBothRoles(rows, "meanReward"),
  );
}

/** Draws the share of right answers among the rollouts of each step. */
export function solveRateCurves(rows: RunRows): Figure {
  const rate: Value = (row, mode) => row.solve[mode]?.solveRate;
  const title = `Right attempts: ${moved([rows], rate, 100)} %`;
  return shareFigure(title, "right attempts", curves(rows, "solve", rate));
}

/** Draws the share of proposals that became a task. */
export function validityCurves(rows: RunRows): Figure {
  return shareFigure(
    "Valid proposals",
    "share of proposals",
    curves(rows, "propose", (row, mode) => row.propose[mode]?.valid),
  );
}

/** Draws the share of proposals that repeat a task, or a program that has all its allowed inputs. */
export function duplicateCurves(rows: RunRows): Figure {
  return shareFigure(
    "Repeated proposals",
    "share of proposals",
    curves(rows, "propose", (row, mode) => row.propose[mode]?.duplicate),
  );
}

/** Draws the mean response length in tokens, by mode and role. */
export function tokenLengthCurves(rows: RunRows): Figure {
  return styledFigure(
    { title: "Response length", x: "step", y: "tokens per response" },
    ofBothRoles(rows, "meanResponseTokens"),
  );
}

/** Draws the share of solver responses that open with a trace. */
export function thinkingRateCurves(rows: RunRows): Figure {
  const rate: Value = (row, mode) => row.solve[mode]?.thinkingRate;
  const title = `Attempts that think first: ${moved([rows], rate, 100)} %`;
  return shareFigure(title, "attempts", curves(rows, "solve", rate));
}

/** Draws curves of shares, from 0 to 100 %. */
function shareFigure(title: string, y: string, data: Trace[]): Figure {
  return styledFigure(
    { title, x: "step", y, yRange: [0, 1], percent: "y" },
    data,
  );
}

/** Returns the curves of a number that both roles have, the solver's first. */
function ofBothRoles(
  rows: RunRows,
  field: "meanReward" | "meanResponseTokens",
): Trace[] {
  return (["solve", "propose"] as const).flatMap((role) =>
    curves(rows, role, (row, mode) => row[role][mode]?.[field])
  );
}

/** A number of a mode in the row of a step. */
type Value = (
  row: RunRows[number],
  mode: ModeName,
) => number | null | undefined;

/** Returns a curve per mode that has a measurement. */
function curves(
  rows: RunRows,
  role: Role,
  value: Value,
): Trace[] {
  return DRAWN_MODES.flatMap((mode) => {
    const y = rows.map((row) => value(row, mode) ?? null);
    if (y.every((measured) => measured === null)) return [];
    return [{
      type: "scatter",
      mode: "lines",
      name: role === "solve" ? mode : `${mode}, proposer`,
      x: rows.map(({ step }) => step),
      y,
      line: modeLine(mode, role),
    }];
  });
}
