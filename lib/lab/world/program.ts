/**
 * Programs of the world: a list of operations, rendered and interpreted.
 *
 * Rendering gives the real JavaScript or Python text; running gives the value
 * after each operation, from which traces are written.
 */

import type { Operation, WorldLanguage } from "./operations.ts";
import { type Value, type ValueRange, withinRange } from "./value.ts";
import type { ValueType } from "./value.ts";

/** An abstract program: its input type and its operations, first to last. */
export interface WorldProgram {
  input: ValueType;
  operations: readonly Operation[];
}

/** The parts of a program text that no operation brings. */
export const FRAMES: Record<
  WorldLanguage,
  { expression: string; loopStart: string; loopReturn: string; loopEnd: string }
> = {
  javascript: {
    expression: "x=>",
    loopStart: "function f(x){let s=0;",
    loopReturn: "return ",
    loopEnd: "}",
  },
  python: {
    expression: "lambda x:",
    loopStart: "def f(x):\n s=0\n ",
    loopReturn: "\n return ",
    loopEnd: "",
  },
};

/** Writes the source text of a program. */
export function renderProgram(
  program: WorldProgram,
  language: WorldLanguage,
): string {
  const frame = FRAMES[language];
  const first = program.operations[0];
  if (first?.form !== "loop") {
    return frame.expression + renderChain("x", program.operations, language);
  }
  const { header, body } = first.rendering[language];
  const rest = renderChain("s", program.operations.slice(1), language);
  return frame.loopStart + header + body + frame.loopReturn + rest +
    frame.loopEnd;
}

/** Applies operations to a variable; infix operands get their parentheses. */
function renderChain(
  variable: string,
  operations: readonly Operation[],
  language: WorldLanguage,
): string {
  let text = variable;
  let weak = false;
  for (const operation of operations) {
    if (operation.form === "loop") {
      throw new Error(`"${operation.name}" can only be a first operation`);
    }
    const { before, after, infix } = operation.rendering[language];
    const operand = weak && before === "" ? `(${text})` : text;
    text = before + operand + after;
    weak = infix;
  }
  return text;
}

/** A step of a run: one operation with its values. */
export interface TraceStep {
  operation: Operation;
  before: Value;
  /** Partial results; the last is the value after the operation. */
  steps: Value[];
}

/** A run of a program: its output and every step. */
export interface ProgramRun {
  output: Value;
  trace: TraceStep[];
}

/** Runs a program; null if a step is undefined or leaves the range. */
export function runProgram(
  program: WorldProgram,
  argument: Value,
  range: ValueRange,
): ProgramRun | null {
  const trace: TraceStep[] = [];
  let value = argument;
  for (const operation of program.operations) {
    const steps = operation.steps(value);
    if (steps === null) return null;
    const after = steps[steps.length - 1];
    if (!withinRange(after, range)) return null;
    trace.push({ operation, before: value, steps });
    value = after;
  }
  return { output: value, trace };
}

/** Tells whether the program starts with a loop that counts up to its argument. */
export function countsToArgument(program: WorldProgram): boolean {
  return program.input === "integer" && program.operations[0]?.form === "loop";
}
