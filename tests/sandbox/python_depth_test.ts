/** Deep recursion ends at the same step, whichever way V8 compiled the interpreter. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { type Outcome, startExecutor } from "../../lib/sandbox/mod.ts";
import { pythonRecipe } from "../../lib/sandbox/python/python_recipe.ts";

/** Kinds of recursion: in Python, in C with CPython's own check, in C without one. */
const RECURSIONS = [
  "def f(x):\n    return f(x + 1)",
  "class A:\n    def __repr__(s): return repr(s)\ndef f(x):\n    return repr(A())",
  "import json\ndef f(x):\n    return json.loads('[' * 100000 + ']' * 100000)",
  "def f(x):\n    q = ()\n    for i in range(100000): q = (q,)\n    return hash(q)",
  "def f(x):\n    q, r = [], []\n    for i in range(100000): q, r = [q], [r]\n    return q == r",
  "def f(x):\n    i = iter([1])\n    for _ in range(100000): i = map(abs, i)\n    return list(i)",
  "class A:\n    def __init__(s, n): s.n = n\n    def __del__(s): pass\ndef f(x):\n    q = None\n    for i in range(300000): q = A(q)\n    q = None\n    return 1",
  "import gc\ndef f(x):\n    q = []\n    for i in range(300000): q = [q]\n    gc.collect()\n    return 1",
  "import sys\nsys.setrecursionlimit(10**8)\ndef f(x):\n    return f(x + 1)",
];

const PROGRAM = `
const [engineUrl, sources, limits] = JSON.parse(Deno.args[0]);
const { startPython } = await import(engineUrl);
const payload = new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
const engine = await startPython(payload, limits);
console.log(JSON.stringify(sources.map((source) =>
  [...engine.runEach("python", source, ["5"], limits)][0])));
`;

async function outcomesUnder(tierFlags: string): Promise<string> {
  const { payload, v8Flags } = await pythonRecipe();
  const engineUrl = new URL(
    "../../lib/sandbox/python/python_twice.ts",
    import.meta.url,
  );
  const { defaultLimits } = await import("../../lib/sandbox/limits.ts");
  const limits = { ...defaultLimits, fuel: 40_000_000 };
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(script, PROGRAM);
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", "--config"],
      fileURLToPath(new URL("../../deno.json", import.meta.url)),
      `--v8-flags=${[...v8Flags, tierFlags].filter(Boolean).join(",")}`,
      script,
      JSON.stringify([engineUrl.href, RECURSIONS, limits]),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(payload);
  await writer.close();
  const { stdout } = await child.output();
  await Deno.remove(script);
  return new TextDecoder().decode(stdout);
}

Deno.test("recursion costs the same fuel in every compilation tier", async () => {
  const usual = await outcomesUnder("");
  const ends = JSON.parse(usual).map((outcome: Outcome) =>
    outcome.kind === "thrown" ? outcome.name : outcome.kind
  );
  assert.deepEqual(ends, [
    ...["RecursionError", "RecursionError", "RecursionError", "refused"],
    ...["RecursionError", "refused", "value", "value", "fuel"],
  ]);
  assert.equal(await outcomesUnder("--liftoff-only"), usual);
  assert.equal(await outcomesUnder("--no-liftoff"), usual);
});

/** Programs that CPython runs, though what they build is thousands deep. */
const DEEP: [string, string][] = [
  [
    "class Node:\n    def __init__(s, v, n): s.v, s.n = v, n\ndef f(x):\n    h = None\n    for i in range(10000): h = Node(i, h)\n    t, p = 0, h\n    while p: t, p = t + p.v, p.n\n    return t",
    "49995000",
  ],
  [
    "def f(x):\n    a = ()\n    for i in range(15000): a = (a,)\n    return 1",
    "1",
  ],
  [
    "def f(x):\n    a = {}\n    for i in range(10000): a = {'n': a}\n    return 1",
    "1",
  ],
  [
    "class S:\n    __slots__ = ('n',)\ndef f(x):\n    h = None\n    for i in range(20000):\n        s = S()\n        s.n, h = h, s\n    return 1",
    "1",
  ],
  [
    "def f(x):\n    e = None\n    for i in range(20000):\n        n = ValueError()\n        n.__cause__, e = e, n\n    return 1",
    "1",
  ],
  [
    "def f(x):\n    g = lambda: 0\n    for i in range(5000): g = (lambda h: lambda: h)(g)\n    return 1",
    "1",
  ],
  [
    "def f(x):\n    g = iter([1, -2])\n    for i in range(5000): g = map(abs, g)\n    return list(g)",
    "[1,2]",
  ],
];

/** Too deep for CPython's own stack: an error that a program can catch. */
const CATCHABLE = [
  "__import__('json').loads('[' * 100000 + ']' * 100000)",
  "repr(nested(100000))",
  "nested(100000) == nested(100000)",
  "__import__('copy').deepcopy(nested(2000))",
];

Deno.test("what is thousands deep is built and freed; beyond, RecursionError is caught", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
  });
  const sources = [
    ...DEEP.map(([source]) => source),
    ...CATCHABLE.map((expression) =>
      "def nested(n):\n    q = []\n    for i in range(n): q = [q]\n    return q\n" +
      `def f(x):\n    try: ${expression}\n    except RecursionError: return 'caught'`
    ),
  ];
  const outcomes = await executor.runMany(sources.map((source) => ({
    program: { language: "python", source },
    argument: "1",
  })));
  const found = outcomes.map((outcome) =>
    outcome.kind === "value" ? outcome.literal : outcome.kind
  );
  assert.deepEqual(found, [
    ...DEEP.map(([, expected]) => expected),
    ...CATCHABLE.map(() => "'caught'"),
  ]);
});
