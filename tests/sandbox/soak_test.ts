/** Twenty thousand programs, one in twenty hostile, within a stated bound of memory. */

import assert from "node:assert/strict";

import { type Job, startExecutor } from "../../lib/sandbox/mod.ts";
import { workload } from "./workload.ts";

const PROGRAMS = 20_000;
const EVERY = 20;
/** Resident memory of a sandbox process at any time between batches. */
const BOUND_MEGABYTES = 600;

const HOSTILE: [source: string, kind: string][] = [
  ["x=>{for(;;);}", "fuel"],
  ["x=>{const a=[];for(;;)a.push(new Uint8Array(1e6))}", "memory"],
  ["function f(x){return f(x)}", "thrown"],
  ["x=>/^(a+)+$/.test('a'.repeat(40)+'b')", "fuel"],
];

Deno.test("a soak of 20,000 programs loses nothing and holds its memory", async () => {
  await using executor = await startExecutor({ limits: { fuel: 1_000_000 } });
  const jobs = workload("tiny", "javascript", PROGRAMS).map((job, i): Job => {
    if (i % EVERY !== 0) return job;
    const [source] = HOSTILE[(i / EVERY) % HOSTILE.length];
    return { program: { language: "javascript", source }, argument: "1" };
  });
  let worst = 0;
  for (let first = 0; first < PROGRAMS; first += 4000) {
    const outcomes = await executor.runMany(jobs.slice(first, first + 4000));
    outcomes.forEach((outcome, offset) => {
      const i = first + offset;
      const isHostile = i % EVERY === 0;
      const expected = isHostile
        ? HOSTILE[(i / EVERY) % HOSTILE.length][1]
        : i % 20 === 16
        ? "thrown"
        : "value";
      assert.equal(outcome.kind, expected, `program ${i}`);
    });
    worst = Math.max(worst, ...executor.pids.map(residentMegabytes));
  }
  assert.equal(executor.restarts, 0);
  assert.ok(worst < BOUND_MEGABYTES, `${worst} MB`);
});

function residentMegabytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}
