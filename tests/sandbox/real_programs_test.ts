/** The benchmark over real programs reads each schema, and names what does not agree. */

import assert from "node:assert/strict";
import { join } from "node:path";

import { type Outcome, startExecutor } from "../../lib/sandbox/mod.ts";
import {
  agreements,
  REAL_LIMITS,
  sandboxOutcomes,
} from "../../tasks/bench/real_agree.ts";
import {
  pythonInterpreter,
  PythonWorker,
  readCases,
  type Reference,
  runOnTwo,
} from "../../tasks/bench/real_cases.ts";

/** Rows of our own making, one of each data set's schema and one that is none of them. */
const FILES: Record<string, object[]> = {
  "cruxeval.jsonl": [
    {
      id: "a",
      code: "def f(x):\n  return x * 2",
      input: "'a' * 3",
      output: "'aaaaaa'",
    },
    { id: "b", code: "def f(x):\n  return x", input: "1", output: "2" },
  ],
  "humaneval.jsonl": [{
    task_id: "H/0",
    prompt: "import random\ndef roll(n):\n",
    canonical_solution: "  return random.randint(n, n)\n",
    test: "def check(candidate):\n  assert candidate(3) == 3",
    entry_point: "roll",
  }],
  "mbpp.jsonl": [{
    task_id: "M/0",
    prompt: "",
    canonical_solution: "def Diff(a, b):\n  return a + [b]",
    entry_point: "Diff",
    base_input: [[[1.0, 2], Infinity], [[], 1e400]],
    plus_input: {},
  }],
  "seeds/seeds.jsonl": [
    {
      snippet: "def f(x):\n  return math.pi",
      imports: ["import math"],
      input: "x = 1",
    },
    { snippet: "def f(x):\n  return list({'a', 'b', 'c', x})", input: "'d'" },
    { snippet: "def f(x):\n  return 1 / x", input: "0" },
    { snippet: "def f(x):\n  return ...", inputs: ["1", "2"] },
  ],
  "maths.jsonl": [{ problem: "1 + 1", answer: "2" }],
};

Deno.test("real programs are read, run on both sides and compared", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(join(folder, "seeds"));
  for (const [name, rows] of Object.entries(FILES)) {
    const lines = rows.map((row) =>
      JSON.stringify(row, (_, value) => value === Infinity ? "INF" : value)
        .replaceAll('"INF"', "Infinity")
    );
    await Deno.writeTextFile(join(folder, name), lines.join("\n"));
  }
  const python = await pythonInterpreter("python3");
  const cases = await readCases(python, folder);
  const references = await Promise.all([1, 2].map(async (seed) => {
    const worker = () => new PythonWorker(python, "exec", seed);
    const pair: [PythonWorker, PythonWorker] = [worker(), worker()];
    const { results } = await runOnTwo(pair, cases);
    await Promise.all(pair.map((one) => one.close()));
    return results;
  }));
  await using executor = await startExecutor({ limits: REAL_LIMITS });
  const outcomes = await sandboxOutcomes(executor, cases);
  const agree = agreements(cases, outcomes, references, "3.14.0");
  await Deno.remove(folder, { recursive: true });
  const counts = Object.entries(agree).map((
    [file, count],
  ) => [file, count.agree, count.of, count.raised, count.unrepeated]);
  assert.deepEqual(counts, [
    ["cruxeval.jsonl", 1, 2, 0, 0],
    ["humaneval.jsonl", 1, 1, 0, 0],
    ["mbpp.jsonl", 2, 2, 0, 0],
    ["seeds/seeds.jsonl", 2, 4, 1, 1],
  ]);
  const { rows } = agree["seeds/seeds.jsonl"];
  assert.deepEqual(rows.map(({ id }) => id), ["3#0", "3#1"]);
  assert.match(rows[0].cause, /^refused: /);
  assert.deepEqual(agree["cruxeval.jsonl"].rows, [
    { id: "b", cause: "another number" },
  ]);
});

Deno.test("each kind of disagreement has its cause", () => {
  const value = (literal: string): Outcome => ({
    kind: "value",
    literal,
    canonical: literal,
    fuel: 1,
  });
  const cause = (outcome: Outcome, reference: Reference, source = "") => {
    const item = { file: "x", id: "1", source, entry: "f", argument: "" };
    const two = [[reference], [reference]];
    return agreements([item], [outcome], two, "3.11.7").x.rows[0]?.cause;
  };
  assert.equal(cause(value("[1,2]"), { value: "[1, 2]" }), undefined);
  assert.match(
    cause(value("[2,1]"), { value: "[1, 2]" }),
    /the order of a set/,
  );
  assert.match(
    cause(value("0.3"), { value: "0.30000000000000004" }),
    /^floats differ by 6e-17/,
  );
  assert.match(
    cause(value("0.3"), { value: "0.30000000000000004" }, "sum(x)"),
    /compensated since CPython 3\.12, and this is 3\.11\.7/,
  );
  assert.match(cause(value("5"), { value: "6" }, "sys.getsizeof(x)"), /32-bit/);
  assert.match(cause(value("'a'"), { value: "'b'" }), /another value/);
  const thrown: Outcome = {
    kind: "thrown",
    name: "KeyError",
    message: "secret text",
    fuel: 1,
  };
  assert.equal(cause(thrown, { error: "KeyError" }), undefined);
  assert.equal(cause(thrown, { value: "1" }), "thrown: KeyError");
  assert.equal(
    cause(thrown, { error: "TypeError" }),
    "CPython raises TypeError; here KeyError",
  );
});
