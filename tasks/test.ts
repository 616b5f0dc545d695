/**
 * `deno task test [files]`: format, lint, types (library, tasks, tests, cells
 * of notebooks), then the tests, which include every notebook executed in a
 * real kernel. Goes on after a failure, so that one run shows all of them, and
 * ends with the line `N passed, N failed`. Files named on the command line
 * narrow the tests.
 */

import { join } from "node:path";
import { projectFolder } from "./setup/project.ts";

/** How many checks or tests of a stage went well and badly. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

interface Stage {
  readonly title: string;
  readonly args: readonly string[];
  readonly count: (success: boolean, output: string) => Counts;
}

function stages(testFiles: readonly string[]): Stage[] {
  const single = (success: boolean): Counts =>
    success ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  const cellCheck = join("tasks", "check_notebooks.ts");
  return [
    { title: "format", args: ["fmt", "--check"], count: single },
    { title: "lint", args: ["lint"], count: single },
    {
      title: "types",
      args: ["check", "--quiet", "lib", "tasks", "tests", "notebooks/figures"],
      count: single,
    },
    {
      title: "cells of notebooks",
      args: ["run", "-A", cellCheck],
      count: single,
    },
    // Types were checked above. One file at a time: TensorFlow already takes every core.
    {
      title: "tests",
      args: ["test", "-A", "--no-check", ...testFiles],
      count: countTests,
    },
  ];
}

/**
 * The counts in the summary line of `deno test`, such as `FAILED | 11 passed (2
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
  for (const stage of stages(args.length > 0 ? args : ["tests"])) {
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

if (import.meta.main) Deno.exit(await main(Deno.args));
