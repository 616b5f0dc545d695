import assert from "node:assert/strict";
import {
  type Executor,
  type Job,
  type Language,
  type Outcome,
  startExecutor,
} from "../../lib/sandbox/mod.ts";
import { chatDialect } from "../../lib/method/modes/chat.ts";
import { MODES } from "../../lib/method/modes/registry.ts";
import {
  checkParts,
  composeProgram,
  partDefinition,
} from "../../lib/extras/composite/composite.ts";
import { workload } from "../sandbox/workload.ts";
import "../../lib/extras/mod.ts";

function renamed(language: Language, source: string): string {
  const definition = partDefinition({ language, source }, 0);
  assert.ok(definition.ok, definition.ok ? "" : definition.cause);
  return definition.source;
}

function causeOf(language: Language, source: string): string {
  const definition = partDefinition({ language, source }, 0);
  return definition.ok ? "ok" : definition.cause;
}

async function valueOf(
  executor: Executor,
  language: Language,
  parts: string[],
  source: string,
  argument: string,
): Promise<string> {
  const programs = parts.map((part) => ({ language, source: part }));
  const program = { language, source: composeProgram(programs, source) };
  const outcome = await executor.run({ program, argument });
  return outcome.kind === "value"
    ? outcome.literal
    : `${JSON.stringify(outcome)}\n${program.source}`;
}

const JAVASCRIPT_TRAPS: Record<string, [string, string]> = {
  "strings, templates, comments, regular expressions": [
    "const f = x => `f ${f.length} f` + 'f' + /f/.source; // f is f",
    "const g_0 = x => `f ${g_0.length} f` + 'f' + /f/.source; // f is f",
  ],
  "properties, methods, labels": [
    "function f(x) { f: for (;;) break f; return {f: x.f, f() {}}.f ?? x?.f }",
    "function g_0(x) { f: for (;;) break f; return {f: x.f, f() {}}.f ?? x?.f }",
  ],
  "a shorthand property keeps its key": [
    "const f = n => ({f, g: {f}, n}).n;",
    "const g_0 = n => ({f: g_0, g: {f: g_0}, n}).n;",
  ],
  "a shorthand pattern keeps its key": [
    "const {f, ...rest} = {f: x => x, y: 1}; let {q = f} = rest;",
    "const {f: g_0, ...g_0_rest} = {f: x => x, y: 1}; let {q: g_0_q = g_0} = g_0_rest;",
  ],
  "a parameter of the same name": [
    "function f(x) { const h = (f, k = f) => f + k; return h(x, x) + (f => f)(1) }",
    "function g_0(x) { const h = (f, k = f) => f + k; return h(x, x) + (f => f)(1) }",
  ],
  "a variable of an inner block, used outside it too": [
    "function f(x) { if (x > 9) { let f = x; return f } return x < 1 ? 0 : f(x - 1) }",
    "function g_0(x) { if (x > 9) { let f = x; return f } return x < 1 ? 0 : g_0(x - 1) }",
  ],
  "var belongs to the whole function, let to its block": [
    "function f(x) { const a = f; for (var i of [1]) { var f = i } return [a, f] }",
    "function g_0(x) { const a = f; for (var i of [1]) { var f = i } return [a, f] }",
  ],
  "a loop variable, a caught error, a function's own name": [
    "function f(x) { for (const f of x) f; try { x() } catch (f) { f } return function f() { return f } }",
    "function g_0(x) { for (const f of x) f; try { x() } catch (f) { f } return function f() { return f } }",
  ],
  "helpers and classes beside it": [
    "class Box { static f = 1; f(k) { return k } } const k = 2;\nfunction f(x) { return new Box().f(x) * k }",
    "class g_0_Box { static f = 1; f(k) { return k } } const g_0_k = 2;\nfunction g_0(x) { return new g_0_Box().f(x) * g_0_k }",
  ],
  "assigned instead of declared": [
    "f = x => x < 1 ? 0 : f(x - 1)",
    "g_0 = x => x < 1 ? 0 : g_0(x - 1)",
  ],
  "an object pattern that assigns": [
    "let h; function f(x) { ({h, f: h} = x); return h }",
    "let g_0_h; function g_0(x) { ({h: g_0_h, f: g_0_h} = x); return g_0_h }",
  ],
};

