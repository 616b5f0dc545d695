/** Values written as expressions: evaluated in the sandbox to data, apart from any program. */

import assert from "node:assert/strict";

import {
  type Language,
  type Program,
  runWritten,
  startExecutor,
  verifyAbduction,
  verifyDeductions,
} from "../../lib/sandbox/mod.ts";
import { PAPER_JUDGING } from "../../lib/sandbox/judging.ts";
import { validateProposal } from "./validate_proposal.ts";
import { randomStream } from "../../lib/random.ts";
import { oneExpression, piecesOf } from "../../lib/sandbox/syntax/written.ts";

const python = (source: string): Program => ({ language: "python", source });

/** Python outputs: gold, answer, verdict. */
const OUTPUTS: [gold: string, answer: string, cause: string][] = [
  ["2", "1+1", "match"],
  ["'aaa'", "'a' * 3", "match"],
  ["1000000000", "10 ** 9", "match"],
  ["[0,0]", "[0] * 2", "match"],
  ["[-1000000000,1000000000]", "[-1 * (10 ** 9), 10 ** 9]", "match"],
  ["[0,1,4]", "[i * i for i in range(3)]", "match"],
  ["(2,'b')", "1 + 1, 'B'.lower()", "match"],
  ["'1-2'", "f'{1}-{1 + 1}'", "match"],
  ["'ab'", "''.join(['a', 'b'])  # joined", "match"],
  ["3", "(lambda x: x + 1)(2)", "match"],
  ["True", "not False", "match"],
  ["[1,2,3]", "[*range(1, 4)]", "match"],
  ["{'a':1}", "{**{'a': 1}}", "match"],
  ["2", "1+2", "different"],
  ["2", "f(1)", "unparsable"],
  ["2", "gold", "unparsable"],
  ["2", "1 +", "unparsable"],
  ["2", "(2", "unparsable"],
  ["2", "2; 3", "unparsable"],
  ["2", "2\nx = 3", "unparsable"],
  ["2", "0) or (2", "unparsable"],
  ["2", "abs)(-2", "unparsable"],
  ["[0]", "(x for x in [0])", "unparsable"],
  ["2", "lambda: 2", "unparsable"],
  ["2", "2 if open('/etc/passwd') else 2", "unparsable"],
  ["2", "__import__('os').getpid()", "different"], // the guest's own, always 42
  ["2", "[x for x in iter(int, 1)]", "unparsable"],
  ["2", "__import__('sys').exit()", "unparsable"],
  ["2", "", "unparsable"],
  ["2", " ", "unparsable"],
  ["()", "# nothing", "unparsable"],
  ["2", "The answer is 2", "unparsable"],
];

Deno.test("an output that is an expression is evaluated, unless literals are asked for", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python", "javascript"],
    limits: { fuel: 5_000_000 },
  });
  const answers = OUTPUTS.map(([gold, answer]) => ({
    gold,
    answer,
    language: "python" as const,
  }));
  const causes = (await verifyDeductions(executor, answers))
    .map(({ cause }, i) => [...OUTPUTS[i].slice(0, 2), cause]);
  assert.deepEqual(causes, OUTPUTS);
  const strict = await verifyDeductions(executor, answers, {
    ...PAPER_JUDGING,
    reading: "strict",
  });
  assert.ok(strict.every(({ cause }) => cause === "unparsable"));
  const script: [gold: string, answer: string, cause: string][] = [
    ["3", "1+2", "match"],
    ['"aaa"', '"a".repeat(3)', "match"],
    ["[0,0]", "Array(2).fill(0)", "match"],
    ['{"a":1}', "{a:3-2}", "match"],
    ["[0,1]", "[...Array(2).keys()]", "match"],
    ["2", "1, 2", "unparsable"],
    ["2", "2; 3", "unparsable"],
    ["2", "0) || (2", "unparsable"],
    ["2", "Math.abs)(-2", "unparsable"],
    ["2", "()=>2", "unparsable"],
    ["2", "(()=>{for(;;);})()", "unparsable"],
    ["2", "Deno.pid", "unparsable"],
  ];
  const found = await verifyDeductions(
    executor,
    script.map(([gold, answer]) => ({ gold, answer, language: "javascript" })),
  );
  assert.deepEqual(
    found.map(({ cause }, i) => [...script[i].slice(0, 2), cause]),
    script,
  );
});

