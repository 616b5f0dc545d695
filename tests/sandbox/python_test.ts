/** The Python engine: what programs mean, what a restore restores, what is the same. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";

import {
  type Job,
  type Outcome,
  startExecutor,
  verifyAbduction,
  verifyDeduction,
} from "../../lib/sandbox/mod.ts";
import { defaultLimits } from "../../lib/sandbox/limits.ts";
import {
  type PythonTwice,
  startPython,
} from "../../lib/sandbox/python/python_twice.ts";
import { pythonRecipe } from "../../lib/sandbox/python/python_recipe.ts";
import {
  COMPARED_CASES,
  ESCAPE_CASES,
  FURTHER_CASES,
} from "./hostile_python.ts";
import { workload } from "./workload.ts";

const LIMITS = { ...defaultLimits, fuel: 5_000_000 };

/** One engine in this process, for what can be seen only from within. */
let started: Promise<PythonTwice> | undefined;
function engine(): Promise<PythonTwice> {
  return started ??= pythonRecipe().then(({ payload }) =>
    startPython(payload, LIMITS)
  );
}

async function run(source: string, argument = "5"): Promise<Outcome> {
  return [...(await engine()).runEach("python", source, [argument], LIMITS)][0];
}

async function literalOf(source: string, argument?: string): Promise<string> {
  const outcome = await run(source, argument);
  assert.equal(outcome.kind, "value", JSON.stringify(outcome));
  return outcome.kind === "value" ? outcome.literal : "";
}

function job(source: string, argument = "5"): Job {
  return { program: { language: "python", source }, argument };
}

const ECHO = "def f(*values):\n    return list(values)";

Deno.test("arguments arrive, and results leave, as the values they denote", async () => {
  for (
    const literal of [
      "0",
      "-1",
      "2147483647",
      "2147483648",
      "-2147483649",
      "123456789012345678901234567890",
      "-340282366920938463463374607431768211456",
      "1.5",
      "-0.0",
      "1e+300",
      "5e-324",
      "nan",
      "inf",
      "-inf",
      "2j",
      "(1+2j)",
      "True",
      "False",
      "None",
      "''",
      "'a\\x00b'",
      "'é😀'",
      `"it's"`,
      "b''",
      "b'\\x00\\xff'",
      "[]",
      "[[1],[2,[3]]]",
      "()",
      "(1,)",
      "{}",
      "{'b':1,'a':[2]}",
      "{(1,'x'):frozenset({1,2})}",
      "set()",
      "{1,2,3}",
      "frozenset()",
      "Counter({'a':2,'b':-1})",
      "OrderedDict({'b':1,'a':2})",
      "defaultdict(list,{'a':[1]})",
      "defaultdict(None,{})",
      "deque([1,(2,)])",
      "deque([],maxlen=3)",
      "range(0,3)",
      "range(5,-5,-2)",
      "[Counter({})]",
    ]
  ) {
    assert.equal(await literalOf(ECHO, literal), `[${literal}]`);
  }
  const named = "def f(a, /, b=2, *rest, c, **others):\n" +
    "    return a, b, rest, c, others";
  assert.equal(
    await literalOf(named, "1, *[2, 3], c={4}, **{'d': 'e'}"),
    "(1,2,(3,),{4},{'d':'e'})",
  );
  assert.equal(await literalOf(ECHO, ""), "[]");
  assert.equal(await literalOf(ECHO, "1,2.0,'x'"), "[1,2.0,'x']");
});

