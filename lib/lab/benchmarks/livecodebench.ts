/**
 * LiveCodeBench's code generation (Jain et al. 2024): contest problems, as programs
 * that read standard input or as a method of `Solution`.
 *
 * Asked in the benchmark's words, in turns where the model has a template, else within
 * the paper's transcript. The program is the last fence, of the last `<answer>` if there
 * is one. Printed lines are compared as the benchmark does, without spaces around them
 * and with numbers by value; returned values as Python's `==`, a tuple as a list.
 * Expected values never enter the sandbox. Tests are open and hidden ones; a case that
 * is longer than the sandbox takes counts as failed, with its own cause.
 */

import {
  describeOutcome,
  type ExecutorOptions,
  type Outcome,
  type PooledExecutor,
  verifyDeduction,
} from "../../sandbox/mod.ts";
import { chatDialect } from "../../method/modes/chat.ts";
import {
  type Attempt,
  type Benchmark,
  NO_ANSWER,
  type Verdict,
} from "./benchmark.ts";
import {
  casesOf,
  type ContestCase,
  contestCases,
  type KeptCases,
  keptCases,
} from "./contest_cases.ts";
import { writtenJson } from "./fields.ts";
import { pythonLiteral } from "./python_arguments.ts";

interface Item {
  id: string;
  question: string;
  starter: string;
  /** The method of `Solution` that is called; null where standard input is read. */
  entry: string | null;
  /** Open and hidden tests. */
  tests: KeptCases[];
}

const SYSTEM =
  "You are an expert Python programmer. You will be given a question (problem specification) and will generate a correct Python program that matches the specification and passes all tests.";
const WITH_STARTER =
  "You will use the following starter code to write the solution to the problem and enclose your code within delimiters.";
const WITH_STDIN =
  "Read the inputs from stdin solve the problem and write the answer to stdout (do not directly test on the sample inputs). Enclose your code within delimiters as follows. Ensure that when the python program runs, it reads the inputs, runs the algorithm and writes output to STDOUT.";
/** What the benchmark imports before every program, and the names that Python's `site` makes. */
const PRELUDE = [
  ..."string re collections heapq bisect copy math random statistics itertools functools operator io json typing"
    .split(" ").map((module) => `from ${module} import *`),
  "from builtins import *",
  "import string, re, datetime, collections, heapq, bisect, copy, math, random",
  "import statistics, itertools, functools, operator, io, sys, json",
  "exit = quit = sys.exit",
  "",
].join("\n");
/** Steps of one case; the benchmark gives it some seconds. */
const FUEL = 1_000_000_000;

/** The sandbox in which benchmarks are graded: contests have long inputs and outputs. */
export const GRADING_SANDBOX: ExecutorOptions = {
  languages: ["python"],
  limits: { stdinChars: 4_194_304, stdoutChars: 1_048_576 },
};

export const livecodebench: Benchmark<Item> = {
  name: "livecodebench",
  files: ["livecodebench.jsonl", "test.jsonl"],
  source:
    "https://huggingface.co/datasets/livecodebench/code_generation_lite " +
    "(test.jsonl to test5.jsonl are the paper's v5)",
  caution:
    "contests from May 2023 on, by date: a model may have seen those before " +
    "its training ended",
  read(row) {
    const [question, starter] = [
      row.text("question_content"),
      row.text("starter_code"),
    ];
    const { func_name } = JSON.parse(row.text("metadata"));
    if (starter !== "" && typeof func_name !== "string") {
      throw new TypeError('the field "metadata" has no "func_name"');
    }
    const tests = [
      keptCases(row.text("public_test_cases")),
      casesOf(row, "private_test_cases"),
    ];
    const entry = func_name ?? null;
    return { id: row.text("question_id"), question, starter, entry, tests };
  },
  prompt({ question, starter }, template) {
    const form = starter
      ? `${WITH_STARTER}\n\`\`\`python\n${starter}\n\`\`\``
      : `${WITH_STDIN}\n\`\`\`python\n# YOUR CODE HERE\n\`\`\``;
    const content = `### Question:\n${question}\n\n### Format: ${form}\n\n` +
      "### Answer: (use the provided format with backticks)\n\n";
    if (template === null) {
      const text = chatDialect.questionPrompt(`${SYSTEM}\n\n${content.trim()}`);
      return { text, stops: chatDialect.stopStrings.solve };
    }
    return {
      text: template([
        { role: "system", content: SYSTEM },
        { role: "user", content },
      ]),
      stops: [],
    };
  },
  reference: () => null,
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
  const source = writtenFence(response);
  if (source === null) return NO_ANSWER;
  const cases = (await Promise.all(item.tests.map(contestCases))).flat();
  // In portions that grow, so that a program that fails at once costs little.
  for (let from = 0, size = 1; from < cases.length; from += size, size *= 2) {
    const portion = cases.slice(from, from + size);
    const { stdinChars } = executor.identity.limits;
    const long = portion.findIndex(({ input }) => input.length > stdinChars);
    const run = long < 0 ? portion : portion.slice(0, long);
    const outcomes = await executor.runMany(
      run.map((one) => job(source, item.entry, one)),
    );
    for (const [i, one] of portion.entries()) {
      const fault = i === long
        ? {
          cause: "tooLong",
          detail: "the input is longer than the sandbox takes",
        }
        : faultOf(item.entry, one, outcomes[i]);
      if (fault === null) continue;
      const detail = `case ${from + i + 1} of ${cases.length}: ${fault.detail}`;
      return { correct: false, cause: fault.cause, detail };
    }
  }
  return { correct: true, cause: "match", detail: "" };
}

