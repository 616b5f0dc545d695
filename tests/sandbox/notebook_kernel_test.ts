/** No sandbox process outlives a notebook's kernel, however the kernel ends. */

import assert from "node:assert/strict";

import { Kernel } from "../../tasks/notebook/kernel.ts";

const PATIENCE_MS = 30_000;
const CELL_MS = 60_000;

/** Starts an executor in a cell, keeps it busy for seconds, and prints its processes. */
const CELL = `
import "../lib/show/mod.ts";
import { startExecutor } from "../lib/sandbox/mod.ts";
const executor = await startExecutor({ languages: ["javascript"], workers: 2 });
await executor.start();
const spin = {
  program: { language: "javascript", source: "x=>{for(;;);}" },
  argument: "1",
  limits: { fuel: 20_000_000 },
};
executor.runMany(Array(60).fill(spin)).catch(() => {});
console.log(JSON.stringify(executor.pids));
`;

async function startBusyKernel(): Promise<{ kernel: Kernel; pids: number[] }> {
  const kernel = await Kernel.start({ folder: "notebooks" });
  const { status, messages } = await kernel.execute(CELL, CELL_MS);
  assert.equal(status, "ok");
  const printed = messages.filter(({ type }) => type === "stream")
    .map(({ content }) => content.text).join("");
  const pids: number[] = JSON.parse(printed);
  assert.equal(pids.length, 2);
  for (const pid of pids) assert.ok(isThere(pid), `${pid} never ran`);
  return { kernel, pids };
}

/** Whether the process table has it at all: a zombie counts. */
function isThere(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie that the machine's first process has inherited is its to collect.
    return !(state === "Z" && parent === "1");
  } catch {
    return false;
  }
}

async function assertGone(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (pids.some(isThere)) {
    assert.ok(performance.now() < deadline, `still there: ${pids}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

Deno.test("a kernel that is shut down leaves no busy sandbox process", async () => {
  const { kernel, pids } = await startBusyKernel();
  await kernel.stop();
  await assertGone(pids);
});

Deno.test("a kernel that is killed leaves no busy sandbox process", async () => {
  const { kernel, pids } = await startBusyKernel();
  await kernel.kill();
  await assertGone(pids);
});

Deno.test("interrupting a cell leaves the executor at work", async () => {
  const { kernel, pids } = await startBusyKernel();
  try {
    kernel.interrupt();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { status, messages } = await kernel.execute(
      `console.log((await executor.run({ ...spin, program: { language: "javascript", source: "x=>x" } })).kind)`,
      CELL_MS,
    );
    assert.equal(status, "ok");
    assert.ok(JSON.stringify(messages).includes("value"));
  } finally {
    await kernel.stop();
    await assertGone(pids);
  }
});
