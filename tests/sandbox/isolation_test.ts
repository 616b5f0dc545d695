/** Whatever a program makes CPython write, later programs find nothing of it. */

import assert from "node:assert/strict";

import {
  type Job,
  type Outcome,
  startExecutor,
  validateProposals,
  verifyInduction,
} from "../../lib/sandbox/mod.ts";
import type { PooledExecutor } from "../../lib/sandbox/executor.ts";
import { MEMORY_ATTACKS, mutant, wildStore } from "./memory_attacks.ts";

/** For example 20,000, whose ends are printed as they come: ten minutes of two idle cores. */
const WANTED = Deno.env.get("AZR_MUTANTS");
const MUTANTS = Number(WANTED ?? 200);
const SEED = 1;
const FUEL = 2_000_000;

/** Uses most of what an interpreter is made of; its fuel is compared too. */
const SENTINEL = job(
  `import builtins, functools, gc, json, math, re, sys
class Point:
    def __init__(self, x): self.x = x
    def __eq__(self, other): return self.x == other.x
def f(x):
    try: {}['key']
    except KeyError as error: message = repr(error)
    return [x + 2, 3 + int(str(x)) - 1, sum([3, 4]), sorted('cab'), 7 * 8, 2**70,
        {i: str(i) for i in range(9)}, math.sqrt(x), json.dumps([None, True, 1.5]),
        re.sub('b+', '-', 'abbc'), Point(1) == Point(1), message, len(vars(builtins)),
        len(sys.modules), gc.isenabled(), gc.get_threshold(), functools.reduce(int.__add__, range(9)),
        'é'.encode(), frozenset([1, 1]), hasattr(builtins, 'leaked'), 10**30 % 97]`,
);

function job(source: string, argument = "5"): Job {
  return { program: { language: "python", source }, argument };
}

function startPython(workers: number): Promise<PooledExecutor> {
  const limits = { fuel: FUEL };
  return startExecutor({ workers, languages: ["python"], limits });
}

/** Runs programs between sentinels; how many ended in each way. */
async function betweenSentinels(
  executor: PooledExecutor,
  sources: readonly string[],
): Promise<Record<string, number>> {
  const expected = await executor.run(SENTINEL);
  assert.equal(expected.kind, "value");
  const outcomes = await executor.runMany(
    sources.flatMap((source) => [job(source), SENTINEL]),
  );
  const counts: Record<string, number> = {};
  sources.forEach((source, i) => {
    const { kind } = outcomes[2 * i];
    counts[kind] = (counts[kind] ?? 0) + 1;
    assert.deepEqual(outcomes[2 * i + 1], expected, source);
  });
  return counts;
}

Deno.test("what a program writes into the interpreter ends with the program", async () => {
  await using executor = await startPython(1);
  const attacks = MEMORY_ATTACKS.map(([, source]) => source);
  await betweenSentinels(executor, attacks);
  const outcomes = await executor.runMany(attacks.map((source) => job(source)));
  MEMORY_ATTACKS.forEach(([name, , isWithin], i) => {
    if (!isWithin) assert.equal(outcomes[i].kind, "infrastructure", name);
  });
  assert.deepEqual(
    await executor.runMany(attacks.toReversed().map((source) => job(source))),
    outcomes.toReversed(),
  );
  assert.equal(executor.restarts, 0);
});

Deno.test("validation and verification hold after an attack on memory", async () => {
  await using executor = await startPython(1);
  const program = (source: string) => job(source).program;
  const honest = {
    program: program("def f(x):\n    return x + 2"),
    argument: "5",
  };
  for (const [name, source] of MEMORY_ATTACKS) {
    const attack = { program: program(source), argument: "5" };
    const [before, , after] = await validateProposals(
      executor,
      [honest, attack, honest],
    );
    assert.equal(before.valid && before.output, "7", name);
    assert.deepEqual(after, before, name);
    const hidden = [{ argument: "5", output: "7" }];
    assert.ok(
      (await verifyInduction(executor, honest.program, hidden)).correct,
    );
  }
});

Deno.test("one argument's writes do not reach the next argument of the program", async () => {
  await using executor = await startPython(1);
  const source = wildStore([
    "if x == 1: m[a(7) + 12] = 9",
    `if x == 2: m[${96 * 2 ** 20}] = 1`,
    "if x > 2: return [x + 4, 10 - x]",
  ]);
  const outcomes = await executor.runMany(
    ["3", "1", "3", "2", "3"].map((argument) => job(source, argument)),
  );
  const results = (all: Outcome[]) =>
    all.map((outcome) =>
      outcome.kind === "value" ? outcome.literal : outcome.kind
    );
  assert.deepEqual(
    results([outcomes[0], outcomes[2], outcomes[3], outcomes[4]]),
    ["[7,7]", "[7,7]", "infrastructure", "[7,7]"],
  );
  assert.deepEqual(outcomes[2], outcomes[0]);
  assert.deepEqual(outcomes[4], outcomes[0]);
});

Deno.test(`${MUTANTS} programs of mutated bytecode change nothing and lose nothing`, async () => {
  await using executor = await startPython(2);
  const counts: Record<string, number> = {};
  for (let first = 0; first < MUTANTS; first += 200) {
    const length = Math.min(200, MUTANTS - first);
    const sources = Array.from({ length }, (_, i) => mutant(SEED, first + i));
    const found = await betweenSentinels(executor, sources);
    for (const [kind, count] of Object.entries(found)) {
      counts[kind] = (counts[kind] ?? 0) + count;
    }
    if (WANTED) console.log(first + length, JSON.stringify(counts));
  }
  assert.equal(
    Object.values(counts).reduce((sum, count) => sum + count),
    MUTANTS,
  );
  assert.ok(counts.infrastructure > 0, "no mutant broke the interpreter");
  assert.equal(executor.restarts, 0);
});