const PYTHON_TRAPS: Record<string, [string, string]> = {
  "strings, comments, attributes; but not what an f-string computes": [
    "def f(a):\n    # f calls f\n    return 'f' + f'f {f.__name__!r:>{len(a)}}' + a.f",
    "def g_0(a):\n    # f calls f\n    return 'f' + f'f {g_0.__name__!r:>{len(a)}}' + a.f",
  ],
  "keyword arguments": [
    "def f(a, f=0):\n    return dict(f=f, g=a)",
    "def g_0(a, f=0):\n    return dict(f=f, g=a)",
  ],
  "a default is looked up outside, its parameter inside": [
    "h = 1\ndef f(a, h=h, k: h = h) -> h:\n    return h + k",
    "g_0_h = 1\ndef g_0(a, h=g_0_h, k: g_0_h = g_0_h) -> g_0_h:\n    return h + k",
  ],
  "a local variable, before and after it is set": [
    "def f(a):\n    def inner():\n        f = a\n        return f\n    return inner() if a else f",
    "def g_0(a):\n    def inner():\n        f = a\n        return f\n    return inner() if a else g_0",
  ],
  "comprehensions: the first iterable is outside": [
    "k = [1, 2]\ndef f(a):\n    return [k for k in k if k] + [k]",
    "g_0_k = [1, 2]\ndef g_0(a):\n    return [k for k in g_0_k if k] + [g_0_k]",
  ],
  "global and nonlocal": [
    "n = 0\ndef f(a):\n    global n\n    n = n + 1\n    def g(n):\n        def h():\n            nonlocal n\n            n = a\n        h()\n        return n\n    return g(1) + n",
    "g_0_n = 0\ndef g_0(a):\n    global g_0_n\n    g_0_n = g_0_n + 1\n    def g(n):\n        def h():\n            nonlocal n\n            n = a\n        h()\n        return n\n    return g(1) + g_0_n",
  ],
  "loops, with, except, walrus, del, match": [
    "def f(a):\n    for f, (g, h) in a: pass\n    return f\ndef q(a):\n    try: pass\n    except E as f: return f\ndef r(a):\n    match a:\n        case [f, *g]: return f\n        case P(f=1): return 1\n    return [x for x in a if (f := x)], f",
    "def g_0(a):\n    for f, (g, h) in a: pass\n    return f\ndef g_0_q(a):\n    try: pass\n    except E as f: return f\ndef g_0_r(a):\n    match a:\n        case [f, *g]: return f\n        case P(f=1): return 1\n    return [x for x in a if (f := x)], f",
  ],
  "classes: their names are not their methods'": [
    "class A:\n    h = 1\n    def g(self):\n        return h\nh = 2\ndef f(a):\n    return A().g() + A.h",
    "class g_0_A:\n    h = 1\n    def g(self):\n        return g_0_h\ng_0_h = 2\ndef g_0(a):\n    return g_0_A().g() + g_0_A.h",
  ],
  "imports get an alias": [
    "import math\nfrom math import floor, ceil as up\ndef f(a):\n    return math.sqrt(floor(a)) + up(a)",
    "import math as g_0_math\nfrom math import floor as g_0_floor, ceil as g_0_up\ndef g_0(a):\n    return g_0_math.sqrt(g_0_floor(a)) + g_0_up(a)",
  ],
  "decorators, lambdas, starred targets": [
    "def d(f): return f\n@d\ndef f(a): return (lambda f, *x: f)(a)\nf2, *r = 1, 2",
    "def g_0_d(f): return f\n@g_0_d\ndef g_0(a): return (lambda f, *x: f)(a)\ng_0_f2, *g_0_r = 1, 2",
  ],
};

for (
  const [language, traps] of [
    ["javascript", JAVASCRIPT_TRAPS],
    ["python", PYTHON_TRAPS],
  ] as const
) {
  for (const [name, [source, expected]] of Object.entries(traps)) {
    Deno.test(`renaming ${language}: ${name}`, () => {
      assert.equal(renamed(language, source), expected);
    });
  }
}

