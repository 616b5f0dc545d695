/**
 * Traces of states: each step writes anew what is left to do, until nothing is.
 *
 * A state is a value and the operations that are left, so that every step is the same
 * step: work off one operation, copy the others. Thinking ends when none is left, and
 * not after a number of steps. In the traces of trace.ts a step names the next
 * operation of the prompt, so that the model has to know how many it has done.
 */

import { traceLabel, type WorldLanguage } from "./operations.ts";
import type { ProgramRun, TraceStep } from "./program.ts";
import { literal } from "./value.ts";

/** Stands between two states. */
const NEXT_STATE = ">";

/**
 * Writes a run's states from the input on, the value first:
 * `[1,2].map(v=>v+1).concat(3)>[2,3].concat(3)>[2,3,3]`.
 */
export function forwardStates(
  run: ProgramRun,
  language: WorldLanguage,
): string {
  return forward(run, language).join(NEXT_STATE);
}

/**
 * Writes a run's states from the output back, the operations first:
 * `.map(v=>v+1).concat(3):[2,3,3]>.map(v=>v+1):[2,3]>:[1,2]`.
 */
export function backwardStates(
  run: ProgramRun,
  language: WorldLanguage,
): string {
  return backward(run, language).join(NEXT_STATE);
}

/** Writes the first states of a run, `steps` steps and the mark of the next: a thought that is cut. */
export function cutStates(
  mode: "deduction" | "abduction",
  run: ProgramRun,
  language: WorldLanguage,
  steps: number,
): string {
  const states = (mode === "deduction" ? forward : backward)(run, language);
  return states.slice(0, steps + 1).map((state) => state + NEXT_STATE).join("");
}

function forward({ output, trace }: ProgramRun, language: WorldLanguage) {
  const left = (from: number) => labels(trace.slice(from), language);
  const states = trace.map(({ before }, i) => literal(before) + left(i));
  return [...states, literal(output)];
}

function backward({ output, trace }: ProgramRun, language: WorldLanguage) {
  const values = [...trace.map(({ before }) => before), output];
  return values.map((value, i) =>
    `${labels(trace.slice(0, i), language)}:${literal(value)}`
  ).reverse();
}

function labels(steps: readonly TraceStep[], language: WorldLanguage): string {
  return steps.map(({ operation }) => traceLabel(operation, language)).join("");
}
