/**
 * `deno task test`: format, lint, types (library, tasks, tests, cells of
 * notebooks), then the tests, which include every notebook executed in a real
 * kernel. `deno task test PATH ...` runs the tests in these files and folders
 * and nothing else. `deno task test:fast` runs the checks and the tests that
 * take a minute together on two cores. Every form goes on after a failure, so
 * that one run shows all failures, and ends with the line `N passed, N failed`.
 */

import { existsSync } from "node:fs";
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
 * Tests of more than about one second on two idle cores, by their folder: they start
 * kernels, set up folders, train models, attack the sandbox or recompute whole studies.
 */
const SLOW: Readonly<Record<string, readonly string[]>> = {
  "": ["notebooks", "setup", "show", "sandbox", "run", "engines", "serve"],
  azr: ["twin"],
  method: ["ahead", "grade", "interrupt", "local_engine", "modes/chat_reading"]
    .concat(["modes/modes", "prompts", "self_play", "update", "variants"]),
  extras: ["code_dialect", "complexity/measures", "composite", "removal"],
  lab: ["benchmarks", "committed", "evaluation/functions", "long", "open"]
    .concat(["evaluation/over_seeds", "pretrain", "run", "study"])
    .concat(["study_words", "transfer", "world/documents", "world/executor"]),
  model: ["bfloat16", "decoding", "large_model", "large_parameter"]
    .concat(["layers_graph", "long_run", "lora", "model_task", "moments"])
    .concat(["native_notices", "optimiser", "parity", "peft", "processes"])
    .concat(["readme", "sampling", "sampling_edges", "smollm2", "training"])
    .concat(["transformers"]),
};

/** Tests in slow folders that are quick all the same. */
const QUICK_OF_SLOW = [
  ...["policy", "literal", "literal_python"].map((name) => `sandbox/${name}`),
  ...["choice", "tinker_objective"].map((name) => `engines/${name}`),
].map((path) => join("tests", `${path}_test.ts`));

/** Returns the paths of `SLOW`: a name is that of a folder or of a test. */
function slowPaths(): string[] {
  const paths = Object.entries(SLOW).flatMap(([room, names]) =>
    names.map((name) => join("tests", room, name))
  );
  return paths.map((path) => {
    const found = [path, `${path}_test.ts`].find((path) => existsSync(path));
    if (found === undefined) {
      throw new Error(
        `SLOW in tasks/test.ts names ${path}, which is not there`,
      );
    }
    return found;
  });
}

function stages(args: readonly string[]): Stage[] {
  const { values, words } = readWords(
    args,
    { fast: { type: "boolean" } },
    Infinity,
  );
  if (values.fast) {
    return [
      ...checks(),
      testStage(["--parallel", "tests", `--ignore=${slowPaths().join(",")}`]),
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

/**
 * Returns the stage of these tests. Without `--parallel` one file runs at a time, since
 * TensorFlow already takes every core; quick tests mostly load modules, on one core.
 */
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
