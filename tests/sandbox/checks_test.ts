/** What a caller hands over wrongly is refused at once, by the name of the field. */

import assert from "node:assert/strict";

import {
  type ExecutorOptions,
  type Job,
  startExecutor,
} from "../../lib/sandbox/mod.ts";
import type { TestRun } from "../../lib/sandbox/outcome.ts";
import { parseEntry } from "../../lib/sandbox/entry.ts";
import { limitsWith } from "../../lib/sandbox/limits.ts";
import { workersFor } from "../../lib/sandbox/workers.ts";

const OPTIONS: [options: unknown, error: RegExp][] = [
  [{ workers: 0 }, /^RangeError: workers must be an integer from 1 to 256/],
  [{ workers: -1 }, /^RangeError: workers/],
  [{ workers: 1.5 }, /^RangeError: workers/],
  [{ workers: "2" }, /^TypeError: workers must be a number, not "2"/],
  [{ batchSize: 0 }, /^RangeError: batchSize/],
  [{ batchSize: NaN }, /^RangeError: batchSize/],
  [{ languages: ["ruby"] }, /^TypeError: languages\[0\] .* not "ruby"/],
  [{ languages: [] }, /^TypeError: languages must be a list/],
  [{ languages: "python" }, /^TypeError: languages/],
  [{ limits: { timeoutMs: 5 } }, /^TypeError: limits\.timeoutMs is no limit/],
  [{ limits: { fuel: 3e9 } }, /^RangeError: limits\.fuel/],
  [{ limits: { memoryBytes: 100_000 } }, /^RangeError: limits\.memoryBytes/],
  [{ limits: { sourceChars: 1e6 } }, /^RangeError: limits\.sourceChars/],
  [{ limits: { valueDepth: 1e6 } }, /^RangeError: limits\.valueDepth/],
  [{ limits: 5 }, /^TypeError: limits must be an object/],
  [{ worker: 2 }, /^TypeError: there is no option "worker"/],
  [5, /^TypeError: options must be an object/],
];

Deno.test("an option of a wrong type or range is refused by name", async () => {
  for (const [options, error] of OPTIONS) {
    await assert.rejects(
      startExecutor(options as ExecutorOptions),
      (thrown) => error.test(String(thrown)),
      JSON.stringify(options),
    );
  }
});

const program = { language: "javascript" as const, source: "x=>x" };
const JOBS: [job: unknown, error: RegExp][] = [
  [5, /^TypeError: jobs\[1\] must be an object/],
  [{ program: null, argument: "1" }, /^TypeError: jobs\[1\]\.program /],
  [{ program, argument: 5 }, /jobs\[1\]\.argument must be a string, not 5 \(/],
  [{ program }, /jobs\[1\]\.argument must be a string, not undefined/],
  [{ program: { language: "javascript" }, argument: "" }, /program\.source/],
  [
    { program: { ...program, language: "ruby" }, argument: "1" },
    /program\.language must be one of javascript, typescript, python/,
  ],
  [{ program: { ...program, entry: "f(x)" }, argument: "" }, /program\.entry/],
  [{ program: { ...program, entry: "__main__" }, argument: "1" }, /argument/],
  [{ program, argument: "1", stdin: 5 }, /stdin must be a string/],
  [{ program, argument: "1", stdin: "x".repeat(2e6) }, /limits\.stdinChars/],
  [{ program, argument: "1", seed: -1 }, /^RangeError: jobs\[1\]\.seed/],
  [{ program, argument: "1", seed: "1" }, /^TypeError: jobs\[1\]\.seed/],
  [{ program, argument: "1", captureStdout: 1 }, /captureStdout/],
  [{ program, argument: "1", twice: "yes" }, /twice must be true or false/],
  [{ program, argument: "1", limits: { fuel: 0 } }, /jobs\[1\]\.limits\.fuel/],
  [
    { program, argument: "1", limits: { wallMs: 5 } },
    /limits\.wallMs is no limit; there are fuel, memoryBytes/,
  ],
  [
    { program: { ...program, language: "python" }, argument: "1" },
    /does not run python/,
  ],
];

Deno.test("a job of a wrong type or range is refused by name, and nothing starts", async () => {
  await using executor = await startExecutor({ languages: ["javascript"] });
  const good = { program, argument: "1" };
  for (const [job, error] of JOBS) {
    const jobs = [good, job] as Job[];
    const refused = (thrown: unknown) => error.test(String(thrown));
    const about = JSON.stringify(job)?.slice(0, 200);
    await assert.rejects(executor.runMany(jobs), refused, about);
    assert.throws(() => executor.stream(jobs), refused, about);
  }
  await assert.rejects(
    executor.run({ program } as Job),
    /^TypeError: job\.argument/,
  );
  const tests: [test: unknown, error: RegExp][] = [
    [{ program, cases: [] }, /test\.cases must be a list of one/],
    [{ program, cases: ["1", 2] }, /test\.cases\[1\] must be a string/],
    [{ program, cases: ["1"], setup: 2 }, /test\.setup must be a string/],
    [{ program, cases: [" ".repeat(40_000)] }, /limits\.sourceChars/],
  ];
  for (const [test, error] of tests) {
    await assert.rejects(executor.test(test as TestRun), error);
  }
  assert.deepEqual(executor.pids, []);
});

Deno.test("the wall clock grows with the fuel, unless it is given", () => {
  assert.equal(limitsWith().wallMs, 30_000);
  assert.equal(limitsWith({ fuel: 5_000_000 }).wallMs, 30_000);
  assert.equal(limitsWith({ fuel: 2_000_000_000 }).wallMs, 300_000);
  assert.equal(limitsWith({ fuel: 2_000_000_000, wallMs: 400 }).wallMs, 400);
});

Deno.test("entries are names and paths, and nothing else", () => {
  assert.deepEqual(parseEntry("f"), { owner: null, name: "f" });
  assert.deepEqual(parseEntry("größe"), { owner: null, name: "größe" });
  assert.deepEqual(parseEntry("Solution().twoSum"), {
    owner: "Solution()",
    name: "twoSum",
  });
  assert.deepEqual(parseEntry("a.B().c"), { owner: "a.B()", name: "c" });
  for (const text of ["", "f()", "f(1).g", "1f", "a..b", "a b", "f;g", "f\n"]) {
    assert.equal(parseEntry(text), null, text);
  }
});

Deno.test("workers follow the cores, as far as the memory goes", () => {
  const GB = 1e9;
  const python = (cores: number, availableBytes: number | null) =>
    workersFor("pyodide", { cores, availableBytes });
  assert.equal(python(2, 24 * GB), 2);
  assert.equal(python(8, 24 * GB), 8);
  assert.equal(python(8, 8 * GB), 4); // a quarter of 8 GB holds 4 of 425 MB
  assert.equal(python(8, 1 * GB), 1);
  assert.equal(python(64, 512 * GB), 16);
  assert.equal(python(8, null), 2);
  assert.equal(workersFor("quickjs", { cores: 8, availableBytes: 8 * GB }), 5);
});