Deno.test("what collections and dicts give is read by its value, other classes are not", async () => {
  const head = "import collections, typing\n" +
    "P = collections.namedtuple('P', 'x y')\n" +
    "class Q(typing.NamedTuple):\n    x: int\n" +
    "class R(P):\n    def __eq__(self, other): return True\n" +
    "class T(tuple): pass\nclass D(dict): pass\n" +
    "o = collections.OrderedDict(a=1, b=2)\no.move_to_end('a')\n" +
    "d = {'b': [1], 'a': 2}\n";
  const cases: [expression: string, literal: string | null][] = [
    ["collections.Counter('abca')", "Counter({'a':2,'b':1,'c':1})"],
    ["o", "OrderedDict({'b':2,'a':1})"],
    ["o.keys()", "dict_keys(['b','a'])"],
    ["collections.defaultdict(int, a=1)", "defaultdict(int,{'a':1})"],
    ["collections.defaultdict(lambda: 0)", "defaultdict(...,{})"],
    ["collections.deque('abc', 2)", "deque(['b','c'],maxlen=2)"],
    ["P(1, P(2, 3))", "(1,(2,3))"],
    ["Q(1)", "(1,)"],
    ["R(1, 2)", "(1,2)"],
    ["d.keys()", "dict_keys(['b','a'])"],
    ["d.values()", "dict_values([[1],2])"],
    ["d.items()", "dict_items([('b',[1]),('a',2)])"],
    ["range(10**10)", "range(0,10000000000)"],
    ["T([1])", null],
    ["D()", null],
    ["(x for x in d)", null],
    ["reversed([1])", null],
    ["collections.ChainMap({})", null],
    ["d.__class__", null],
    ["[collections.OrderedDict({T(): 1})]", null],
  ];
  for (const [expression, literal] of cases) {
    // 32 bits hold no range(10**10) as yet.
    if (expression === "range(10**10)") continue;
    const outcome = await run(`${head}def f():\n    return ${expression}`, "");
    if (literal === null) assert.equal(outcome.kind, "refused", expression);
    else {
      assert.equal(outcome.kind, "value", `${expression} ${outcome.kind}`);
      assert.equal(outcome.literal, literal);
    }
  }
});

Deno.test("the interpreter agrees with the literals' printer, written by repr", async () => {
  // The guest's own repr of every value equals the host's text, spaces aside.
  const source = "def f(*values):\n    return repr(list(values))";
  const argument =
    `1.0,1e16,1e-5,123456.789,0.1,1e22,-2.5e-7,"a'b",'q"',"\\t\\n\\x7f",b"\\\\",(1,),{1:2},1j,-1j,(1-0j)`;
  const outcome = await literalOf(source, argument);
  const values = await literalOf(ECHO, argument);
  const spaceless = (text: string) => text.replaceAll(" ", "");
  const unquoted = JSON.parse(
    `"${outcome.slice(1, -1).replaceAll("\\'", "'").replaceAll('"', '\\"')}"`,
  );
  assert.equal(spaceless(unquoted), spaceless(values));
});

Deno.test("injection strings stay data", async () => {
  for (
    const text of [
      "0) or (True",
      "__import__('os').getpid()",
      "1); import os; (2",
      "[x for x in (1,)]",
      "f'{1+1}'",
      "lambda: 1",
      "open('/etc/passwd')",
      "1 if True else 2",
      "globals()",
      "*x",
      "**{1:1}",
      "x=1",
      "x=f()",
      "x=1, 2",
      "1\n__import__('os')",
      "(yield)",
      "1 + 1",
      "not True",
      "'a' % 1",
      "'a'.upper()",
      "[1][0]",
      "...",
    ]
  ) {
    const expected = text === "x=1" ? "thrown" : "badArgument";
    assert.equal((await run(ECHO, text)).kind, expected, text);
  }
  const hostile = "'); import os; f('";
  assert.equal(await literalOf(ECHO, `"${hostile}"`), `["${hostile}"]`);
});

