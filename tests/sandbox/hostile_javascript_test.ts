/** Every hostile program ends as it must, and changes nothing for its neighbours. */

import assert from "node:assert/strict";

import {
  type Job,
  type Outcome,
  startExecutor,
} from "../../lib/sandbox/mod.ts";
import type { PooledExecutor } from "../../lib/sandbox/executor.ts";
import {
  COMPARED_CASES,
  FURTHER_CASES,
  type HostileCase,
} from "./hostile_javascript.ts";

/** Enough for any honest program here; keeps the endless ones short. */
const FUEL = 50_000_000;

/** Shows leaked globals, patched built-ins and polluted prototypes. */
const SENTINEL: Job = {
  program: {
    language: "javascript",
    source: `function f(x) {
      const seen = [typeof leaked, typeof leaked2, [3, 1, 2].map(v => v).length,
        JSON.stringify({ a: 1 }), Object.keys(Object.prototype).length,
        Math.max(1, 2), [...new Set([1, 1, x])].length, ({})[0] === undefined,
        Object.getOwnPropertyNames(globalThis).length, "b".at(0), Math.leak];
      globalThis.leaked = 1;
      return seen;
    }`,
  },
  argument: "5",
};

/** An outcome in one line: its kind, and the value or the error's name. */
function summary(outcome: Outcome): string {
  if (outcome.kind === "value") return `value ${outcome.literal}`;
  if (outcome.kind === "thrown") return `thrown ${outcome.name}`;
  return outcome.kind;
}

async function runBetweenSentinels(
  executor: PooledExecutor,
  cases: readonly HostileCase[],
  expectedSentinel: Outcome,
): Promise<void> {
  const jobs = cases.flatMap(([, source, , argument = "5"]): Job[] => [
    SENTINEL,
    { program: { language: "javascript", source }, argument },
    SENTINEL,
  ]);
  const outcomes = await executor.runMany(jobs);
  cases.forEach(([name, , expected], i) => {
    assert.equal(summary(outcomes[3 * i + 1]), expected, name);
    assert.deepEqual(outcomes[3 * i], expectedSentinel, `before: ${name}`);
    assert.deepEqual(outcomes[3 * i + 2], expectedSentinel, `after: ${name}`);
  });
}

for (
  const [title, cases] of [
    ["the compared cases", COMPARED_CASES],
    ["the further cases", FURTHER_CASES],
  ] as const
) {
  Deno.test(`hostile JavaScript is contained: ${title}`, async () => {
    await using executor = await startExecutor({
      limits: { fuel: FUEL, sourceChars: 131_072 },
    });
    const expectedSentinel = await executor.run(SENTINEL);
    assert.equal(expectedSentinel.kind, "value");
    await runBetweenSentinels(executor, cases, expectedSentinel);
    assert.equal(executor.restarts, 0, "no process was restarted");
  });
}

Deno.test("there are as many hostile cases as promised", () => {
  assert.ok(COMPARED_CASES.length + FURTHER_CASES.length >= 84 + 40);
});

Deno.test("a hostile program keeps its outcome when run alone and repeatedly", async () => {
  await using executor = await startExecutor({
    workers: 1,
    limits: { fuel: 5_000_000 },
  });
  for (const [name, source, , argument = "5"] of FURTHER_CASES) {
    const job: Job = { program: { language: "javascript", source }, argument };
    const first = await executor.run(job);
    assert.deepEqual(await executor.run(job), first, name);
  }
});
