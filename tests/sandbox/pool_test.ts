/** The pool loses no job and believes no lie. */

import assert from "node:assert/strict";

import type { Reply, WireJob } from "../../lib/sandbox/processes/frame.ts";
import type { Job, Outcome } from "../../lib/sandbox/mod.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { type Child, Pool } from "../../lib/sandbox/processes/pool.ts";
import { randomStream } from "../../lib/random.ts";
import { workload } from "./workload.ts";

const LIMITS = { fuel: 1000, wallMs: 1000 };

const javascript = (source: string, argument = ""): Job => ({
  program: { language: "javascript", source },
  argument,
});

const answer = (source: string): Outcome => ({
  kind: "value",
  literal: source,
  canonical: source,
  fuel: 1,
});

/** A child that answers as told: honestly by default, the job's source being the value. */
class ScriptedChild implements Child {
  readonly pid = 0;
  hasEnded = false;
  readonly #pending: WireJob[][] = [];
  readonly #script: (jobs: WireJob[]) => Reply | "died" | "stalled";

  constructor(script: (jobs: WireJob[]) => Reply | "died" | "stalled") {
    this.#script = script;
  }

  send(jobs: readonly WireJob[]): void {
    this.#pending.push([...jobs]);
  }

  reply(): Promise<Reply | "died" | "stalled"> {
    const jobs = this.#pending.shift();
    return Promise.resolve(jobs ? this.#script(jobs) : "died");
  }

  end(): Promise<void> {
    this.hasEnded = true;
    return Promise.resolve();
  }
}

const honest = (jobs: WireJob[]): Reply => ({
  nonce: "",
  outcomes: jobs.map(([id, , source]) => [id, answer(source)]),
});

/** Runs 100 jobs in a pool whose first child misbehaves and whose later ones do not. */
async function runAgainst(
  script: (jobs: WireJob[]) => Reply | "died" | "stalled",
): Promise<{ outcomes: Outcome[]; pool: Pool; children: ScriptedChild[] }> {
  const children: ScriptedChild[] = [];
  const pool = new Pool(() => {
    const child = new ScriptedChild(children.length === 0 ? script : honest);
    children.push(child);
    return Promise.resolve(child);
  }, { workers: 1, limits: LIMITS });
  const jobs = Array.from({ length: 100 }, (_, i) => javascript(`job ${i}`));
  const outcomes = await pool.runMany(jobs);
  await pool.close();
  return { outcomes, pool, children };
}

const EXPECTED = Array.from({ length: 100 }, (_, i) => answer(`job ${i}`));

Deno.test("an outcome for a job the child does not hold is not believed", async () => {
  const { outcomes, pool, children } = await runAgainst((jobs) => ({
    nonce: "",
    outcomes: [[jobs.at(-1)![0] + 1000, answer("forged")]],
  }));
  assert.deepEqual(outcomes, EXPECTED);
  assert.equal(pool.restarts, 1);
  assert.ok(children[0].hasEnded);
});

Deno.test("an outcome counts once: repeating a number ends the child", async () => {
  const { outcomes, pool } = await runAgainst((jobs) => ({
    nonce: "",
    outcomes: [[jobs[0][0], answer("job 0")], [jobs[0][0], answer("forged")]],
  }));
  assert.deepEqual(outcomes, EXPECTED);
  assert.equal(pool.restarts, 1);
});

Deno.test("a reply without a proper outcome is not believed", async () => {
  const broken = { literal: "forged" } as unknown as Outcome;
  const { outcomes } = await runAgainst((jobs) => ({
    nonce: "",
    outcomes: [[jobs[0][0], broken]],
  }));
  assert.deepEqual(outcomes, EXPECTED);
});

Deno.test("a child that dies after some answers loses none of the others", async () => {
  let replies = 0;
  const { outcomes, pool } = await runAgainst((jobs) =>
    replies++ === 0 ? honest(jobs) : "died"
  );
  assert.deepEqual(outcomes, EXPECTED);
  assert.equal(pool.restarts, 1);
});

Deno.test("unproven outcomes count when the child says so, and not when it dies", async () => {
  const wrong = (jobs: WireJob[]): Reply => ({
    nonce: "",
    outcomes: jobs.map(([id]) => [id, answer("wrong")]),
    unproven: true,
  });
  const { outcomes, pool } = await runAgainst(wrong); // and then it dies
  assert.deepEqual(outcomes, EXPECTED);
  assert.equal(pool.restarts, 1);

  const proven = await runAgainst((jobs) => ({
    ...honest(jobs),
    stands: true,
  }));
  assert.deepEqual(proven.outcomes, EXPECTED);
  assert.equal(proven.pool.restarts, 0);
});

Deno.test("only the job that stalls alone becomes an infrastructure outcome", async () => {
  const pool = new Pool(
    () =>
      Promise.resolve(
        new ScriptedChild((jobs) =>
          jobs.some(([, , source]) => source === "job 7")
            ? "stalled"
            : honest(jobs)
        ),
      ),
    { workers: 2, limits: LIMITS },
  );
  const jobs = Array.from({ length: 40 }, (_, i) => javascript(`job ${i}`));
  const outcomes = await pool.runMany(jobs);
  outcomes.forEach((outcome, i) =>
    i === 7
      ? assert.equal(outcome.kind, "infrastructure")
      : assert.deepEqual(outcome, answer(`job ${i}`))
  );
  assert.equal(pool.restarts, 3, "once in company, twice alone");
  await pool.close();
});

Deno.test("a pool whose children do not start fails its jobs with the reason", async () => {
  const pool = new Pool(() => Promise.reject(new Error("no such program")), {
    workers: 2,
    limits: LIMITS,
  });
  await assert.rejects(pool.runMany([javascript("x")]), /no such program/);
  await pool.close();
});

Deno.test("outcomes keep the order of the jobs, for callers side by side too", async () => {
  await using executor = await startExecutor();
  const numbers = Array.from({ length: 500 }, (_, i) => i);
  const batches = await Promise.all([1, 2, 3].map((factor) =>
    executor.runMany(
      numbers.map((i) => javascript(`x=>x*${factor}`, String(i))),
    )
  ));
  batches.forEach((outcomes, batch) =>
    outcomes.forEach((outcome, i) => {
      assert.equal(outcome.kind, "value");
      assert.equal(outcome.literal, String(i * (batch + 1)));
    })
  );
});

Deno.test("one run after the other, each started by the last one's outcome", async () => {
  await using executor = await startExecutor({ workers: 1 });
  for (let i = 0; i < 200; i++) {
    const outcome = await executor.run(javascript("x=>x+1", String(i)));
    assert.equal(outcome.kind, "value");
    assert.equal(outcome.literal, String(i + 1));
  }
});

Deno.test("aborting rejects with the reason and leaves the executor usable", async () => {
  await using executor = await startExecutor({ workers: 1 });
  const controller = new AbortController();
  const jobs = Array.from(
    { length: 200 },
    () => javascript("x=>{for(;;);}", "1"),
  );
  const running = executor.runMany(jobs, { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assert.rejects(running, /enough/);
  await assert.rejects(
    executor.runMany(jobs, { signal: controller.signal }),
    /enough/,
  );
  assert.equal((await executor.run(javascript("x=>x", "1"))).kind, "value");
  assert.equal(executor.restarts, 0);
});

Deno.test("the wall clock is a backstop whose firing is no verdict", async () => {
  await using executor = await startExecutor({
    workers: 1,
    limits: { fuel: 2_000_000_000, wallMs: 400 },
  });
  const outcomes = await executor.runMany([
    javascript("x=>x", "1"),
    javascript("x=>{for(;;);}", "1"),
    javascript("x=>x", "2"),
  ]);
  assert.deepEqual(outcomes.map(({ kind }) => kind), [
    "value",
    "infrastructure",
    "value",
  ]);
});

Deno.test("the wall clock stops one call of a Python program, not its others", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["python"],
    limits: { fuel: 2_000_000_000, wallMs: 2000 },
  });
  const program = {
    language: "python" as const,
    source: "def f(x):\n    while x == 2:\n        pass\n    return x",
  };
  const outcomes = await executor.runMany(
    ["0", "1", "2", "3", "4"].map((argument) => ({ program, argument })),
  );
  assert.deepEqual(
    outcomes.map((o) => o.kind === "value" ? o.literal : o.kind),
    ["0", "1", "infrastructure", "3", "4"],
  );
  assert.ok(executor.restarts > 0);
});

Deno.test("killing children at random changes no result of 5,000 programs", async () => {
  const jobs = workload("tiny", "javascript", 5000);
  await using executor = await startExecutor();
  const expected = await executor.runMany(jobs);
  const random = randomStream(1, "kill");
  let kills = 0;
  const killer = setInterval(() => {
    const pids = executor.pids;
    if (pids.length === 0 || kills === 10) return;
    try {
      Deno.kill(random.choice(pids), "SIGKILL");
      kills++;
    } catch { /* it has just ended */ }
  }, 100);
  try {
    assert.deepEqual(await executor.runMany(jobs), expected);
  } finally {
    clearInterval(killer);
  }
  assert.ok(kills > 0, "some child was killed");
  assert.ok(executor.restarts > 0, "and replaced");
});
