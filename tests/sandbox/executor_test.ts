/** What the executor offers to those who use it alone. */

import assert from "node:assert/strict";

import {
  type Job,
  type Language,
  type Outcome,
  startExecutor,
} from "../../lib/sandbox/mod.ts";
import type { PooledExecutor } from "../../lib/sandbox/executor.ts";
import { SCRIPT } from "../../lib/sandbox/outcome.ts";

type Options = Partial<Job> & { entry?: string };

/** Short for a run whose outcome is looked at. */
function runner(executor: PooledExecutor, language: Language) {
  return (source: string, argument = "", options: Options = {}) => {
    const { entry, ...rest } = options;
    const program = { language, source, entry };
    return executor.run({ program, argument, ...rest });
  };
}

function literal(outcome: Outcome): string {
  return outcome.kind === "value" ? outcome.literal : JSON.stringify(outcome);
}

const CLASSES = {
  javascript: "class Solution { k = 3; go(x) { return this.k * x } }",
  typescript: "class Solution { k = 3; go(x: number) { return this.k * x } }",
  python:
    "class Solution:\n def __init__(self): self.k = 3\n def go(self, x): return self.k * x",
};
const FUNCTIONS = {
  javascript: "const twice = (x) => 2 * x; function f(x) { return 0 }",
  typescript: "const twice = (x: number) => 2 * x; function f() { return 0 }",
  python: "twice = lambda x: 2 * x\ndef f(x): return 0",
};

for (const language of ["javascript", "typescript", "python"] as const) {
  Deno.test(`an entry names what is called, in ${language}`, async () => {
    await using executor = await startExecutor({ languages: [language] });
    const run = runner(executor, language);
    const method = { entry: "Solution().go" };
    assert.equal(literal(await run(CLASSES[language], "4", method)), "12");
    const twice = { entry: "twice" };
    assert.equal(literal(await run(FUNCTIONS[language], "4", twice)), "8");
    assert.equal(literal(await run(FUNCTIONS[language], "4")), "0");
    const none = await run(FUNCTIONS[language], "4", { entry: "thrice" });
    assert.ok(none.kind === "thrown" && none.name === "NoFunction");
    assert.match(none.message, /defines no function thrice/);
    // Several arguments at once, and neighbours with other entries.
    const source = FUNCTIONS[language];
    const jobs = ["twice", "twice", "f"].map((entry, i) => ({
      program: { language, source, entry },
      argument: String(i),
    }));
    const outcomes = await executor.runMany(jobs);
    assert.deepEqual(outcomes.map(literal), ["0", "2", "0"]);
  });

  Deno.test(`a test says which cases failed and where, in ${language}`, async () => {
    await using executor = await startExecutor({ languages: [language] });
    const isPython = language === "python";
    const report = await executor.test({
      program: { language, source: FUNCTIONS[language], entry: "twice" },
      setup: isPython
        ? "seen = []\ndef same(a, b):\n  assert a == b, 'not the same'"
        : "const seen = [];\nfunction same(a, b) {\n  console.assert(a === b, 'not the same') }",
      cases: isPython
        ? [
          "assert candidate(2) == 4",
          "assert twice(2) == 5",
          "\nsame(candidate(2), 5)",
          "seen.append(1)\nassert seen == [1]",
          "seen.append(1)\nassert seen == [1]",
          "oops(",
          "while True: pass",
        ]
        : [
          "console.assert(candidate(2) === 4)",
          "console.assert(twice(2) === 5)",
          "\nsame(candidate(2), 5)",
          "console.assert(seen.push(1) === 1)",
          "console.assert(seen.push(1) === 1)",
          "oops(",
          "for (;;);",
        ],
      limits: { fuel: 5_000_000 },
    });
    assert.equal(report.passed, false);
    const kinds = report.cases.map(({ passed, outcome }) =>
      passed ? "passed" : outcome.kind
    );
    assert.deepEqual(kinds, [
      ...["passed", "thrown", "thrown", "passed", "passed", "syntax", "fuel"],
    ]);
    const [, second, third] = report.cases.map(({ outcome }) => outcome);
    assert.ok(third.kind === "thrown" && third.name === "AssertionError");
    assert.match(third.message, /not the same/);
    assert.deepEqual(second.failedAt, { text: "case", line: 1 });
    assert.deepEqual(third.failedAt, { text: "setup", line: 3 });
  });
}