/** The last fence of a response, of its last answer if it has one. */
function writtenFence(response: string): string | null {
  const answer = response.split("<answer>").at(-1)!;
  const fences = [...answer.matchAll(/```[^\n]*\n([^]*?)```/g)];
  return fences.at(-1)?.[1] ?? null;
}

function job(source: string, entry: string | null, { input }: ContestCase) {
  const program = {
    language: "python" as const,
    source: `${PRELUDE}${source}`,
    entry: entry === null
      ? "__main__"
      : /\bclass Solution\b/.test(source)
      ? `Solution().${entry}`
      : entry,
  };
  const options = { seed: 1, limits: { fuel: FUEL } };
  return entry === null
    ? { program, argument: "", stdin: input, captureStdout: true, ...options }
    : { program, argument: argumentsOf(input), ...options };
}

/** One JSON value a line, as Python's arguments. */
function argumentsOf(input: string): string {
  return input.split("\n").filter((line) => line.trim() !== "")
    .map((line) => pythonLiteral(writtenJson(line))).join(", ");
}

/** Why a case fails; null where it passes. */
function faultOf(
  entry: string | null,
  { output }: ContestCase,
  outcome: Outcome,
): { cause: string; detail: string } | null {
  const hasEnded = outcome.kind === "value" ||
    (entry === null && outcome.kind === "thrown" &&
      outcome.name === "SystemExit");
  if (!hasEnded) {
    return { cause: outcome.kind, detail: describeOutcome(outcome) };
  }
  if (outcome.stdoutCut) {
    return { cause: "tooLong", detail: "more is printed than is kept" };
  }
  const found = entry === null
    ? outcome.stdout ?? ""
    : (outcome as { literal: string }).literal;
  const holds = entry === null
    ? samePrint(output, found)
    : sameValue(pythonLiteral(writtenJson(output)), found);
  const detail = `${short(found)} instead of ${short(output)}`;
  return holds ? null : { cause: "different", detail };
}

/** A tuple counts as the list of its values. */
function sameValue(expected: string, found: string): boolean {
  const asList = /^\(.*\)$/s.test(found) && expected.startsWith("[")
    ? `[${found.slice(1, -1).replace(/,$/, "")}]`
    : found;
  return verifyDeduction(expected, asList, "python").correct;
}

function samePrint(expected: string, found: string): boolean {
  const [right, given] = [expected, found].map((text) =>
    text.trim().split("\n").map((line) => line.trim())
  );
  return right.length === given.length &&
    right.every((line, i) => sameLine(line, given[i]));
}

function sameLine(right: string, given: string): boolean {
  if (right === given) return true;
  const [a, b] = [right, given].map((line) => line.split(/\s+/).map(decimal));
  return a.length === b.length &&
    a.every((number, i) => number !== null && number === b[i]);
}

/** A decimal number in one form, exactly, however long: `1.50` and `15e-1` are one; null for anything else. */
function decimal(text: string): string | null {
  const parts = /^([-+]?)(\d*)\.?(\d*)(?:[eE]([-+]?\d{1,4}))?$/.exec(text);
  if (!parts || parts[2] + parts[3] === "") return null;
  const [, sign, whole, fraction, exponent = "0"] = parts;
  const digits = (whole + fraction).replace(/^0+/, "");
  const kept = digits.replace(/0+$/, "");
  if (kept === "") return "0";
  const power = Number(exponent) - fraction.length + digits.length -
    kept.length;
  return `${sign === "-" ? "-" : ""}${kept}e${power}`;
}

function short(text: string): string {
  const line = text.trim().replaceAll("\n", "\\n");
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
}