Deno.test("renaming typescript: types stand where they stood", () => {
  assert.equal(
    renamed(
      "typescript",
      "type T = { f: number }; class B { f = 1 }\n" +
        "function f(x: T, g: (f: number) => B): B { return g(x.f) as B }",
    ),
    "type T = { f: number }; class g_0_B { f = 1 }\n" +
      "function g_0(x: T, g: (f: number) => g_0_B): g_0_B { return g(x.f) as g_0_B }",
  );
});

Deno.test("a program that cannot be renamed exactly is no part, and says why", () => {
  const python: [string, string][] = [
    ["def f(a:\n    return", "partUnread"],
    ["def g(a):\n    return a", "partWithoutEntry"],
    ["import os.path\ndef f(a):\n    return a", "partImportFixed"],
    ["from math import *\ndef f(a):\n    return a", "partImportFixed"],
    [
      "from __future__ import annotations\ndef f(a):\n    return a",
      "partImportFixed",
    ],
    [
      "k = 1\nclass A:\n    k = k + 1\ndef f(a):\n    return A.k",
      "partNameAmbiguous",
    ],
    ["def f(a):\n    g_0 = a\n    return g_0", "partNameTaken"],
    [`def f(a):\n    return ${"1 + ".repeat(2000)}1`, "partTooLarge"],
    [
      `def f(a):\n    return ${"(".repeat(300)}a${")".repeat(300)}`,
      "partTooLarge",
    ],
  ];
  for (const [source, cause] of python) {
    assert.equal(causeOf("python", source), cause, source.slice(0, 60));
  }
  assert.equal(causeOf("javascript", "f = x =>"), "partUnread");
  assert.equal(causeOf("javascript", "1; 2"), "partWithoutEntry");
  assert.equal(
    causeOf("javascript", "import f from 'x'"),
    "partImportFixed",
  );
  assert.throws(
    () => composeProgram([{ language: "python", source: "1 +" }], ""),
    /part 0 cannot be built on \(partUnread\)/,
  );
});

Deno.test("hostile texts are read in no time, or refused by name", () => {
  const deep = (n: number) => `x=>${"!(".repeat(n)}g_0(x)${")".repeat(n)}`;
  const wide = `def f(x):\n    ${"g_0,".repeat(1500)} = x`;
  const chained = `def f(x):\n    ${"a = ".repeat(1500)}g_0(x)`;
  const start = performance.now();
  assert.equal(checkParts(1, deep(50), "javascript"), null);
  assert.equal(checkParts(1, deep(2000), "javascript"), "compositeTooLarge");
  assert.equal(checkParts(1, deep(200_000), "javascript"), "compositeTooLarge");
  assert.equal(checkParts(1, wide, "python"), "partUnused");
  assert.equal(checkParts(1, chained, "python"), null);
  const took = performance.now() - start;
  assert.ok(took < 3000, `${took} ms`);
});

Deno.test("composed programs run, whatever names their parts share", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript", "python"],
  });
  const javascript = [
    "const step = 1; function f(x) { return x < 2 ? x : f(x - step) + step; }",
    "x=>x*2 // doubles f",
    "const step = 3; const f = ([step2]) => step2 + step;",
    "f = ({f}) => `f${f}`",
  ];
  assert.equal(
    await valueOf(
      executor,
      "javascript",
      javascript,
      "const step = 100;\nfunction f(x) { return [g_0(x), g_1(x), g_2([x]), g_3({f: x}), step]; }",
      "4",
    ),
    '[4,8,7,"f4",100]',
  );
  const python = [
    "step = 1\ndef f(a):\n    return a if a < 2 else f(a - step) + step",
    "lambda a: a * 2",
    "from math import floor\nstep = 3\nclass Box:\n    def __init__(self, f):\n        self.f = f\ndef f(a):\n    return floor(Box(f=a).f) + step",
    "count = 0\ndef f(a):\n    global count\n    count += a\n    return f'f{count}'",
  ];
  assert.equal(
    await valueOf(
      executor,
      "python",
      python,
      "step = 100\ndef floor(a):\n    return -1\ndef f(a):\n    return [g_0(a), g_1(a), g_2(a + 0.5), g_3(a), step, floor(a)]",
      "4",
    ),
    "[4,8,7,'f4',100,-1]",
  );
});

