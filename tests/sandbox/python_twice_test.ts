/** Proposals run from two images: what differs between runs of CPython is refused. */

import assert from "node:assert/strict";

import { emptyPolicy } from "../../lib/sandbox/policy.ts";
import { startExecutor, validateProposals } from "../../lib/sandbox/mod.ts";

const python = (source: string, argument = "1") => ({
  program: { language: "python" as const, source },
  argument,
});
const returning = (expression: string) =>
  python(
    "import copy, collections, decimal, fractions\nclass A: pass\n" +
      `def f(x):\n    return ${expression}`,
  );

/** Values that no one can know: they differ from run to run, or from machine to machine. */
const DIFFERING = [
  "list({'a', 'b'})",
  "''.join(set('abc'))",
  "next(iter({'yes', 'no'}))",
  "{'x', 'yy', 'zzz'}.pop()",
  "str({'p', 'q'})",
  "list({b'p', b'q'})",
  "list({('a', 1), ('b', 2)})",
  "list({'a': 1}.keys() ^ {'b': 1}.keys())",
  "max({'ab', 'cd'}, key=len)",
  "dict(enumerate({'a', 'b'}))",
  "[k for k in {s: 1 for s in {'a', 'b'}}]",
  "hash('abc')",
  "'abc'.__hash__() % 1000",
  "hash(b'abc')",
  "hash(('a', 1))",
  "hash(object())",
  "hash(int)",
  "hash(len)",
  "copy.id(f)",
  "copy.id(7)",
  "copy.id(None) // 4096",
  "int(repr(A()).split('0x')[1][:-1], 16)",
  "repr(A()).replace(' at 0x', ' AT ')",
  "int(repr(int.__new__).split('0x')[1][:-1], 16)",
  "[c.__name__ for c in {int, str, float}]",
];

/** The same in any order and at any address. */
const SETTLED: [string, string][] = [
  ["sorted({'b', 'a', 'c'})", "['a','b','c']"],
  ["len(set('hello'))", "4"],
  ["set('ab') == {'b', 'a'}", "True"],
  ["{'only'}.pop()", "'only'"],
  ["sum(map(len, {'a', 'bb'}))", "3"],
  ["collections.Counter('abca').most_common(1)", "[('a',2)]"],
  // The hash of nothing is 0 in each run.
  ["list({'', 'a'}), hash(''), hash(b'')", "(['','a'],0,0)"],
  ["list({3, 1, 2, -1})", "[1,2,3,-1]"],
  ["list({0.5, 1.5, 2.5, 0.25, 7.125})", "[0.5,1.5,2.5,0.25,7.125]"],
  ["hash((1, 2.5, None))", "-199678045025271641"],
  ["A() == A(), A is A", "(False,True)"],
  [
    "{0.5, fractions.Fraction(1, 2), decimal.Decimal('0.5')}, decimal.Decimal('Infinity') in {float('inf')}",
    "({0.5},True)",
  ],
  ["len({A(), A()})", "2"],
  ["copy.deepcopy([[1], [2]])", "[[1],[2]]"],
];

Deno.test("a value that differs from run to run is nondeterministic, others are not", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const proposals = [...DIFFERING, ...SETTLED.map(([text]) => text)];
  const verdicts = await validateProposals(
    executor,
    proposals.map(returning),
    emptyPolicy,
  );
  DIFFERING.forEach((text, i) => {
    const verdict = verdicts[i];
    const cause = verdict.valid ? verdict.output : verdict.cause;
    assert.ok(
      cause === "nondeterministic" || cause === "refused",
      `${text}: ${cause}`,
    );
  });
  SETTLED.forEach(([text, expected], i) => {
    const verdict = verdicts[DIFFERING.length + i];
    assert.equal(
      verdict.valid ? verdict.output : verdict.reason,
      expected,
      text,
    );
  });
});

Deno.test("not one pair of texts keeps its order in both images", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const texts = [...Array(40).keys()].map((i) => `word${i}`);
  const pairs = texts.flatMap((a, i) =>
    texts.slice(i + 1).map((b) => `['${a}', '${b}']`)
  );
  const source = "def f(x):\n    return list(set(x))";
  const jobs = pairs.map((pair) => ({ ...python(source, pair), twice: true }));
  const outcomes = await executor.runMany(jobs);
  const kept = outcomes.filter(({ kind }) => kind !== "nondeterministic");
  assert.deepEqual(kept, []);
});

Deno.test("several arguments of one program are judged each by itself", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const source =
    "def f(x):\n    if x == 3: raise ValueError\n    return list({'a', 'b'}) if x == 2 else x";
  const jobs = ["1", "2", "3", "nothing", "4"].map((argument) => ({
    ...python(source, argument),
    twice: true,
  }));
  const kinds = (await executor.runMany(jobs)).map(({ kind }) => kind);
  assert.deepEqual(kinds, [
    ...["value", "nondeterministic", "thrown", "badArgument", "value"],
  ]);
});