/** Argument lists as models write them, and as literals; null where there are none. */
const ARGUMENTS: [text: string, literals: string | null][] = [
  ["1, 'a'", "1,'a'"],
  ["a=1, b=2", "a=1,b=2"],
  ["[1, 2],  # a list\n'x'", "[1,2],'x'"],
  ["number_list = [0] * 3", "number_list=[0,0,0]"],
  ["*[1, 2], **dict(c=3)", "1,2,c=3"],
  ["*(i for i in range(3)), k=len('ab')", "0,1,2,k=2"],
  ["range(3), 'a' * 2", "range(0,3),'aa'"],
  ["Counter('aab')", "Counter({'a':2,'b':1})"],
  ["deque(range(2), maxlen=5)", "deque([0,1],maxlen=5)"],
  ["math.floor(2.5), scale(3)", "2,6"],
  ["f(2)", "[(2,),{}]"],
  // What is no data stays as it is written.
  ["{1: str.upper}['x'], 2", null],
  ["lambda: 2, len", "lambda: 2, len"],
  ["1, 2 3", null],
  ["1) or f(2", null],
  ["1)(2", null],
  [")(", null],
  ["a=1, 2", null],
  ["**{1: 2}", null],
  ["undefined", null],
  ["x := 1", null],
];

Deno.test("a proposed input may use its program's names, and becomes literals", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const program = python(
    "import math\nfrom collections import *\n" +
      "def eval(x): return 'mine'\n" +
      "class Node:\n    def __init__(self, v): self.v = v\n" +
      "def scale(x): return 2 * x\n" +
      "def f(*items, **named):\n" +
      "    if items and callable(items[0]): return items[0]()\n" +
      "    return [items, named]",
  );
  const runs = await runWritten(
    executor,
    ARGUMENTS.map(([argument]) => ({ program, argument })),
    "official",
    "program",
  );
  const found = runs.map(({ argument, outcome }, i) => [
    ARGUMENTS[i][0],
    outcome.kind === "value" ? argument : null,
  ]);
  assert.deepEqual(
    found,
    ARGUMENTS.map(([text, literals]) => [
      text,
      // A walrus is a positional argument of its value.
      text === "x := 1" ? "1" : literals,
    ]),
  );
  assert.ok(
    runs.every(({ outcome }) =>
      outcome.kind === "value" || outcome.kind === "badArgument"
    ),
  );
  const strict = await runWritten(
    executor,
    ARGUMENTS.map(([argument]) => ({ program, argument })),
    "strict",
    "program",
  );
  assert.equal(
    strict.filter(({ outcome }) => outcome.kind === "value").length,
    5,
  );
  const sum = "def f(n, g=lambda n: n):\n" +
    "    return 0 if n == 0 else g(n) + f(n - 1, g)";
  const recursive = await runWritten(
    executor,
    ["f(4)", "4, lambda n: 2 * n"].map((argument) => ({
      program: python(sum),
      argument,
    })),
    "official",
    "program",
  );
  assert.deepEqual(
    recursive.map(({ outcome }) => outcome.kind === "value" && outcome.literal),
    ["55", "20"],
  );
  const held = await validateProposal(
    executor,
    python("class Node:\n    v = 3\ndef f(node, g): return g(node.v)"),
    "Node(), lambda x: x + 1",
  );
  assert.ok(held.valid);
  assert.deepEqual(
    [held.argument, held.output],
    ["Node(), lambda x: x + 1", "4"],
  );
  const lone = await validateProposal(executor, python("lambda x: x"), "1 + 1");
  assert.equal(lone.valid && lone.argument, "2");
});

