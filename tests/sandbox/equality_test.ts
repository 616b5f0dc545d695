/** Which values are equal: a table, CPython's own `==`, and tolerances. */

import assert from "node:assert/strict";

import { randomStream } from "../../lib/random.ts";
import {
  type Judging,
  type Language,
  startExecutor,
  verifyDeduction,
  verifyInduction,
} from "../../lib/sandbox/mod.ts";
import { PAPER_JUDGING } from "../../lib/sandbox/judging.ts";
import { RIGHT, RIGHT_FOR_PYTHON, RIGHT_HERE, WRONG } from "./verdict_rows.ts";

const TYPED: Judging = { ...PAPER_JUDGING, equality: "typed" };

function isRight(
  gold: string,
  answer: string,
  judging: Judging,
  language: Language = "python",
): boolean {
  const { correct, cause, detail } = verifyDeduction(
    gold,
    answer,
    language,
    judging,
  );
  assert.notEqual(cause, "unparsable", `${answer}: ${detail}`);
  return correct;
}

Deno.test("verdicts on 190 answers, by Python's equality and by type", () => {
  const table = [
    ...RIGHT.map((row) => [...row, true, true] as const),
    ...RIGHT_FOR_PYTHON.map((row) => [...row, true, false] as const),
    ...WRONG.map((row) => [...row, false, false] as const),
    ...RIGHT_HERE.map((row) => [...row, true, true] as const),
  ];
  assert.ok(table.length >= 190, `${table.length}`);
  const found = table.map(([gold, answer]) => [
    gold,
    answer,
    isRight(gold, answer, PAPER_JUDGING),
    isRight(gold, answer, TYPED),
  ]);
  assert.deepEqual(found, table);
});

/** CPython's own verdicts on pairs of texts, with the names that their literals use. */
const REFERENCE = `from collections import *
import collections
inf, nan = float('inf'), float('nan')
def dict_keys(keys): return {key: 0 for key in keys}.keys()
def dict_items(items): return dict(items).items()
def dict_values(values): return dict(enumerate(values)).values()
def verdict(pair):
    try: a, b = [eval(text.replace("<class 'int'>", 'int').strip(), globals())
                 for text in pair]
    except TypeError: return 'unhashable'
    try: return 'equal' if a == b and b == a else 'different'
    except TypeError: return 'different'  # items of a dict that no set can hold
def f(pairs): return [verdict(pair) for pair in pairs]`;

/** What CPython says of each pair: equal, different, or no value at all. */
async function referenceVerdicts(
  pairs: readonly (readonly [string, string])[],
): Promise<string[]> {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const outcome = await executor.run({
    program: { language: "python", source: REFERENCE },
    argument: JSON.stringify(pairs),
  });
  assert.equal(outcome.kind, "value", JSON.stringify(outcome));
  return JSON.parse(outcome.literal.replaceAll("'", '"'));
}

Deno.test("CPython's own == gives the table's verdicts", async () => {
  const right = [...RIGHT, ...RIGHT_FOR_PYTHON];
  // Two texts that `eval` reads only inside brackets.
  const rows = [...right, ...WRONG].filter(([, answer]) =>
    !/^\s*#|'\n'/.test(answer)
  );
  const verdicts = await referenceVerdicts(rows);
  rows.forEach((row, i) =>
    assert.equal(
      verdicts[i],
      right.includes(row) ? "equal" : "different",
      `${row}`,
    )
  );
});

/** Atoms that meet each other as equal, unequal and unhashable in every container. */
const ATOMS = [
  ...["0", "1", "True", "False", "1.0", "0.0", "-0.0", "2", "(1+0j)", "None"],
  ...["''", "'a'", "b'a'", "[]", "{}", "()", "set()", "range(0,1)"],
];

