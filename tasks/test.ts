/**
 * `deno task test`: format, lint, types (library, tasks, tests, cells of
 * notebooks), then the tests, which include every notebook executed in a real
 * kernel. `deno task test PATH ...` runs the tests in these files and folders
 * and nothing else. `deno task test:fast` runs the checks and the tests that
 * take a minute together on two cores. Every form goes on after a failure, so
 * that one run shows all failures, and ends with the line `N passed, N failed`.
 */

import { join } from "node:path";
import { projectFolder } from "./setup/project.ts";
import { readWords, runTask } from "./usage.ts";

const USAGE = [
  "deno task test [PATHS]   or   deno task test:fast\n",
  "runs every check and test, or only the tests in these files and folders; test:fast",
  "runs the checks and the tests that take a minute together",
].join("\n");

/** The numbers of passed and failed checks or tests of a stage. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

interface Stage {
  readonly title: string;
  readonly args: readonly string[];
  readonly count: (success: boolean, output: string) => Counts;
}

/**
 * Tests of more than about three seconds on two idle cores: they start kernels,
 * set up folders, train models, attack the sandbox or recompute whole studies.
 */
const SLOW = [
  ...["notebooks", "setup", "show/notebook", "sandbox", "run", "engines"],
  "serve",
  ...["model/decoding_test.ts", "model/layers_graph_test.ts"],
  ...["model/long_run_test.ts", "model/training_test.ts"],
  ...["model/large_model_test.ts", "model/processes_test.ts"],
  ...["model/lora_test.ts", "model/transformers_test.ts"],
  ...["model/smollm2_test.ts"],
  ...["lab/transfer_test.ts", "lab/run_test.ts", "lab/committed_test.ts"],
  ...["lab/study_test.ts", "lab/study_words_test.ts", "lab/long_test.ts"],
  ...["lab/world/executor_test.ts"],
  ...["method/interrupt_test.ts", "extras/composite_test.ts"],
  ...["azr/twin_test.ts", "extras/code_dialect_test.ts"],
  ...["lab/benchmarks/benchmarks_test.ts", "lab/evaluation/functions_test.ts"],
  ...["method/update_test.ts", "method/local_engine_test.ts"],
].map((path) => join("tests", path));

/** Tests of the slow rooms that are quick all the same. */
const QUICK_OF_SLOW = [
  "sandbox/policy_test.ts",
  "sandbox/literal_test.ts",
  "sandbox/literal_python_test.ts",
  "engines/choice_test.ts",
  "engines/tinker_objective_test.ts",
].map((path) => join("tests", path));

function stages(args: readonly string[]): Stage[] {
  const { values, words } = readWords(
    args,
    { fast: { type: "boolean" } },
    Infinity,
  );
  if (values.fast) {
    return [
      ...checks(),
      testStage(["tests", `--ignore=${SLOW.join(",")}`]),
      testStage(QUICK_OF_SLOW),
    ];
  }
  return words.length > 0
    ? [testStage(words)]
    : [...checks(), testStage(["tests"])];
}

const single = (success: boolean): Counts =>
  success ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };

function checks(): Stage[] {
  const folders = ["lib", "tasks", "tests", "notebooks/figures"];
  const cellCheck = join("tasks", "check_notebooks.ts");
  return [
    { title: "format", args: ["fmt", "--check"], count: single },
    { title: "lint", args: ["lint"], count: single },
    { title: "types", args: ["check", "--quiet", ...folders], count: single },
    {
      title: "cells of notebooks",
      args: ["run", "-A", cellCheck],
      count: single,
    },
  ];
}

/** One file at a time, since TensorFlow already takes every core. */
function testStage(args: readonly string[]): Stage {
  return {
    title: "tests",
    args: ["test", "-A", "--no-check", ...args],
    count: countTests,
  };
}

/**
 * Returns the counts in the summary line of `deno test`, such as `FAILED | 11 passed (2
 * steps) | 1 failed (2s)`. A run that failed without a failed test (a module
 * that does not load, a crash) counts as one failure.
 */
export function countTests(success: boolean, output: string): Counts {
  // deno-lint-ignore no-control-regex -- colour codes begin with the escape character
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const summary = [
    ...plain.matchAll(/^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/gm),
  ].at(-1);
  const passed = Number(summary?.[1] ?? 0);
  const failed = Number(summary?.[2] ?? 0);
  return { passed, failed: success ? failed : Math.max(failed, 1) };
}

async function runStage(stage: Stage): Promise<Counts> {
  const start = performance.now();
  console.log(`\n── ${stage.title}`);
  const child = new Deno.Command(Deno.execPath(), {
    args: [...stage.args],
    cwd: projectFolder,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let output = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    await writeAll(chunk);
    output = (output + decoder.decode(chunk, { stream: true })).slice(-4000);
  }
  const counts = stage.count((await child.status).success, output);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `── ${stage.title}: ${counts.passed} passed, ${counts.failed} failed (${seconds} s)`,
  );
  return counts;
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    done += await Deno.stdout.write(bytes.subarray(done));
  }
}

async function main(args: readonly string[]): Promise<number> {
  let passed = 0;
  let failed = 0;
  const failedStages: string[] = [];
  for (const stage of stages(args)) {
    const counts = await runStage(stage);
    passed += counts.passed;
    failed += counts.failed;
    if (counts.failed > 0) failedStages.push(stage.title);
  }
  console.log(
    failedStages.length > 0 ? `\nfailed: ${failedStages.join(", ")}` : "",
  );
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

if (import.meta.main) await runTask(USAGE, main);
