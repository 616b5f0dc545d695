/** What a caller hands over wrongly is refused at once, by the name of the field. */

import assert from "node:assert/strict";

import {
  type ExecutorOptions,
  type Job,
  type Judging,
  startExecutor,
  validateProposals,
  verifyAbductions,
  verifyDeduction,
  verifyDeductions,
  verifyInductions,
} from "../../lib/sandbox/mod.ts";
import { PAPER_JUDGING } from "../../lib/sandbox/judging.ts";
import type { Proposal } from "../../lib/sandbox/validate.ts";
import type {
  AbductionAnswer,
  DeductionAnswer,
  InductionAnswer,
} from "../../lib/sandbox/verify.ts";
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
  [
    { limits: { timeoutMs: 5 } },
    /^TypeError: limits\.timeoutMs is not a limit/,
  ],
  [{ limits: { fuel: 3e9 } }, /^RangeError: limits\.fuel/],
  [{ limits: { memoryBytes: 100_000 } }, /^RangeError: limits\.memoryBytes/],
  [{ limits: { sourceChars: 1e6 } }, /^RangeError: limits\.sourceChars/],
  [{ limits: { valueDepth: 1e6 } }, /^RangeError: limits\.valueDepth/],
  [{ limits: 5 }, /^TypeError: limits must be an object/],
  [{ worker: 2 }, /^TypeError: there is no option "worker"/],
  [{ limits: [] }, /^TypeError: limits must be an object/],
  [5, /^TypeError: options must be an object/],
  [[], /^TypeError: options must be an object/],
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
    /limits\.wallMs is not a limit; the limits are fuel, memoryBytes/,
  ],
  [
    { program, argument: "1", timeoutMs: 5 },
    /jobs\[1\] has no field "timeoutMs"/,
  ],
  [
    { program: { ...program, entrypoint: "g" }, argument: "1" },
    /jobs\[1\]\.program has no field "entrypoint"; there are .* entry$/,
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
  for (const jobs of [null, "x", { length: 1 }, new Array(1)]) {
    await assert.rejects(executor.runMany(jobs as Job[]), /^TypeError: jobs/);
  }
  const tests: [test: unknown, error: RegExp][] = [
    [{ program, cases: [] }, /test\.cases must be a list of one/],
    [{ program, cases: ["1"], entry: "g" }, /test has no field "entry"/],
    [{ program, cases: ["1", 2] }, /test\.cases\[1\] must be a string/],
    [{ program, cases: ["1"], setup: 2 }, /test\.setup must be a string/],
    [{ program, cases: [" ".repeat(40_000)] }, /limits\.sourceChars/],
  ];
  for (const [test, error] of tests) {
    await assert.rejects(executor.test(test as TestRun), error);
  }
  assert.deepEqual(executor.pids, []);
});

/** Rules of judging that are none, each with the field that is named. */
const JUDGINGS: [changes: object | null, field: RegExp][] = [
  [
    { equality: "pyton" },
    /^TypeError: judging\.equality must be one of python, /,
  ],
  [{ equality: undefined }, /^TypeError: judging\.equality/],
  [
    { reading: "lenient" },
    /^TypeError: judging\.reading must be one of official, /,
  ],
  [{ floatTolerance: "0.1" }, /^RangeError: floatTolerance/],
  [{ floatTolerance: Infinity }, /^RangeError: floatTolerance/],
  [{ floatTolerance: NaN }, /^RangeError: floatTolerance/],
  [null, /^TypeError: judging must be an object/],
];

Deno.test("rules, proposals and answers that are none get no verdict", async () => {
  await using executor = await startExecutor();
  const refused = (call: () => unknown, error: RegExp) =>
    assert.rejects(
      async () => await call(),
      (thrown) => error.test(String(thrown)),
      `${error}`,
    );
  const deduced = { gold: "1", answer: "1", language: "python" };
  const abduced = { gold: "1", answer: "1", program };
  const induced = { program, hidden: [{ argument: "1", output: "1" }] };
  for (const [changes, error] of JUDGINGS) {
    const rules = (changes && { ...PAPER_JUDGING, ...changes }) as Judging;
    await refused(() => verifyDeduction("1", "1", "python", rules), error);
    await refused(() => deduce([deduced], rules), error);
    await refused(() => abduce([abduced], rules), error);
    await refused(() => induce([induced], rules), error);
  }
  function deduce(answers: unknown, rules?: Judging) {
    return verifyDeductions(executor, answers as DeductionAnswer[], rules);
  }
  function abduce(answers: unknown, rules?: Judging) {
    return verifyAbductions(executor, answers as AbductionAnswer[], rules);
  }
  function induce(answers: unknown, rules?: Judging) {
    return verifyInductions(executor, answers as InductionAnswer[], rules);
  }
  const at = /^TypeError: answers\[0\]/;
  for (const name of ["gold", "answer", "language"]) {
    await refused(() => deduce([{ ...deduced, [name]: 5 }]), at);
  }
  await refused(() => deduce([{ ...deduced, language: "ruby" }]), at);
  await refused(
    () => verifyDeduction("1", "1", "ruby" as "python"),
    /language/,
  );
  for (const name of ["gold", "answer", "program"]) {
    await refused(() => abduce([{ ...abduced, [name]: 5 }]), at);
  }
  for (const hidden of [undefined, [5], [{ argument: 1, output: "1" }]]) {
    await refused(() => induce([{ program, hidden }]), at);
  }
  const proposals = (list: unknown, reading?: unknown) =>
    validateProposals(
      executor,
      list as Proposal[],
      undefined,
      reading as "strict",
    );
  const proposal = { program, argument: "1" };
  await refused(() => proposals([proposal], "lenient"), /^TypeError: reading/);
  await refused(() => proposals({}), /^TypeError: proposals must be a list/);
  for (
    const wrong of [null, { ...proposal, argument: 1 }, { argument: "1" }]
  ) {
    await refused(() => proposals([wrong]), /^TypeError: proposals\[0\]/);
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
