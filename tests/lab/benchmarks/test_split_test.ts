/** What a test expects is taken out of it, where that can be; the rest stays code. */

import assert from "node:assert/strict";
import { benchmarkNamed } from "../../../lib/lab/benchmarks/benchmarks.ts";
import { Fields } from "../../../lib/lab/benchmarks/fields.ts";
import { splitTest } from "../../../lib/lab/benchmarks/test_split.ts";
import { startExecutor } from "../../../lib/sandbox/mod.ts";

const CODE = `
METADATA = {'dataset': 'test'}

def check(candidate):
    assert candidate([1, 2], key='a' * 2) == (3 + 5, [1]), "said, when wrong"
    assert (candidate("abc") == 'c')
    assert candidate(1)  # a comment
    assert not candidate(0)
    assert True, "nothing"
    assert candidate("""
        two lines""") == 2
    assert candidate(seen) == 1
    assert candidate(2) == seen
    assert candidate(2)(3) == 4
    assert candidate(1) == candidate(2)
    assert abs(candidate(1.5) - 0.5) < 1e-6
    assert candidate(1) is True
    assert candidate(1) == 2 == 3
    for i in range(3):
        assert candidate(i) == 1
`;

Deno.test("an assertion about a call without names is split, any other stays", () => {
  const { calls, rest } = splitTest(CODE);
  assert.deepEqual(
    calls.map(({ argument, expected, isTruth }) => [
      argument,
      expected,
      isTruth,
    ]),
    [
      ["[1, 2], key='a' * 2", "(3 + 5, [1])", false],
      ['"abc"', "'c'", false],
      ["1", "True", true],
      ["0", "False", true],
      ['"""\n        two lines"""', "2", false],
    ],
  );
  const left = CODE.split("\n");
  for (const at of [4, 5, 6, 7, 9]) {
    left[at] = at === 6 ? "    pass  # a comment" : "    pass";
  }
  left[10] = "";
  assert.deepEqual(rest?.split("\n"), left);
});

Deno.test("nothing is left of a test of calls, and a text that is no Python stays whole", () => {
  const calls =
    "def check(candidate):\n    assert candidate(1) == 2\n    pass\n";
  assert.equal(splitTest(calls).rest, null);
  assert.equal(splitTest(calls).calls.length, 1);
  const broken = "def check(candidate:\n    assert candidate(1) == 2\n";
  assert.deepEqual(splitTest(broken), { calls: [], rest: broken });
});

/** Looks for the text of a test among the constants of what surrounds it. */
const SEARCHING = `def f(x):
    import sys
    frame, found = sys._getframe(), []
    while frame:
        for value in [frame, *frame.f_globals.values()]:
            code = getattr(value, 'f_code', getattr(value, '__code__', None))
            found.append(repr(getattr(code, 'co_consts', None)))
        frame = frame.f_back
    return ''.join(['sec', 'ret']) in ''.join(found)
`;

Deno.test("a program that looks for what a test expects finds what is not split alone", async () => {
  const benchmark = benchmarkNamed("humaneval");
  const read = (test: string) => {
    const row = { task_id: "Own/2", prompt: "", entry_point: "f", test };
    const all = { ...row, canonical_solution: "" };
    return benchmark.read(new Fields(JSON.stringify(all)));
  };
  await using executor = await startExecutor({ languages: ["python"] });
  const [split, whole] = await benchmark.grade(
    executor,
    [
      "def check(candidate):\n    assert candidate(1) == False, 'secret'",
      "def check(candidate):\n    for x in ['secret']:\n        assert candidate(x)",
    ].map((test) => ({ item: read(test), response: SEARCHING })),
  );
  assert.deepEqual([split.cause, whole.cause], ["match", "match"]);
});