Deno.test("random nested values are equal exactly where CPython says so", async () => {
  const stream = randomStream(1, "equality");
  const value = (depth: number): string => {
    if (depth === 0 || stream.next() < 0.3) return stream.choice(ATOMS);
    const items = Array.from(
      { length: stream.integer(0, 3) },
      () => value(depth - 1),
    );
    const hashable = items.map((item) => /[[{]|set\(/.test(item) ? "1" : item);
    switch (stream.integer(0, 8)) {
      case 0:
        return `[${items}]`;
      case 1:
        return `(${items.map((item) => `${item},`).join("")})`;
      case 2:
        return `set([${hashable}])`;
      case 3:
        return `frozenset([${hashable}])`;
      case 4:
        return `deque([${items}])`;
      case 5:
        return `OrderedDict([${
          hashable.map((key, i) => `(${key},${items[i]})`)
        }])`;
      case 6:
        return `Counter({${
          hashable.map((key) => `${key}:${stream.integer(0, 3)}`)
        }})`;
      default:
        return `{${hashable.map((key, i) => `${key}:${items[i]}`)}}`;
    }
  };
  const pairs = Array.from({ length: 1000 }, (): [string, string] => {
    const gold = value(2);
    // Most unlike values differ at once: half the time only one atom is changed.
    const atom = stream.choice(ATOMS.slice(0, 10));
    const answer = stream.next() < 0.5
      ? value(2)
      : gold.replace(/(?<![\d.+(-])(?:[012]|True|False|1\.0)(?![\d.+])/, atom);
    return [gold, answer];
  });
  const verdicts = await referenceVerdicts(pairs);
  let equal = 0;
  pairs.forEach(([gold, answer], i) => {
    if (verdicts[i] === "unhashable") return;
    const right = isRight(gold, answer, PAPER_JUDGING);
    const row = `${gold} == ${answer}`;
    assert.equal(right ? "equal" : "different", verdicts[i], row);
    equal += Number(right && gold !== answer);
  });
  assert.ok(equal > 60, `${equal} equal pairs`);
});

Deno.test("JavaScript compares as === does, part by part", () => {
  const table: [
    gold: string,
    answer: string,
    equal: boolean,
    typed: boolean,
  ][] = [
    ["0", "-0", true, false],
    ['[0,{"a":-0}]', "[-0,{a:0}]", true, false],
    ["new Set([[0]])", "new Set([[-0]])", true, false],
    ["new Map([[[0],-0]])", "new Map([[[-0],0]])", true, false],
    ["NaN", "NaN", true, true],
    ["[NaN]", "[NaN]", true, true],
    ["1", "1.0", true, true],
    ['{"a":1,"b":2}', "{b:2,a:1}", true, true],
    ["new Set([1,2])", "new Set([2,1])", true, true],
    ["[,1]", "[undefined,1]", true, true],
    ["1", "1n", false, false],
    ["1", '"1"', false, false],
    ["1", "true", false, false],
    ["null", "undefined", false, false],
    ['{"a":undefined}', "{}", false, false],
    ["[1,2]", "[2,1]", false, false],
    ["new Set([1])", "[1]", false, false],
    ["new Map([])", "{}", false, false],
    ["new Map([])", "new Set([])", false, false],
    ["new Set([[1],[1]])", "new Set([[1],[2]])", false, false],
    ["new Map([[1,2]])", "new Map([[1,3]])", false, false],
    ['{"__proto__":null}', "{}", false, false],
    ["0.30000000000000004", "0.3", false, false],
  ];
  for (const language of ["javascript", "typescript"] as const) {
    for (const [gold, answer, equal, typed] of table) {
      assert.deepEqual(
        [
          isRight(gold, answer, PAPER_JUDGING, language),
          isRight(gold, answer, TYPED, language),
        ],
        [equal, typed],
        `${gold} ${answer}`,
      );
    }
  }
});

Deno.test("a tolerance holds for floats, where they are values", () => {
  const within = (floatTolerance: number): Judging => ({
    ...PAPER_JUDGING,
    floatTolerance,
  });
  const sum = "0.30000000000000004";
  const table: [
    gold: string,
    answer: string,
    tolerance: number,
    right: boolean,
  ][] = [
    [sum, "0.3", 0, false],
    [sum, "0.3", 1e-12, true],
    [`[{'a':(${sum},)}]`, "[{'a': (0.3,)}]", 1e-12, true],
    [`deque([${sum}])`, "deque([0.3])", 1e-12, true],
    [`Counter({'a':${sum}})`, "{'a': 0.3}", 1e-12, true],
    // 1e-9 of 3e8 is 0.3; near zero the tolerance itself counts.
    ["300000000.0", "300000000.25", 1e-9, true],
    ["300000000.0", "300000000.5", 1e-9, false],
    ["0.0", "1e-10", 1e-9, true],
    ["1", "1.0000000001", 1e-9, true],
    ["1000000000000", "1000000000001", 1e-9, false],
    ["(1+1j)", "1+1.0000000001j", 1e-9, true],
    ["inf", "1e308", 1e-9, false],
    ["inf", "-inf", 1e-9, false],
    ["nan", "0.0", 1e-9, false],
    [`{${sum}}`, "{0.3}", 1e-9, false],
    [`{${sum}:1}`, "{0.3: 1}", 1e-9, false],
    ["'0.3'", "0.3", 1e-9, false],
  ];
  for (const [gold, answer, tolerance, right] of table) {
    const row = `${gold} ${answer} ${tolerance}`;
    assert.equal(isRight(gold, answer, within(tolerance)), right, row);
  }
  const script = (gold: string, answer: string) =>
    isRight(gold, answer, within(1e-9), "javascript");
  assert.equal(script(`[${sum},{"a":1}]`, "[0.3,{a:1.0000000001}]"), true);
  assert.equal(script("1n", "2n"), false);
  assert.equal(script("Infinity", "1e308"), false);
  for (
    const judging of [
      { ...TYPED, floatTolerance: 1e-9 },
      within(-1),
      within(NaN),
    ]
  ) {
    assert.throws(
      () => verifyDeduction("1", "2", "python", judging),
      /floatTolerance/,
    );
  }
});

Deno.test("what a program returns is compared in the same way, by no method of its own", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const verdict = async (body: string, gold: string, judging: Judging) => {
    const source = "from collections import *\n" +
      "P = namedtuple('P', 'x y')\n" +
      "class E(int):\n    def __eq__(self, other): return True\n" +
      `def f(x):\n    return ${body}`;
    const { cause } = await verifyInduction(
      executor,
      { language: "python", source },
      [{ argument: "2", output: gold }],
      judging,
    );
    return cause;
  };
  const table: [body: string, gold: string, python: string, typed: string][] = [
    ["x / 1", "2", "match", "different"],
    ["x > 1", "1", "match", "different"],
    ["Counter('aab')", "{'a': 2, 'b': 1}", "match", "different"],
    ["defaultdict(int, {1: x})", "{1: 2}", "match", "different"],
    ["OrderedDict(a=x)", "{'a': 2}", "match", "different"],
    ["{1: x}.keys()", "{1}", "match", "different"],
    ["{1: x}.items()", "{(1, 2)}", "match", "different"],
    ["P(x, 3)", "(2, 3)", "match", "match"],
    ["deque([x])", "deque([2])", "match", "match"],
    ["deque([x])", "[2]", "different", "different"],
    ["range(x)", "range(0, 2)", "match", "match"],
    ["E(5)", "5", "refused", "refused"],
    ["(i for i in [x])", "[2]", "refused", "refused"],
  ];
  for (const [body, gold, python, typed] of table) {
    assert.equal(await verdict(body, gold, PAPER_JUDGING), python, body);
    assert.equal(await verdict(body, gold, TYPED), typed, body);
  }
});