Deno.test("a test of a program that does not load fails in every case", async () => {
  await using executor = await startExecutor({ languages: ["python"] });
  const report = await executor.test({
    program: { language: "python", source: "1/0" },
    cases: ["pass", "pass"],
  });
  assert.equal(report.passed, false);
  assert.deepEqual(
    report.cases.map(({ outcome }) => outcome.kind),
    ["thrown", "thrown"],
  );
});

Deno.test("Python reads what it is given and its output is kept", async () => {
  await using executor = await startExecutor({ languages: ["python"] });
  const run = runner(executor, "python");
  const script = { entry: SCRIPT, stdin: "3\n4 5\né€😀", captureStdout: true };
  const source = [
    "import sys",
    "if __name__ == '__main__':",
    "  n = int(input())",
    "  print(n, sum(map(int, input().split())), sys.stdin.read(), end='!')",
    "  sys.stdout.buffer.write(b' bytes')",
  ].join("\n");
  const outcome = await run(source, "", script);
  assert.equal(literal(outcome), "None");
  assert.equal(outcome.stdout, "3 9 é€😀! bytes");
  assert.equal(outcome.stdoutCut, undefined);
  const end = await run("input()", "", { entry: SCRIPT, stdin: "" });
  assert.ok(end.kind === "thrown" && end.name === "EOFError");
  // What was printed is there however the run ends, and no further than the bound.
  const endless = "def f(x):\n  print('before')\n  while True: pass";
  const kept = { captureStdout: true, limits: { fuel: 1_000_000 } };
  const stopped = await run(endless, "1", kept);
  assert.equal(stopped.kind, "fuel");
  assert.equal(stopped.stdout, "before\n");
  const flood = await run("def f(x):\n  print('€' * x)", "200000", {
    captureStdout: true,
  });
  assert.equal(flood.stdout, "€".repeat(65_536));
  assert.equal(flood.stdoutCut, true);
  const closed = "import sys\ndef f(x):\n  sys.stdout = None\n  return x";
  assert.equal((await run(closed, "1", { captureStdout: true })).stdout, "");
});

Deno.test("JavaScript reads lines and its output is kept", async () => {
  await using executor = await startExecutor({ languages: ["javascript"] });
  const run = runner(executor, "javascript");
  const source = `function f(x) {
    let sum = 0;
    for (let line; (line = readline()) !== null;) sum += Number(line);
    console.log("sum", sum, [x, { a: null }], undefined, 10n, "é€😀");
    print(1);
    return sum;
  }`;
  const outcome = await run(source, "7", {
    stdin: "1\n2\n\n39",
    captureStdout: true,
  });
  assert.equal(literal(outcome), "42");
  assert.equal(
    outcome.stdout,
    'sum 42 [7,{"a":null}] undefined 10 é€😀\n1\n',
  );
  const cut = await run("x=>{for(;;)console.log('ab')}", "1", {
    captureStdout: true,
    limits: { fuel: 20_000_000 },
  });
  assert.equal(cut.kind, "fuel");
  assert.equal(cut.stdout?.length, 65_536);
  assert.equal(cut.stdoutCut, true);
  const long = "x".repeat(1_000_000);
  const read = await run("x=>readline().length", "1", { stdin: long });
  assert.equal(literal(read), "1000000");
  // Without the options nothing is there and nothing is kept.
  assert.equal((await run("x=>console.log(x)", "1")).stdout, undefined);
  assert.equal(literal(await run("x=>typeof readline", "1")), '"undefined"');
});

