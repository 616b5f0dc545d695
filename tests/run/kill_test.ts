/** A run killed by SIGKILL again and again, at moments drawn by seed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type RandomStream, randomStream } from "../../lib/random/mod.ts";
import { LOG_NAMES, readRun } from "../../lib/run/mod.ts";

const KILLS = 20;
const STEPS = 80;
/** Events after which a run is killed in which no writing was seen. */
const PATIENCE = 24;
const SCRIPT = new URL("./killed_run.ts", import.meta.url).pathname;

Deno.test(`killed by SIGKILL ${KILLS} times, a run ends as if it never was`, async () => {
  const parent = await Deno.makeTempDir({ prefix: "kill-test-" });
  const whole = join(parent, "whole");
  assert.ok((await start(whole).status).success);
  const killed = join(parent, "killed");
  const stream = randomStream(5, "kills");
  const moments: string[] = [];
  while (moments.length < KILLS) {
    moments.push(await killOnce(killed, stream, moments.length));
  }
  assert.ok((await start(killed).status).success);
  for (const name of LOG_NAMES) {
    if (name === "timings.jsonl") continue;
    const [got, wanted] = [killed, whole].map((folder) =>
      Deno.readTextFileSync(join(folder, name))
    );
    assert.ok(
      got === wanted,
      `${name} differs; killed at ${moments.join("; ")}`,
    );
  }
  const { manifest, metrics } = readRun(killed);
  assert.equal(metrics.length, STEPS + 1);
  // Kills struck in several stages and in writing, and the run had got
  // somewhere in between. Which stages, out of four, is up to the machine.
  const stages = new Set(moments.map((moment) => moment.split(",")[0]));
  assert.ok(stages.size > 2, moments.join("; "));
  assert.ok(moments.some((moment) => moment.endsWith(", writing")));
  assert.ok(new Set(manifest.resumed.map((one) => one.afterStep)).size > 3);
  await Deno.remove(parent, { recursive: true });
});

function start(folder: string, stdout: "null" | "piped" = "null") {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SCRIPT, folder, `${STEPS}`],
    stdout,
    stderr: "null",
  }).spawn();
}

/**
 * Lets a run live for some events and a moment more, or until it writes a
 * checkpoint; returns the last event before it was killed.
 */
async function killOnce(
  folder: string,
  stream: RandomStream,
  number: number,
): Promise<string> {
  const child = start(folder, "piped");
  const events = stream.integer(1, 32);
  const delay = stream.next() * 15;
  const inWriting = number % 4 === 3;
  let seen: string[] = [];
  if (inWriting) killInWriting(child, folder);
  for await (const chunk of child.stdout) {
    const lines = new TextDecoder().decode(chunk).trim().split("\n");
    seen = seen.concat(lines);
    if (seen.length < (inWriting ? PATIENCE : events)) continue;
    await new Promise((resolve) => setTimeout(resolve, delay));
    kill(child);
  }
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL", `kill ${number} came too late`);
  const last = seen.at(-1)?.split(" ").at(-1) ?? "nothing";
  return inWriting ? `${last}, writing` : last;
}

/** Kills as soon as an unfinished checkpoint is seen. */
function killInWriting(child: Deno.ChildProcess, folder: string): void {
  const look = setInterval(() => {
    if (!isWriting(join(folder, "checkpoints"))) return;
    clearInterval(look);
    kill(child);
  }, 0);
  child.status.finally(() => clearInterval(look));
}

function isWriting(folder: string): boolean {
  try {
    return [...Deno.readDirSync(folder)].some(({ name }) =>
      name.startsWith(".unfinished-")
    );
  } catch {
    return false;
  }
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It is dying already.
  }
}
