/**
 * MBPP+ (Liu et al. 2023): functions by a sentence and an example, held to what the
 * reference returns on many inputs.
 *
 * Reference and answer run apart, each on every input; their values are compared
 * outside of the sandbox, so that a program cannot look at what is expected. Floats
 * may differ by the task's `atol`, or by 1e-6 where that is 0, relative to the larger
 * of 1 and both values (EvalPlus: absolute, plus 1e-7 of the expected value). The
 * special cases are EvalPlus 0.3's: results as sets, results that only have to be
 * there, and other readings of a problem that count too.
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
import { pythonArguments } from "./python_arguments.ts";

interface Item {
  id: string;
  problem: string;
  entry: string;
  solution: string;
  /** Argument lists: those of MBPP, then those of EvalPlus. */
  inputs: string[];
  tolerance: number;
}

const ENDS = ['\n"""', "\nassert"];
const AS_SETS = [
  "similar_elements",
  "find_char_long",
  "common_in_nested_lists",
  "extract_singly",
  "larg_nnum",
  "intersection_array",
  "find_dissimilar",
  "Diff",
];
const IS_THERE = ["check_str", "text_match_three", "text_starta_endb"];
/** Any value counts here: the problem does not say what is equivalent. */
const ANYTHING = ["are_equivalent"];
/** Other readings of a problem. */
const ALSO_RIGHT: Record<string, string> = {
  sum_div: "def sum_div(number): return 0",
  surface_Area: `def surface_Area(base_edge, height):
    slant = ((base_edge / 2) ** 2 + height ** 2) ** 0.5
    return round(base_edge ** 2 + 2 * base_edge * slant)`,
  digit_distance_nums: `def digit_distance_nums(a, b):
    a, b = str(a), str(b)
    width = max(len(a), len(b))
    pairs = zip(a.zfill(width), b.zfill(width))
    return sum(abs(int(x) - int(y)) for x, y in pairs)`,
};
/** Steps of one case: the slowest reference needs more than the usual 2e8. */
const FUEL = 1_000_000_000;
const RESULT = "_azr_result";

export const mbppplus: Benchmark<Item> = {
  name: "mbppplus",
  files: ["MbppPlus.jsonl"],
  source: "https://github.com/evalplus/evalplus (MbppPlus, v0.2.0, Apache-2.0)",
  caution: "MBPP is public since August 2021: most models have seen it",
  read(row) {
    const id = row.text("task_id");
    const task = Number(/^Mbpp\/(\d+)$/.exec(id)?.[1]);
    if (!Number.isInteger(task)) {
      throw new TypeError(
        `the field "task_id" is "${id}" and not "Mbpp/NUMBER"`,
      );
    }
    // One row of the published file has {} for an empty list.
    const inputs = [...row.list("base_input"), ...row.list("plus_input", "{}")];
    return {
      id,
      problem: row.text("prompt"),
      entry: row.text("entry_point"),
      solution: row.text("canonical_solution"),
      inputs: inputs.map((call) => pythonArguments(task, call)),
      tolerance: row.number("atol"),
    };
  },
  prompt: ({ problem }, template) => codePrompt(problem, template, ENDS),
  reference: ({ solution }) => solution,
  async grade(executor, attempts) {
    const verdicts: Verdict[] = [];
    for (const attempt of attempts) {
      verdicts.push(await grade(executor, attempt));
    }
    return verdicts;
  },
};

async function grade(
  executor: PooledExecutor,
  { item, response }: Attempt<Item>,
): Promise<Verdict> {
  const { problem, entry, solution, inputs } = item;
  const also = ALSO_RIGHT[entry];
  const sources = [
    solution,
    writtenProgram(problem, response, entry, ENDS),
    ...(also ? [also] : []),
  ];
  // In portions that grow, so that a program that fails at once costs little.
  for (let from = 0, size = 4; from < inputs.length; from += size, size *= 2) {
    const portion = inputs.slice(from, from + size);
    const outcomes = await executor.runMany(
      sources.flatMap((source) =>
        portion.map((input) => job(source, entry, input))
      ),
    );
    for (const [i, input] of portion.entries()) {
      const [reference, given, other] = sources.map((_, which) =>
        outcomes[which * portion.length + i]
      );
      const fault = faultOf(
        item,
        other ? [reference, other] : [reference],
        given,
      );
      if (fault === null) continue;
      const at = `case ${from + i + 1} of ${inputs.length}`;
      const detail = `${at}, ${entry}(${short(input)}): ${fault.detail}`;
      return { correct: false, cause: fault.cause, detail };
    }
  }
  return { correct: true, cause: "match", detail: "" };
}

/** Runs a program on one input, with its result made comparable where EvalPlus does so. */
function job(source: string, entry: string, argument: string) {
  const result = AS_SETS.includes(entry)
    ? `set(${entry}(*args))`
    : `(lambda out: out if isinstance(out, bool) else out is not None)(${entry}(*args))`;
  const isMade = AS_SETS.includes(entry) || IS_THERE.includes(entry);
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
  { entry, tolerance }: Item,
  expected: readonly Outcome[],
  given: Outcome,
): { cause: string; detail: string } | null {
  if (given.kind !== "value") {
    return { cause: given.kind, detail: describeOutcome(given) };
  }
  if (ANYTHING.includes(entry)) return null;
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

/** Whether a value is a float, or a list or tuple of floats alone. */
function hasFloats(literal: string): boolean {
  const float = String.raw`-?(?:\d+\.\d*(?:e[-+]?\d+)?|\d+e[-+]?\d+|inf|nan)`;
  return new RegExp(`^[[(]?${float}(?:,${float})*,?[\\])]?$`).test(literal);
}

function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
