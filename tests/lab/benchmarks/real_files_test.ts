/**
 * The reference answers on the published files, in the folder that AZR_BENCHMARKS
 * names: all right, but for those listed with their cause.
 */

import assert from "node:assert/strict";
import { compareAnswers } from "../../../lib/lab/benchmarks/answer_process.ts";
import { benchmarkNamed } from "../../../lib/lab/benchmarks/benchmarks.ts";
import { readItems } from "../../../lib/lab/benchmarks/file.ts";
import type { SplitTest } from "../../../lib/lab/benchmarks/test_split.ts";
import { startExecutor } from "../../../lib/sandbox/mod.ts";

const FOLDER = Deno.env.get("AZR_BENCHMARKS");

/** Items of each file, and the references that do not pass. */
const EXPECTED: Record<string, [items: number, failing: string[]]> = {
  "cruxeval-o": [500, []],
  // An input that names what the program defines, and inputs that hold functions.
  "cruxeval-i": [500, ["sample_258", "sample_344", "sample_364"]],
  humaneval: [164, []],
  gsm8k: [1319, []],
  math500: [500, []],
  amc23: [40, []],
  aime24: [30, []],
  aime25: [30, []],
  minerva: [272, []],
  olympiadbench: [675, []],
};

for (const [name, [count, failing]] of Object.entries(EXPECTED)) {
  Deno.test({
    name: `the references of ${name} pass`,
    ignore: FOLDER === undefined,
    async fn() {
      await using executor = await startExecutor({ languages: ["python"] });
      const benchmark = benchmarkNamed(name);
      const items = await readItems(benchmark, FOLDER!);
      const verdicts = await benchmark.grade(
        executor,
        items.map((item) => ({ item, response: benchmark.reference(item)! })),
      );
      assert.equal(items.length, count);
      assert.deepEqual(
        items.filter((_, i) => !verdicts[i].correct).map(({ id }) => id),
        failing,
      );
    },
  });
}

Deno.test({
  name:
    "what HumanEval's tests expect is compared outside, but for 28 assertions",
  ignore: FOLDER === undefined,
  async fn() {
    const items = await readItems(benchmarkNamed("humaneval"), FOLDER!);
    const tests = items.map(({ test }) => test as SplitTest);
    const left = tests.flatMap(({ rest }) => rest ?? []);
    const asserts = left.join("\n").match(/\bassert (?!True)/g);
    const calls = tests.flatMap(({ calls }) => calls);
    assert.deepEqual([calls.length, asserts?.length, left.length], [
      1106,
      28,
      11,
    ]);
  },
});

Deno.test({
  name:
    "the answer of one problem of math500 is not the next one's, but for one pair",
  ignore: FOLDER === undefined,
  async fn() {
    const items = await readItems(benchmarkNamed("math500"), FOLDER!);
    const pairs = items.map(({ answer: right }, i) => ({
      right,
      answer: items[(i + 1) % items.length].answer,
    }));
    const verdicts = await compareAnswers(pairs);
    const same = pairs.filter((_, i) => verdicts[i] === "match");
    assert.deepEqual(
      same.filter(({ right, answer }) => right !== answer),
      [{ right: "5", answer: "x=5" }],
    );
  },
});
