/**
 * Traces: the short scratchpads that some documents hold before their answer.
 *
 * Deduction goes forwards, `operation=value` per step; repeating the
 * operation's own token turns "which operation is next?" into copying.
 * Abduction goes backwards from the output, `operation:value`, each step naming
 * a value from which the operation gives the one before. Guessing an input and
 * checking it forwards does worse than no trace at all: the last check in every
 * document succeeds, so the model learns to invent its success.
 * A sketch of either only names the operations, in the same order: a thought that
 * takes less writing and works nothing out. Between the two, a hasty trace leaves
 * out the values of some steps, as people do who calculate in their heads.
 * Induction derives the first example step by step and so names the program's
 * operations before writing it.
 */

import { traceLabel, type WorldLanguage } from "./operations.ts";
import type { ProgramRun } from "./program.ts";
import { literal } from "./value.ts";

/** Whether the next step's value is left out; asked once per step but the last. */
export type LeavesOut = () => boolean;

const writesAll: LeavesOut = () => false;

/**
 * Writes the steps of a run in order, each with its result: `+2=16*2=32`. Loops and
 * sums list their partial results.
 */
export function forwardTrace(
  run: ProgramRun,
  language: WorldLanguage,
  leavesOut: LeavesOut = writesAll,
): string {
  return run.trace.map(({ operation, steps }, i) => {
    const label = traceLabel(operation, language);
    if (i + 1 < run.trace.length && leavesOut()) return label;
    return `${label}=${steps.map(literal).join(">")}`;
  }).join("");
}

/** Writes the steps of a run from the last, each with the value before it: `*2:16+2:14`. */
export function backwardTrace(
  run: ProgramRun,
  language: WorldLanguage,
  leavesOut: LeavesOut = writesAll,
): string {
  return run.trace.toReversed().map(({ operation, before }, i) => {
    const label = traceLabel(operation, language);
    if (i + 1 < run.trace.length && leavesOut()) return label;
    return `${label}:${literal(before)}`;
  }).join("");
}

/** Writes the operations of a run in order, without any value: `+2*2`. */
export function forwardSketch(
  run: ProgramRun,
  language: WorldLanguage,
): string {
  return run.trace.map(({ operation }) => traceLabel(operation, language))
    .join("");
}

/** Writes the operations of a run from the last, without any value: `*2+2`. */
export function backwardSketch(
  run: ProgramRun,
  language: WorldLanguage,
): string {
  return run.trace.toReversed()
    .map(({ operation }) => traceLabel(operation, language)).join("");
}
