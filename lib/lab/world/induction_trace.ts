/**
 * Traces of induction: a search that meets in the middle, then a check.
 *
 * Reading an operation off a pair of numbers is hard for a tiny model; applying
 * one and undoing one are not. The trace
 *
 * 1. applies every operation to the first input, `+1=6+1` and so on, the
 *    operation named again after the value so that it can be copied from there;
 * 2. undoes operations from the first output, `:14` for none and `*2:7` for one;
 * 3. where such a value occurred in the first list, names the operation that
 *    gave it, and runs the program so found on the other shown examples,
 *    `<i>2+2=4*2=8`. A wrong result is followed by `!`, and the search goes on.
 *
 * A found program thus agrees with every shown example, by a check that is read
 * off. No preset has these traces: tiny models were seen to write both lists well
 * and still to guess where they meet. The study "induction" measures what they do.
 *
 * Left out: inputs other than whole numbers, and programs of three
 * operations and more, for which the lists would be too long.
 */

import {
  type Operation,
  traceLabel,
  type WorldLanguage,
} from "./operations.ts";
import { CORPUS_RANGE, type Value, withinRange } from "./value.ts";

/** Follows a result that is not the shown output. */
const REFUTED = "!";

/** A search written down, with the operations it found. */
export interface InductionSearch {
  trace: string;
  found: Operation[];
}

/** An example as values. */
export interface NumberPair {
  input: number;
  output: number;
}

/** Tells whether an example is a pair of numbers. */
export function isNumberPair(
  example: { input: Value; output: Value },
): example is NumberPair {
  return typeof example.input === "number" &&
    typeof example.output === "number";
}

interface Step {
  operation: Operation;
  value: number;
}

/**
 * Searches `operations` for a program of one or two of them that agrees with
 * every example; null if the search finds none.
 */
export function searchProgram(
  examples: readonly NumberPair[],
  operations: readonly Operation[],
  language: WorldLanguage,
): InductionSearch | null {
  const [{ input, output }, ...others] = examples;
  const arithmetic = operations.filter((operation) =>
    operation.form === "expression" && operation.input === "integer" &&
    operation.output === "integer"
  );
  const label = (operation: Operation) => traceLabel(operation, language);
  const forwards = stepsFrom(input, arithmetic);
  const met = new Map(forwards.map((step) => [step.value, step.operation]));
  let trace = forwards.map(({ operation, value }) =>
    `${label(operation)}=${value}${label(operation)}`
  ).join("");
  for (const last of [null, ...stepsBefore(output, arithmetic)]) {
    const value = last ? last.value : output;
    trace += `${last ? label(last.operation) : ""}:${value}`;
    const first = met.get(value);
    if (!first) continue;
    const found = last ? [first, last.operation] : [first];
    const check = checked(found, others, label);
    trace += label(first) + check.text;
    if (check.agrees) return { trace, found };
  }
  return null;
}

/** Returns every operation with what it gives, the first of those that give the same. */
function stepsFrom(input: number, operations: readonly Operation[]): Step[] {
  const steps = new Map<number, Step>();
  for (const operation of operations) {
    const value = applied(operation, input);
    if (!withinRange(value, CORPUS_RANGE)) continue;
    if (!steps.has(value)) steps.set(value, { operation, value });
  }
  return [...steps.values()];
}

/** Returns every operation that gives the output from one number only, with that number. */
function stepsBefore(output: number, operations: readonly Operation[]): Step[] {
  return operations.flatMap((operation) => {
    const values = WHOLE_NUMBERS.filter((value) =>
      applied(operation, value) === output
    );
    return values.length === 1 ? [{ operation, value: values[0] }] : [];
  });
}

const WHOLE_NUMBERS = Array.from(
  { length: CORPUS_RANGE.largestInteger + 1 },
  (_, value) => value,
);

/** Returns a program run on the examples, up to the first that refutes it. */
function checked(
  program: readonly Operation[],
  examples: readonly NumberPair[],
  label: (operation: Operation) => string,
): { text: string; agrees: boolean } {
  let text = "";
  for (const { input, output } of examples) {
    text += `<i>${input}`;
    let value = input;
    for (const operation of program) {
      value = applied(operation, value);
      text += `${label(operation)}=${value}`;
    }
    if (value !== output) return { text: text + REFUTED, agrees: false };
  }
  return { text, agrees: true };
}

/** Arithmetic is defined on every number. */
function applied(operation: Operation, value: number): number {
  return operation.steps(value)!.at(-1) as number;
}
