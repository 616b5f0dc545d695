/** No child outlives its parent, however the parent ends; and what a child can see. */

import assert from "node:assert/strict";
import { join } from "node:path";

import { sweepCacheFolders } from "../../lib/sandbox/processes/cache_folder.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";

const MODULE = new URL("../../lib/sandbox/mod.ts", import.meta.url).href;
const PATIENCE_MS = 30_000;

/** Whether a process still runs; an ended one that nobody has asked about does not. */
function isRunning(pid: number): boolean {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2)[0] !== "Z";
  } catch {
    return false;
  }
}

async function waitUntilGone(pids: readonly number[]): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (pids.some(isRunning)) {
    assert.ok(performance.now() < deadline, `still running: ${pids}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * Starts a parent that prints its children's numbers and then does `rest`.
 * Returns once the numbers are known.
 */
async function startParent(
  rest: string,
): Promise<{ parent: Deno.ChildProcess; pids: number[] }> {
  const script = `
    import { startExecutor } from ${JSON.stringify(MODULE)};
    const executor = await startExecutor({ languages: ["javascript"], workers: 2 });
    await executor.start();
    const loop = { program: { language: "javascript", source: "x=>{for(;;);}" }, argument: "1" };
    const quick = { program: { language: "javascript", source: "x=>x" }, argument: "1" };
    await executor.runMany([quick, quick]);
    console.log(JSON.stringify(executor.pids));
    ${rest}`;
  const parent = new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let printed = "";
  const reader = parent.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (!printed.includes("\n")) {
    const { value, done } = await reader.read();
    assert.ok(!done, "the parent ended before it printed");
    printed += value;
  }
  await reader.cancel();
  const pids: number[] = JSON.parse(printed);
  assert.equal(pids.length, 2);
  return { parent, pids };
}

const STAY = "await new Promise((resolve) => setTimeout(resolve, 60_000));";
const SPIN = `executor.runMany(Array(100).fill(loop)).catch(() => {}); ${STAY}`;

Deno.test("a parent that forgets to close ends by itself, and its children with it", async () => {
  const { parent, pids } = await startParent("");
  assert.equal((await parent.status).code, 0);
  await waitUntilGone(pids);
});

Deno.test("a parent that crashes leaves no child", async () => {
  const { parent, pids } = await startParent("throw new Error('crash');");
  assert.notEqual((await parent.status).code, 0);
  await waitUntilGone(pids);
});

for (const signal of ["SIGKILL", "SIGINT", "SIGTERM"] as const) {
  Deno.test(`a parent ended by ${signal} leaves no child, idle or spinning`, async () => {
    for (const rest of [STAY, SPIN]) {
      const { parent, pids } = await startParent(rest);
      parent.kill(signal);
      await parent.status;
      await waitUntilGone(pids);
    }
  });
}

Deno.test("an interrupt from the terminal reaches the children and does not stop them", async () => {
  await using executor = await startExecutor({ workers: 1 });
  const job = {
    program: { language: "javascript" as const, source: "x=>x" },
    argument: "1",
  };
  await executor.run(job);
  for (const pid of executor.pids) Deno.kill(pid, "SIGINT");
  assert.equal((await executor.run(job)).kind, "value");
  assert.equal(executor.restarts, 0);
});

Deno.test("closing leaves neither children nor zombies nor files", async () => {
  const executor = await startExecutor({ languages: ["javascript"] });
  await executor.start();
  const pids = executor.pids;
  assert.ok(pids.length > 0);
  await executor.close();
  for (const pid of pids) {
    assert.throws(() => Deno.statSync(`/proc/${pid}`), Deno.errors.NotFound);
  }
  await executor.close(); // twice does no harm
});

Deno.test("closing ends what is running", async () => {
  const executor = await startExecutor({ workers: 1 });
  const program = { language: "javascript" as const, source: "x=>{for(;;);}" };
  const running = executor.run({ program, argument: "1" });
  const rejected = assert.rejects(running, /closed/);
  await executor.close();
  await rejected;
  await assert.rejects(executor.run({ program, argument: "1" }), /closed/);
});

Deno.test("a child sees no storage, environment, file or network of its parent", async () => {
  const source =
    `x=>[typeof localStorage,typeof caches,typeof Deno,typeof process,typeof fetch]`;
  const job = {
    program: { language: "javascript" as const, source },
    argument: "1",
  };
  for (let round = 0; round < 2; round++) { // in one child, and in the next
    await using executor = await startExecutor({ workers: 1 });
    const outcome = await executor.run(job);
    assert.equal(outcome.kind, "value");
    assert.deepEqual(JSON.parse(outcome.literal), Array(5).fill("undefined"));
    const environment = Deno.readTextFileSync(
      `/proc/${executor.pids[0]}/environ`,
    );
    assert.doesNotMatch(environment, /HOME=|PATH=/);
  }
});

/** Runs a snippet with the executor under a stack limit; what it printed. */
async function underStackLimit(
  limit: string,
): Promise<string> {
  const script = `
    import { startExecutor } from ${JSON.stringify(MODULE)};
    try {
      await using executor = await startExecutor({ workers: 1 });
      const program = { language: "javascript", source: "function f(x){return f(x)}" };
      console.log((await executor.run({ program, argument: "1" })).kind, executor.restarts);
    } catch (error) {
      console.log(error.message);
    }`;
  const { stdout } = await new Deno.Command("/usr/bin/prlimit", {
    args: [`--stack=${limit}`, "--", Deno.execPath(), "eval", script],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("a low stack limit is raised for the children", async () => {
  assert.equal(await underStackLimit(`${4 << 20}:`), "thrown 0");
});

Deno.test("a stack limit that cannot be raised is refused with its cure", async () => {
  assert.match(await underStackLimit(`${4 << 20}`), /ulimit -s 8192/);
});

Deno.test("cache folders of dead owners are swept once they are old", async () => {
  const parent = await Deno.makeTempDir();
  const DEAD = 2 ** 30; // beyond the largest process number of Linux
  const old = new Date(Date.now() - 3_600_000);
  const make = (name: string, time?: Date) => {
    const folder = join(parent, name);
    Deno.mkdirSync(folder);
    if (time) Deno.utimeSync(folder, time, time);
  };
  make(`executor-${DEAD}-old`, old);
  make(`executor-${DEAD}-young`);
  make(`executor-${Deno.pid}-alive`, old);
  make("executor-other", old);
  sweepCacheFolders(parent);
  const left = [...Deno.readDirSync(parent)].map(({ name }) => name).sort();
  await Deno.remove(parent, { recursive: true });
  assert.deepEqual(
    left,
    [
      `executor-${DEAD}-young`,
      `executor-${Deno.pid}-alive`,
      "executor-other",
    ].sort(),
  );
});

Deno.test("the folder of an owner killed by SIGKILL is swept, a living one's is not", async () => {
  const parent = await Deno.makeTempDir();
  const owner = new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      `import { startExecutor } from ${JSON.stringify(MODULE)};
       await startExecutor({ workers: 1 });
       console.log("ready");
       setInterval(() => {}, 1000);`,
    ],
    env: { TMPDIR: parent },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = owner.stdout.getReader();
  await reader.read();
  const folders = () => [...Deno.readDirSync(parent)].map(({ name }) => name);
  const [folder] = folders();
  assert.match(folder, new RegExp(`^executor-${owner.pid}-`));
  const age = () => {
    const old = new Date(Date.now() - 3_600_000);
    Deno.utimeSync(join(parent, folder), old, old);
  };
  age();
  sweepCacheFolders(parent);
  assert.deepEqual(folders(), [folder], "its owner lives");
  owner.kill("SIGKILL");
  await owner.status;
  await reader.cancel();
  // Its child ends by itself, and may write its caches a moment longer.
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual(folders(), [folder], "nobody was left to remove it");
  age();
  sweepCacheFolders(parent);
  assert.deepEqual(folders(), []);
  await Deno.remove(parent, { recursive: true });
});

Deno.test("a limit of memory that Python cannot honour is refused, alone and in company", async () => {
  for (const languages of [["python"], ["javascript", "python"]] as const) {
    const starting = startExecutor({
      languages,
      limits: { memoryBytes: 1 << 20 },
    });
    await assert.rejects(starting, /memoryBytes does not apply to Python/);
  }
});

Deno.test("a source of half a character or too many is no program, in any language", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript", "python"],
  });
  const sources = [
    ["javascript", "x => '\ud800'"],
    ["python", "lambda x: '\udfff'"],
    ["javascript", `x => 1 //${"x".repeat(40_000)}`],
    ["python", `lambda x: 1 #${"x".repeat(40_000)}`],
  ] as const;
  const outcomes = await executor.runMany(
    sources.map(([language, source]) => ({
      program: { language, source },
      argument: "1",
    })),
  );
  assert.deepEqual(outcomes.map(({ kind }) => kind), [
    ...["syntax", "syntax", "refused", "refused"],
  ]);
});