Deno.test("an expression is evaluated for the program's entry, under the job's own bounds", async () => {
  await using executor = await startExecutor({ languages: ["python"] });
  const source = "offset = 1\ndef add(g, n):\n    return g(n) + offset\n" +
    "class Solution:\n    def add(self, g, n): return add(g, n)\nsize = len";
  const job = (argument: string, entry?: string) => ({
    program: { ...python(source), entry },
    argument,
  });
  const random = "abs, __import__('random').randint(5, 5)";
  const jobs = [
    job("lambda n: n * offset, 2 + offset", "add"),
    job("lambda n: n * offset, 2", "Solution().add"),
    job("lambda n: n", "__main__"),
    { ...job("abs, sum(range(10 ** 6))", "add"), limits: { fuel: 100_000 } },
    { ...job("abs, hash('abc') % 5", "add"), twice: true },
    { ...job(random, "add"), seed: 3 },
    job(random, "add"),
    { ...job("abs, int(input())", "add"), stdin: "41" },
  ];
  const runs = await runWritten(executor, jobs, "official", "program");
  const kinds = runs.map(({ outcome }) =>
    outcome.kind === "value" ? outcome.literal : outcome.kind
  );
  assert.deepEqual(kinds, [
    ...["4", "3", "badArgument", "badArgument", "nondeterministic", "6"],
    ...["refused", "42"],
  ]);
  const values = [
    { ...job("abs, hash('abc') % 5", "add"), twice: true },
    {
      ...job("[i for i in range(10 ** 6)]", "size"),
      limits: { fuel: 100_000 },
    },
    { ...job("[input()]", "size"), stdin: "one" },
  ];
  const apart = await runWritten(executor, values, "official", "nothing");
  const found = apart.map(({ argument, outcome }) => [argument, outcome.kind]);
  assert.deepEqual(found[2], ["['one']", "value"]);
  assert.deepEqual(found.slice(0, 2).map(([, kind]) => kind), [
    "badArgument",
    "badArgument",
  ]);
});

Deno.test("no expression changes what the program does, and no answer sees it", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const program = python("def f(x):\n    return x + 1");
  const causes = await Promise.all([
    // Replaces f where it is evaluated; the run that counts is another one.
    "(exec('def f(x): return 5', globals()), 0)[1]",
    "__import__('builtins').__dict__.update(int=0) or 1",
    "next(x for x in range(9) if f(x) == 5)",
    "(lambda f: next(x for x in range(9) if f(x) == 5))(lambda x: x + 1)",
    "0) or (5",
    "lambda x: 4",
    "4",
    "x=4",
    "y=4",
  ].map(async (answer) =>
    (await verifyAbduction(executor, program, "5", answer)).cause
  ));
  assert.deepEqual(causes, [
    "different",
    "different",
    "unparsable",
    "match",
    "unparsable",
    "unparsable",
    "match",
    "match",
    "thrown",
  ]);
});

Deno.test("a sandbox that fails on an expression gives no verdict", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const broken = new Proxy(executor, {
    get: (target, name) =>
      name === "runMany"
        ? (jobs: unknown[]) =>
          jobs.map(() => ({ kind: "infrastructure", reason: "killed" }))
        : Reflect.get(target, name, target),
  });
  const language: Language = "python";
  const [verdict] = await verifyDeductions(broken, [
    { gold: "2", answer: "1 + 1", language },
  ]);
  assert.equal(verdict.cause, "infrastructure");
  const [run] = await runWritten(
    broken,
    [{ program: python("lambda x: x"), argument: "1 + 1" }],
    "official",
    "nothing",
  );
  assert.equal(run.outcome.kind, "infrastructure");
});

Deno.test("an argument list or a value is all of its text, whatever the text", () => {
  const pieces =
    "1 a = * ** ... , ( ) [ ] { } : 'x' f lambda => # // /* */ for in ;"
      .split(" ");
  let read = 0;
  for (let trial = 0; trial < 10_000; trial++) {
    const stream = randomStream(1, "written", trial);
    const text = Array.from(
      { length: stream.integer(0, 8) },
      () => stream.choice(pieces),
    ).join(" ");
    for (const language of ["python", "javascript", "typescript"] as const) {
      const list = piecesOf(text, language);
      if (list === null) continue;
      read++;
      // What is no comma, comment, star or keyword is in some piece.
      const bare = (code: string) =>
        code.replace(
          language === "python" ? /#.*/g : /\/\/.*|\/\*.*?\*\//g,
          "",
        ).trim();
      const rest = list.reduce(
        (left, piece) => left.replace(bare(piece.text), ""),
        bare(text),
      );
      assert.match(
        rest,
        /^(?:\s|,|\*|\.{3}|a\s+=|f\s+=)*$/,
        `${language} ${text}`,
      );
      assert.equal(oneExpression(`${text}\n)(`, language), null);
      assert.equal(piecesOf(`${text}\n)(`, language), null);
    }
  }
  assert.ok(read > 1000, `${read}`);
});
