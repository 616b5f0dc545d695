/**
 * HumanEval (Chen et al. 2021): functions by their docstring, held to the tests of the
 * file. The tests run in the sandbox beside the program and hold the expected values:
 * a program that looks for them can cheat (lib/sandbox). Random tests are seeded.
 */

import type { PooledExecutor } from "../../sandbox/mod.ts";
import type { Attempt, Benchmark, Verdict } from "./benchmark.ts";
import { codePrompt, writtenProgram } from "./code_prompt.ts";
import { describeOutcome } from "../../sandbox/mod.ts";

interface Item {
  id: string;
  problem: string;
  entry: string;
  test: string;
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
    test: row.text("test"),
    solution: row.text("canonical_solution"),
  }),
  prompt: ({ problem }, template) => codePrompt(problem, template, ENDS),
  reference: ({ solution }) => solution,
  grade: (executor, attempts) =>
    Promise.all(attempts.map((attempt) => grade(executor, attempt))),
};

async function grade(
  executor: PooledExecutor,
  { item, response }: Attempt<Item>,
): Promise<Verdict> {
  const { problem, entry, test } = item;
  const source = writtenProgram(problem, response, entry, ENDS);
  const { passed, cases } = await executor.test({
    program: { language: "python", source, entry },
    setup: test,
    cases: ["check(candidate)"],
    seed: 1,
  });
  if (passed) return { correct: true, cause: "match", detail: "" };
  const [{ outcome }] = cases;
  const line = outcome.failedAt?.text === "setup"
    ? test.split("\n")[outcome.failedAt.line - 1]?.trim()
    : undefined;
  const detail = (line ? `${line}: ` : "") + describeOutcome(outcome);
  return { correct: false, cause: outcome.kind, detail };
}