Deno.test("seeded random numbers are the same each time, and CPython's", async () => {
  await using executor = await startExecutor();
  const python = runner(executor, "python");
  const source =
    "import random\ndef f(n):\n  return [random.random(), random.randint(1, 100)]";
  // python3 -c "import random; random.seed(7); print(random.random(), random.randint(1, 100))"
  const seven = "[0.32383276483316237,20]";
  assert.equal(literal(await python(source, "1", { seed: 7 })), seven);
  assert.equal(literal(await python(source, "1", { seed: 7 })), seven);
  assert.equal((await python(source, "1")).kind, "refused");
  const javascript = runner(executor, "javascript");
  const draw = "x=>Array.from({length:x},Math.random)";
  const drawn = literal(await javascript(draw, "1000", { seed: 1 }));
  assert.equal(literal(await javascript(draw, "1000", { seed: 1 })), drawn);
  assert.notEqual(literal(await javascript(draw, "1000", { seed: 2 })), drawn);
  const numbers: number[] = JSON.parse(drawn);
  const mean = numbers.reduce((sum, x) => sum + x) / numbers.length;
  assert.ok(Math.abs(mean - 0.5) < 0.03, `mean ${mean}`);
  assert.ok(numbers.every((x) => x >= 0 && x < 1));
  assert.equal((await javascript(draw, "1")).kind, "thrown");
});

Deno.test("fuel and memory are a job's own where it sets them", async () => {
  await using executor = await startExecutor();
  const javascript = runner(executor, "javascript");
  const python = runner(executor, "python");
  const small = { limits: { fuel: 100_000 } };
  const endless = await javascript("x=>{for(;;);}", "1", small);
  assert.deepEqual(endless, { kind: "fuel", fuel: 100_000 });
  assert.deepEqual(
    await python("def f(x):\n  while True: pass", "1", small),
    { kind: "fuel", fuel: 100_000 },
  );
  const bytes = { limits: { memoryBytes: 4_000_000 } };
  const length = "x=>'a'.repeat(x).length";
  assert.equal((await javascript(length, "5000000", bytes)).kind, "memory");
  assert.equal((await javascript(length, "3000000", bytes)).kind, "value");
  assert.equal((await javascript(length, "5000000")).kind, "value");
  const list = "def f(x):\n  return len('a' * x)";
  assert.equal((await python(list, "5000000", bytes)).kind, "memory");
  assert.equal((await python(list, "2000000", bytes)).kind, "value");
  assert.equal((await python(list, "5000000")).kind, "value");
});

Deno.test("languages start when they are used, and are in the identity from then on", async () => {
  await using executor = await startExecutor({ workers: 1 });
  assert.deepEqual(executor.pids, []);
  assert.deepEqual(executor.identity.engines, {});
  const program = { language: "javascript" as const, source: "x=>x" };
  await executor.run({ program, argument: "1" });
  assert.equal(executor.pids.length, 1);
  assert.deepEqual(Object.keys(executor.identity.engines), [
    "quickjs",
    "stripper",
  ]);
});

Deno.test("outcomes come as they are known: a slow program holds up no other", async () => {
  await using executor = await startExecutor({
    languages: ["javascript"],
    workers: 2,
  });
  await executor.start();
  const slow = { language: "javascript" as const, source: "x=>{for(;;);}" };
  const quick = { language: "javascript" as const, source: "x=>x" };
  const jobs = Array.from({ length: 100 }, (_, i) => ({
    program: i === 1 ? slow : quick,
    argument: String(i),
    limits: { fuel: 600_000_000 },
  }));
  const order: number[] = [];
  for await (const { index, outcome } of executor.stream(jobs)) {
    order.push(index);
    if (index === 1) assert.equal(outcome.kind, "fuel");
    else assert.equal(literal(outcome), String(index));
  }
  assert.deepEqual(order.toSorted((a, b) => a - b), [...jobs.keys()]);
  assert.equal(order.at(-1), 1);
  assert.equal(executor.restarts, 0);
});

Deno.test("leaving a stream aborts the rest; a signal and a close end it", async () => {
  const executor = await startExecutor({ languages: ["javascript"] });
  const program = { language: "javascript" as const, source: "x=>x" };
  const jobs = Array.from({ length: 500 }, (_, i) => ({
    program,
    argument: String(i),
  }));
  for await (const { outcome } of executor.stream(jobs)) {
    assert.equal(outcome.kind, "value");
    break;
  }
  assert.equal(literal(await executor.run(jobs[7])), "7");
  const signal = AbortSignal.abort(new Error("enough"));
  const all = (stream: AsyncIterable<unknown>) => Array.fromAsync(stream);
  await assert.rejects(all(executor.stream(jobs, { signal })), /enough/);
  assert.deepEqual(await all(executor.stream([])), []);
  await executor.close();
  await assert.rejects(all(executor.stream(jobs)), /closed/);
});