Deno.test("a composed program is validated like any other, in both languages", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript", "python"],
  });
  const candidate = (
    language: Language,
    parts: string[],
    source: string,
    argument: string,
  ) => {
    const programs = parts.map((part) => ({ language, source: part }));
    return {
      program: { language, source: composeProgram(programs, source) },
      arguments: [argument],
      message: "",
    };
  };
  const verdicts = await MODES.deduction.validate(executor, [
    candidate(
      "python",
      ["import math\ndef f(a):\n    return math.floor(a)"],
      "import math\ndef f(a):\n    return [g_0(a), math.ceil(a)]",
      "1.5",
    ),
    candidate(
      "javascript",
      ["const two = 2; const f = (x) => x * two;"],
      "const two = 5; const f = (x) => g_0(x) + two;",
      "3",
    ),
    candidate("python", ["lambda a: a"], "import random\nf = g_0", "1"),
    candidate(
      "javascript",
      ["x=>x"],
      "const f = () => g_0(Math.random())",
      "1",
    ),
  ], chatDialect);
  assert.deepEqual(
    verdicts.map((v) => v.valid ? v.examples[0].output : v.cause),
    ["[1,2]", "11", "policy", "policy"],
  );
});

Deno.test("a part gives what it gave alone, whatever it is composed with", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript", "python"],
  });
  const forwarding = {
    javascript: (k: number) => `function f(...a) { return g_${k}(...a); }`,
    python: (k: number) => `def f(*a):\n    return g_${k}(*a)`,
  };
  const ending = (outcome: Outcome) =>
    outcome.kind === "value"
      ? outcome.literal
      : outcome.kind === "thrown"
      ? outcome.name
      : JSON.stringify(outcome);
  for (const language of ["javascript", "python"] as const) {
    const jobs = workload("tiny", language, 22);
    const composed = jobs.slice(0, 20).map((job, i): Job => {
      const k = i % 3;
      // Twice the same program among them: its helpers meet themselves.
      const parts = [jobs[i + 1], jobs[i + 1], jobs[i + 2]];
      parts[k] = job;
      const source = composeProgram(
        parts.map(({ program }) => program),
        forwarding[language](k),
      );
      return { program: { language, source }, argument: job.argument };
    });
    const alone = await executor.runMany(jobs.slice(0, 20));
    const together = await executor.runMany(composed);
    assert.deepEqual(together.map(ending), alone.map(ending));
    assert.ok(alone.some(({ kind }) => kind === "thrown"));
  }
});

Deno.test("a part that is not used, or is defined again, is named", () => {
  const check = (count: number, source: string, language: Language) =>
    checkParts(count, source, language);
  const js = "javascript";
  assert.equal(check(2, "function f(x) { return g_0(g_1(x)); }", js), null);
  assert.equal(check(1, "x=>[x].map(g_0)", js), null);
  assert.equal(check(0, "x=>x", js), null);
  const unused = [
    "function f(x) { return x; } // g_0(x)",
    "function f(x) { return 'g_0(x)'; }",
    "function f(x) { return x.g_0(x); }",
    "function f(g_0) { return g_0(1); }",
  ];
  for (const source of unused) {
    assert.equal(check(1, source, js), "partUnused", source);
  }
  const redefined = [
    "const g_0 = x => x; const f = x => g_0(x);",
    "function g_0_step() {} const f = x => g_0(x);",
    "const {g_0} = {}; const f = x => g_0(x);",
    "g_0 = x => x; const f = x => g_0(x);",
  ];
  for (const source of redefined) {
    assert.equal(check(1, source, js), "partRedefined", source);
  }
  const python = (source: string) => check(1, source, "python");
  assert.equal(python("def f(a):\n    return g_0(a) == 1"), null);
  assert.equal(
    python("g_0 = abs\ndef f(a):\n    return g_0(a)"),
    "partRedefined",
  );
  assert.equal(
    python("from m import g_0\ndef f(a):\n    return g_0(a)"),
    "partRedefined",
  );
  assert.equal(python("def f(a):\n    return dict(g_0=a)"), "partUnused");
  assert.equal(python("def f(a):\n    return a.g_0(a)"), "partUnused");
});