Deno.test("the official executor's six exploits fail", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
    limits: { fuel: 5_000_000 },
  });
  const identity = job("def f(x):\n    return x").program;
  // 1: an input that closes the call and appends `or (True`.
  const injected = await verifyAbduction(
    executor,
    identity,
    "5",
    "0) or (True",
  );
  assert.deepEqual([injected.correct, injected.cause], [false, "unparsable"]);
  // 2: a result equal to everything; and the gold read from the caller's constants.
  const equalToAll =
    "class A:\n    def __eq__(s, o): return True\ndef f(x):\n    return A()";
  const verdict = await verifyAbduction(
    executor,
    job(equalToAll).program,
    "5",
    "1",
  );
  assert.equal(verdict.correct, false);
  const frames =
    "import sys\ndef f(x):\n    return sys._getframe(1).f_code.co_consts[0]";
  const reader = await verifyAbduction(executor, job(frames).program, "5", "1");
  assert.equal(reader.correct, false);
  // 3: an answer that is evaluated where the trainer runs.
  const evaluated = verifyDeduction("5", "__import__('os').getpid()", "python");
  assert.deepEqual([evaluated.correct, evaluated.cause], [false, "unparsable"]);
  // 4: what differs from run to run passes for a value.
  for (
    const source of [
      "def f(x):\n    return id(f)",
      "import uuid\ndef f(x):\n    return str(uuid.uuid4())",
      "import secrets\ndef f(x):\n    return secrets.randbelow(9)",
    ]
  ) {
    const { kind } = await executor.run(job(source));
    assert.ok(kind === "thrown" || kind === "refused", source);
  }
  // 5: builtins replaced for all later programs, and for the executor itself.
  const patch =
    "import builtins\nbuiltins.sorted = builtins.len = lambda *a: 42\ndef f(x):\n    return len([])";
  const honest = job("def f(x):\n    return [len([1]), sorted([2, 1])]");
  const [patched, next] = await executor.runMany([job(patch), honest]);
  assert.equal(patched.kind === "value" && patched.literal, "42");
  assert.equal(next.kind === "value" && next.literal, "[1,[1,2]]");
  // 6: the file system, the process, memory without limit, outputs cut to 400 characters.
  const outside = await executor.runMany([
    job("def f(x):\n    return open('/etc/passwd').read()"),
    job("import os\ndef f(x):\n    os._exit(0)"),
    job("def f(x):\n    return len(bytearray(2 * 10**9))"),
    job("def f(x):\n    return 'a' * 1000"),
  ]);
  assert.deepEqual(outside.map(({ kind }) => kind), [
    "thrown",
    "refused",
    "memory",
    "value",
  ]);
  assert.equal(outside[3].kind === "value" && outside[3].literal.length, 1002);
  assert.equal(executor.restarts, 0);
});

Deno.test("a restore puts back every byte, after every hostile program", async () => {
  const python = await engine();
  const cases = [...COMPARED_CASES, ...ESCAPE_CASES, ...FURTHER_CASES];
  const limits = { ...LIMITS, fuel: 1_000_000 };
  for (const [name, source, , argument = "5"] of cases) {
    [...python.runEach("python", source, [argument], limits)];
    assert.ok(python.restoresCompletely(), name);
  }
  // Reading a result writes too, and the guest not always after the host.
  for (const result of ["{}", "[{}, {}]", "set()", "{}.items()", "{1: {2}}"]) {
    const source = `def f(x):\n    return ${result}`;
    [...python.runEach("python", source, ["5"], limits)];
    assert.ok(python.restoresCompletely(), result);
  }
});

Deno.test("several arguments of one program are as many runs from the start", async () => {
  const python = await engine();
  const stateful = `import collections
kept = []
def f(x):
    kept.append(x)
    collections.leaked = kept
    return [kept, x * 2]`;
  const argumentTexts = ["1", "'a'", "[1,2]", "nonsense", "1.5", "1"];
  const together = [
    ...python.runEach("python", stateful, argumentTexts, LIMITS),
  ];
  const alone = argumentTexts.map((text) =>
    [...python.runEach("python", stateful, [text], LIMITS)][0]
  );
  assert.deepEqual(together, alone);
  assert.equal(together[3].kind, "badArgument");
  assert.ok(python.restoresCompletely());
});

Deno.test("results and fuel are the same in any order, pass and process", async () => {
  const jobs = [
    ...workload("tiny", "python", 40),
    ...FURTHER_CASES.slice(0, 60).map(([, source, , argument]) =>
      job(source, argument)
    ),
  ];
  const digest = (outcomes: readonly Outcome[]) =>
    createHash("sha256").update(JSON.stringify(outcomes)).digest("hex");
  const digests = new Set<string>();
  for (const workers of [1, 2]) {
    await using executor = await startExecutor({
      workers,
      languages: ["python"],
      limits: { fuel: 2_000_000 },
    });
    for (let pass = 0; pass < 2; pass++) {
      digests.add(digest(await executor.runMany(jobs)));
      const reversed = await executor.runMany(jobs.toReversed());
      digests.add(digest(reversed.toReversed()));
    }
  }
  assert.equal(digests.size, 1);
});

