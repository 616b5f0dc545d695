/**
 * HumanEval (Chen et al. 2021): functions by their docstring, held to the tests of the
 * file.
 *
 * A test's calls are run one by one, and their values compared outside of the sandbox
 * (`test_split.ts`). What can not be split runs beside the program, which can look at
 * the values expected there: 28 of 1,134 assertions, in 11 of 164 tests. Random tests
 * are seeded. The official harness runs all of a test in one process, so that a
 * program could remember earlier calls; here it can not.
 */

import {
  describeOutcome,
  type Outcome,
  PAPER_JUDGING,
  type PooledExecutor,
  runWritten,
  verifyDeductions,
} from "../../sandbox/mod.ts";
import type { Attempt, Benchmark, Verdict } from "./benchmark.ts";
import { codePrompt, writtenProgram } from "./code_prompt.ts";
import { type ExpectedCall, type SplitTest, splitTest } from "./test_split.ts";

interface Item {
  id: string;
  problem: string;
  entry: string;
  test: SplitTest;
  solution: string;
}

const ENDS = ["\ndef ", "\nclass ", "\nimport ", "\nfrom ", "\nassert "];

export const humaneval: Benchmark<Item> = {
  name: "humaneval",
  files: ["HumanEval.jsonl"],
  source: "https://github.com/openai/human-eval (data/, MIT)",
  caution: "public since July 2021: most models have seen it or text like it",
  read: (row) => ({
    id: row.text("task_id"),
    problem: row.text("prompt"),
    entry: row.text("entry_point"),
    test: splitTest(row.text("test")),
    solution: row.text("canonical_solution"),
  }),
  prompt: ({ problem }, template) => codePrompt(problem, template, ENDS),
  reference: ({ solution }) => solution,
  program: ({ problem, solution }) => problem + solution,
  grade: (executor, attempts) =>
    Promise.all(attempts.map((attempt) => grade(executor, attempt))),
};

const MATCH: Verdict = { correct: true, cause: "match", detail: "" };
const TRUTH = "_azr_truth";

async function grade(
  executor: PooledExecutor,
  { item, response }: Attempt<Item>,
): Promise<Verdict> {
  const { problem, entry, test } = item;
  const source = writtenProgram(problem, response, entry, ENDS);
  // The first call alone: a program that does not end then costs one call's fuel.
  for (const calls of [test.calls.slice(0, 1), test.calls.slice(1)]) {
    const verdict = await gradeCalls(executor, source, entry, calls);
    if (!verdict.correct) return verdict;
  }
  return test.rest === null
    ? MATCH
    : await gradeRest(executor, source, entry, test.rest);
}

/** Runs calls, and compares their values with the expected ones, which the program never meets. */
async function gradeCalls(
  executor: PooledExecutor,
  source: string,
  entry: string,
  calls: readonly ExpectedCall[],
): Promise<Verdict> {
  const jobs = calls.map(({ argument, isTruth }) => ({
    program: {
      language: "python" as const,
      source: isTruth
        ? `${source}\ndef ${TRUTH}(*a, **b): return bool(${entry}(*a, **b))\n`
        : source,
      entry: isTruth ? TRUTH : entry,
    },
    argument,
    seed: 1,
  }));
  const runs = await runWritten(executor, jobs, "official", "nothing");
  for (const [i, { outcome }] of runs.entries()) {
    const fault = await faultOf(executor, calls[i].expected, outcome);
    if (fault === null) continue;
    const detail = `${calls[i].text}: ${describeOutcome(outcome)}`;
    return { correct: false, cause: fault, detail };
  }
  return MATCH;
}

/** Tells the cause why an outcome is not the expected value; null if it is. */
async function faultOf(
  executor: PooledExecutor,
  expected: string,
  outcome: Outcome,
): Promise<string | null> {
  if (outcome.kind !== "value") return outcome.kind;
  // The expected value may be an expression, such as (3 + 5 + 7, 3 * 5 * 7).
  const [verdict] = await verifyDeductions(executor, [
    { gold: outcome.literal, answer: expected, language: "python" },
  ], PAPER_JUDGING);
  return verdict.correct ? null : verdict.cause;
}

/** Runs the code that is left of a test beside the program. */
async function gradeRest(
  executor: PooledExecutor,
  source: string,
  entry: string,
  rest: string,
): Promise<Verdict> {
  const { passed, cases } = await executor.test({
    program: { language: "python", source, entry },
    setup: rest,
    cases: ["check(candidate)"],
    seed: 1,
  });
  if (passed) return MATCH;
  const [{ outcome }] = cases;
  const line = outcome.failedAt?.text === "setup"
    ? rest.split("\n")[outcome.failedAt.line - 1]?.trim()
    : undefined;
  const detail = (line ? `${line}: ` : "") + describeOutcome(outcome);
  return { correct: false, cause: outcome.kind, detail };
}
