/**
 * EvalPlus (Liu et al. 2023): functions held to what the reference returns on many
 * inputs, as HumanEval+ and MBPP+ have them.
 *
 * Reference and answer run apart, each on every input; their values are compared
 * outside of the sandbox, so that a program cannot look at what is expected. Floats
 * may differ by the task's `atol`, or by 1e-6 where that is 0, relative to the larger
 * of 1 and both values (EvalPlus: absolute, plus 1e-7 of the expected value).
 */

import {
  describeOutcome,
  type Outcome,
  PAPER_JUDGING,
  type PooledExecutor,
  verifyDeduction,
} from "../../sandbox/mod.ts";
import type { Attempt, Benchmark, Verdict } from "./benchmark.ts";
import { codePrompt, writtenProgram } from "./code_prompt.ts";

/** A problem with its inputs. */
export interface PlusItem {
  id: string;
  problem: string;
  entry: string;
  /** What the reference writes, and the whole program that it makes. */
  solution: string;
  reference: string;
  /** Argument lists: those of the original benchmark, then those of EvalPlus. */
  inputs: string[];
  tolerance: number;
}

/** What EvalPlus 0.3 judges apart; functions by their names. */
export interface SpecialCases {
  /** Results are compared as sets. */
  asSets?: readonly string[];
  /** Results only have to be there. */
  isThere?: readonly string[];
  /** Any value counts. */
  anything?: readonly string[];
  /** Any root counts of the polynomial `poly` that the problem defines. */
  roots?: readonly string[];
  /** Programs of other readings of a problem. */
  alsoRight?: Readonly<Record<string, string>>;
}

/** Steps of one case: the slowest reference needs more than the usual 2e8. */
const FUEL = 1_000_000_000;
const RESULT = "_azr_result";

/** A benchmark of EvalPlus; `ends` are the strings that end a plain continuation. */
export function plusBenchmark(
  about: Pick<
    Benchmark<PlusItem>,
    "name" | "files" | "source" | "caution" | "read"
  >,
  ends: readonly string[],
  special: SpecialCases,
): Benchmark<PlusItem> {
  return {
    ...about,
    prompt: ({ problem }, template) => codePrompt(problem, template, ends),
    reference: ({ solution }) => solution,
    program: ({ reference }) => reference,
    async grade(executor, attempts) {
      const verdicts: Verdict[] = [];
      for (const attempt of attempts) {
        verdicts.push(await grade(executor, attempt, ends, special));
      }
      return verdicts;
    },
  };
}

async function grade(
  executor: PooledExecutor,
  { item, response }: Attempt<PlusItem>,
  ends: readonly string[],
  special: SpecialCases,
): Promise<Verdict> {
  const { problem, entry, reference, inputs } = item;
  const also = special.alsoRight?.[entry];
  const sources = [
    reference,
    writtenProgram(problem, response, entry, ends),
    ...(also ? [also] : []),
  ];
  // In portions that grow, so that a program that fails at once costs little.
  for (let from = 0, size = 4; from < inputs.length; from += size, size *= 2) {
    const portion = inputs.slice(from, from + size);
    const outcomes = await executor.runMany(
      sources.flatMap((source) =>
        portion.map((input) => job(source, entry, input, special))
      ),
    );
    for (const [i, input] of portion.entries()) {
      const [right, given, other] = sources.map((_, which) =>
        outcomes[which * portion.length + i]
      );
      const expected = other ? [right, other] : [right];
      const fault = special.roots?.includes(entry)
        ? await rootFault(executor, item, input, given)
        : faultOf(item, special, expected, given);
      if (fault === null) continue;
      const at = `case ${from + i + 1} of ${inputs.length}`;
      const detail = `${at}, ${entry}(${short(input)}): ${fault.detail}`;
      return { correct: false, cause: fault.cause, detail };
    }
  }
  return { correct: true, cause: "match", detail: "" };
}

/** Runs a program on one input, with its result made comparable where EvalPlus does so. */
function job(
  source: string,
  entry: string,
  argument: string,
  { asSets = [], isThere = [] }: SpecialCases,
) {
  const result = asSets.includes(entry)
    ? `set(${entry}(*args))`
    : `(lambda out: out if isinstance(out, bool) else out is not None)(${entry}(*args))`;
  const isMade = asSets.includes(entry) || isThere.includes(entry);
  const made = isMade ? `\ndef ${RESULT}(*args): return ${result}\n` : "";
  return {
    program: {
      language: "python" as const,
      source: source + made,
      entry: isMade ? RESULT : entry,
    },
    argument,
    seed: 1,
    limits: { fuel: FUEL },
  };
}

/** Why a case fails; null where it passes. */
function faultOf(
  { entry, tolerance }: PlusItem,
  { anything }: SpecialCases,
  expected: readonly Outcome[],
  given: Outcome,
): Fault | null {
  if (given.kind !== "value") return noValue(given);
  if (anything?.includes(entry)) return null;
  const [reference] = expected;
  if (reference.kind !== "value") {
    return {
      cause: "reference",
      detail: `the reference has no value: ${describeOutcome(reference)}`,
    };
  }
  const floatTolerance = tolerance || (hasFloats(reference.literal) ? 1e-6 : 0);
  const holds = expected.some((right) =>
    right.kind === "value" &&
    verifyDeduction(right.literal, given.literal, "python", {
      ...PAPER_JUDGING,
      floatTolerance,
    }).correct
  );
  return holds ? null : {
    cause: "different",
    detail: `${short(given.literal)} instead of ${short(reference.literal)}`,
  };
}

/** Why a number is no root of the problem's polynomial; null where it is one. */
async function rootFault(
  executor: PooledExecutor,
  { reference, tolerance }: PlusItem,
  input: string,
  given: Outcome,
): Promise<Fault | null> {
  if (given.kind !== "value") return noValue(given);
  const at = await executor.run(
    job(reference, "poly", `${input}, ${given.literal}`, {}),
  );
  const value = at.kind === "value" ? Number(at.literal) : NaN;
  if (Math.abs(value) <= tolerance) return null;
  const detail = `${short(given.literal)} is no root: poly gives ${
    at.kind === "value" ? short(at.literal) : describeOutcome(at)
  }`;
  return { cause: "different", detail };
}

type Fault = Pick<Verdict, "cause" | "detail">;

function noValue(given: Outcome): Fault {
  return { cause: given.kind, detail: describeOutcome(given) };
}

/** Whether a value is a float, or a list or tuple of floats alone. */
function hasFloats(literal: string): boolean {
  const float = String.raw`-?(?:\d+\.\d*(?:e[-+]?\d+)?|\d+e[-+]?\d+|inf|nan)`;
  return new RegExp(`^[[(]?${float}(?:,${float})*,?[\\])]?$`).test(literal);
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