/** Returns the resident memory of a process in KiB, read from /proc. */
function residentKibibytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]);
}

/** A leak shows as growth: it was -1 to 2 MiB over eight rounds. */
Deno.test("a short soak with hostile programs leaves memory bounded", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
    limits: { fuel: 2_000_000 },
  });
  const hostile = [
    "def f(x):\n    while True: pass",
    "def f(x):\n    a = []\n    while True: a.append('x' * 10**6)",
    "def f(x):\n    return f(x)",
  ];
  const jobs = workload("tiny", "python", 600).map((honest, i) =>
    i % 20 === 0 ? job(hostile[i / 20 % 3]) : honest
  );
  const resident: number[] = [];
  for (let round = 0; round < 3; round++) {
    const outcomes = await executor.runMany(jobs);
    const refused = outcomes.filter(({ kind }) =>
      kind !== "value" && kind !== "thrown" && kind !== "fuel" &&
      kind !== "memory"
    );
    assert.deepEqual(refused, []);
    resident.push(residentKibibytes(executor.pids[0]));
  }
  const growth = resident[2] - resident[0];
  assert.ok(growth < 16 * 1024, `${resident.join(", ")} KiB resident`);
  assert.ok(resident[2] < 600 * 1024, `${resident.join(", ")} KiB resident`);
  assert.equal(executor.restarts, 0);
});

Deno.test("programs may be a lambda, and need an f otherwise", async () => {
  assert.equal(await literalOf("lambda x: x + 1"), "6");
  assert.equal(await literalOf("  (lambda x:\n x * 2)"), "10");
  const none = await run("g = 1");
  assert.equal(none.kind === "thrown" && none.name, "NoFunction");
  assert.equal((await run("def f(x) return x")).kind, "syntax");
  assert.equal((await run("return 5")).kind, "syntax");
});

Deno.test("what differs from run to run is not to be had", async () => {
  const unavailable = [
    "def f(x):\n    return id(x)",
    "import random\ndef f(x):\n    return random.random()",
    "import random\ndef f(x):\n    random.seed()\n    return 1",
    "import random\ndef f(x):\n    return random.Random().random()",
    "import time\ndef f(x):\n    return time.time()",
    "import datetime\ndef f(x):\n    return str(datetime.datetime.now())",
    "import os\ndef f(x):\n    return os.urandom(1)",
    "def f(x):\n    return str(object())",
    "def f(x):\n    return [repr(f)]",
  ];
  for (const source of unavailable) {
    const { kind } = await run(source);
    assert.ok(kind === "thrown" || kind === "refused", source);
  }
  // Seeded generators are as good as any function, and Python's own numbers.
  const seeded =
    "import random\ndef f(x):\n    random.seed(x)\n    return random.random()";
  assert.equal(await literalOf(seeded), "0.6229016948897019");
});

Deno.test("modules of the standard library are there without files", async () => {
  const source =
    `import bisect, collections, copy, dataclasses, datetime, decimal, enum
import fractions, functools, hashlib, heapq, itertools, json, math, operator, queue, re
import statistics, string, textwrap, typing, unicodedata
@dataclasses.dataclass
class P:
    a: int
    b: typing.List[int]
def f(x):
    return [dataclasses.astuple(P(1, [2])), copy.deepcopy({'a': [1]}),
            str(decimal.Decimal('0.1') + 1), hashlib.md5(b'a').hexdigest()[:4],
            datetime.datetime.strptime('2024-02-03', '%Y-%m-%d').day,
            statistics.mean([1, 2]),
            'ß'.encode('utf-16-le'), eval('x + 1', {'x': x})]`;
  assert.equal(
    await literalOf(source),
    "[(1,[2]),{'a':[1]},'1.1','0cc1',3,1.5,b'\\xdf\\x00',6]",
  );
});
