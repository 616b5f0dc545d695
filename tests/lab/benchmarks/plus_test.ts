/** HumanEval+ and MBPP+ as the Hub has them: rows of our own in that form. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { benchmarkNamed } from "../../../lib/lab/benchmarks/benchmarks.ts";
import type { PlusItem } from "../../../lib/lab/benchmarks/evalplus.ts";
import { readItems } from "../../../lib/lab/benchmarks/file.ts";
import { plusTest } from "../../../lib/lab/benchmarks/plus_test.ts";
import { startExecutor } from "../../../lib/sandbox/mod.ts";

const OWN = new URL("./own", import.meta.url).pathname;
const HUB = join(OWN, "hub");

const read = (name: string, folder: string): Promise<PlusItem[]> =>
  readItems(benchmarkNamed(name), folder);

Deno.test("the Hub's references pass, and a wrong answer fails by its case", async () => {
  await using executor = await startExecutor({ languages: ["python"] });
  const verdicts = async (
    name: string,
    answer: (item: PlusItem) => string,
  ) => {
    const items = await read(name, HUB);
    const attempts = items.map((item) => ({ item, response: answer(item) }));
    const graded = await benchmarkNamed(name).grade(executor, attempts);
    return graded.map(({ cause, detail }) => detail || cause);
  };
  const reference = ({ solution }: PlusItem) => solution;
  assert.deepEqual(await verdicts("humanevalplus", reference), [
    ...["match", "match", "match"],
  ]);
  assert.deepEqual(await verdicts("mbppplus", reference), ["match", "match"]);
  const wrong = [
    "    return 1\n",
    "    return 1.0\n",
    "    return text + ''\n",
  ];
  assert.deepEqual(
    await verdicts("humanevalplus", () => wrong.shift()!),
    [
      "case 2 of 3, widest([-3]): 1 instead of 0",
      "case 1 of 2, find_zero([-4, 0, 1]): 1.0 is no root: poly gives -3.0",
      `case 1 of 2, twice("it's", "'s"): "it's" instead of "it'sit's"`,
    ],
  );
  const short = [
    "def similar_elements(a, b): return set(a) & set(b)\n",
    "def largest(numbers): return max(numbers)\n",
  ];
  const [inAnyOrder, empty] = await verdicts("mbppplus", () => short.shift()!);
  assert.equal(inAnyOrder, "match");
  assert.match(empty, /^case 3 of 4, largest\(\[\]\): .*ValueError/);
});

Deno.test("a problem is put alike in both forms", async () => {
  for (const name of ["humanevalplus", "mbppplus"]) {
    const [hub, release] = [await read(name, HUB), await read(name, OWN)];
    const both = hub.flatMap((item) => {
      const same = release.find(({ id }) => id === item.id);
      return same ? [[item, same]] : [];
    });
    assert.equal(both.length, 2);
    for (const [one, other] of both) {
      assert.equal(one.problem, other.problem);
      assert.equal(one.entry, other.entry);
      assert.equal(one.solution, other.solution);
      assert.equal(one.inputs.length, other.inputs.length);
    }
  }
});

Deno.test("inputs are taken as they are written, brackets in texts and all", () => {
  const loop = "for i, inp in enumerate(inputs):\n    assertion(f(*inp), 1, 0)";
  const { inputs, entry, tolerance } = plusTest(
    `x = [[1]]\ninputs = [["a]'[,"], ['\\'],', {1: (2,)}], (3, inf), [], ([4],)]\n${loop}\n`,
  );
  assert.deepEqual(inputs, [
    `"a]'[,"`,
    `'\\'],', {1: (2,)}`,
    "3, inf",
    "",
    "[4]",
  ]);
  assert.deepEqual([entry, tolerance], ["f", 0]);
  const many = Array.from({ length: 50_000 }, (_, i) => `[[${i}], 'x']`);
  assert.equal(
    plusTest(`inputs = [${many.join(", ")}]\n${loop}`).inputs.length,
    50_000,
  );
});

Deno.test("a test that is not EvalPlus' is refused by field", () => {
  for (
    const source of [
      "assert f(1) == 2",
      "inputs = [[1]]\nassert f(1) == 2",
      "inputs = []\nfor i, inp in enumerate(inputs):\n    assertion(f(*inp), 1, 0)",
      "inputs = [[1]]\nfor i, inp in enumerate(inputs):\n    assertion(f(inp), 1, 0)",
    ]
  ) {
    assert.throws(
      () => plusTest(source),
      /^TypeError: the field "test" is not of EvalPlus/,
    );
  }
});
