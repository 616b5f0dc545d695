/** Every hostile Python program ends as it must, and changes nothing for its neighbours. */

import assert from "node:assert/strict";

import {
  type Job,
  type Outcome,
  startExecutor,
} from "../../lib/sandbox/mod.ts";
import type { PooledExecutor } from "../../lib/sandbox/executor.ts";
import {
  COMPARED_CASES,
  ESCAPE_CASES,
  FURTHER_CASES,
  type HostileCase,
} from "./hostile_python.ts";
import { NATIVE_CASES } from "./hostile_python_native.ts";

/** Enough for any honest program here; the endless ones end in 0.3 s. */
const FUEL = 20_000_000;

/** Shows leaked globals, patched modules, hooks left behind and lost builtins. */
const SENTINEL: Job = {
  program: {
    language: "python",
    source: `import builtins, gc, json, math, sys
def f(x):
    seen = [len([1, 2, 3]), sorted([3, 1, 2]), math.sqrt(4), json.dumps({'a': 1}),
            'leaked' in globals(), hasattr(builtins, 'leaked'), sys.gettrace() is None,
            sys.getprofile() is None, sys.stdout.closed, sys.getrecursionlimit(),
            len(vars(builtins)), len(sys.modules), len(sys.meta_path), gc.get_threshold(),
            str(builtins.__import__), x][:-2] + [x]
    builtins.leaked = 1
    globals()['leaked'] = 1
    math.sqrt = len
    return seen`,
  },
  argument: "5",
};

/** An outcome in one line: its kind, and the value or the error's name. */
function summary(outcome: Outcome): string {
  if (outcome.kind === "value") return `value ${outcome.literal}`;
  if (outcome.kind === "thrown") return `thrown ${outcome.name}`;
  return outcome.kind;
}

function job(source: string, argument = "5"): Job {
  return { program: { language: "python", source }, argument };
}

function startPython(workers: number): Promise<PooledExecutor> {
  return startExecutor({
    workers,
    languages: ["python"],
    limits: { fuel: FUEL },
  });
}

async function runBetweenSentinels(
  executor: PooledExecutor,
  cases: readonly HostileCase[],
): Promise<void> {
  const expectedSentinel = await executor.run(SENTINEL);
  assert.equal(expectedSentinel.kind, "value");
  const jobs = cases.flatMap(([, source, , argument]) => [
    SENTINEL,
    job(source, argument),
    SENTINEL,
  ]);
  const outcomes = await executor.runMany(jobs);
  cases.forEach(([name, , expected], i) => {
    const found = summary(outcomes[3 * i + 1]);
    if (expected === "value") assert.match(found, /^value /, name);
    else assert.equal(found, expected, name);
    assert.deepEqual(outcomes[3 * i], expectedSentinel, `before: ${name}`);
    assert.deepEqual(outcomes[3 * i + 2], expectedSentinel, `after: ${name}`);
  });
}

Deno.test("hostile Python is contained, and no process is restarted", async (test) => {
  await using executor = await startPython(2);
  for (
    const [title, cases] of [
      ["the compared cases", COMPARED_CASES],
      ["ways to JavaScript", ESCAPE_CASES],
      ["the further cases", FURTHER_CASES],
      ["work of CPython's own code", NATIVE_CASES],
    ] as const
  ) {
    await test.step(title, () => runBetweenSentinels(executor, cases));
  }
  assert.equal(executor.restarts, 0);
});

Deno.test("there are as many hostile Python cases as promised", () => {
  assert.ok(
    COMPARED_CASES.length + ESCAPE_CASES.length + FURTHER_CASES.length >=
      75 + 15 + 40,
  );
  assert.ok(ESCAPE_CASES.length >= 15);
  assert.ok(FURTHER_CASES.length >= 40);
});
