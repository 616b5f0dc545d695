/** A run killed by SIGKILL again and again, at moments drawn by seed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type RandomStream, randomStream } from "../../lib/random.ts";
import { LOG_NAMES } from "../../lib/run/record.ts";
import { readRun } from "../../lib/run/read.ts";

const KILLS = 20;
const STEPS = 80;
/** Moments too short to be hit by chance; the run holds still at them. */
const HELD = ["solved", "rewarded", "advantages", "updated", "stepFinished"];
const SCRIPT = new URL("./killed_run.ts", import.meta.url).pathname;

Deno.test(`killed by SIGKILL ${KILLS} times, a run ends as if it never was`, async () => {
  const parent = await Deno.makeTempDir({ prefix: "kill-test-" });
  const whole = join(parent, "whole");
  assert.ok((await start(whole).output()).success);
  const killed = join(parent, "killed");
  const stream = randomStream(5, "kills");
  const moments: string[] = [];
  while (moments.length < KILLS) {
    moments.push(await killOnce(killed, stream, moments.length));
  }
  assert.ok((await start(killed).output()).success);
  for (const name of LOG_NAMES) {
    if (name === "timings.jsonl") continue;
    const [got, wanted] = [killed, whole].map((folder) =>
      Deno.readTextFileSync(join(folder, name))
    );
    assert.ok(
      got === wanted,
      `${name} differs; killed at ${moments.join(", ")}`,
    );
  }
  const { manifest, metrics } = readRun(killed);
  assert.equal(metrics.length, STEPS + 1);
  // Kills struck in many stages, and the run had got somewhere in between.
  assert.ok(new Set(moments).size > 5, moments.join(", "));
  const amidWriting = moments.filter((moment) => moment === "writing").length;
  assert.ok(amidWriting >= KILLS / 4, moments.join(", "));
  assert.ok(new Set(manifest.resumed.map((one) => one.afterStep)).size > 3);
  await Deno.remove(parent, { recursive: true });
});

function start(folder: string, ...hold: string[]) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", SCRIPT, folder, `${STEPS}`, ...hold],
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

/**
 * Lets a run live for some events, and then a moment more or, every other time,
 * until it holds still; returns the last that it said before it was killed.
 */
async function killOnce(
  folder: string,
  stream: RandomStream,
  number: number,
): Promise<string> {
  const events = stream.integer(1, 32);
  const delay = stream.next() * 15;
  const held = number % 4 === 3
    ? "writing"
    : number % 4 === 1
    ? HELD[(number >> 2) % HELD.length]
    : null;
  const child = start(folder, ...(held === null ? [] : [`${events}`, held]));
  let seen: string[] = [];
  for await (const chunk of child.stdout) {
    seen = seen.concat(new TextDecoder().decode(chunk).trim().split("\n"));
    if (held === null ? seen.length < events : seen.at(-1) !== "held") continue;
    await new Promise((resolve) => setTimeout(resolve, delay));
    kill(child);
  }
  const { signal } = await child.status;
  assert.equal(signal, "SIGKILL", `kill ${number} came too late`);
  if (held === "writing") assert.ok(isWriting(join(folder, "checkpoints")));
  return held ?? seen.at(-1)?.split(" ").at(-1) ?? "nothing";
}

/** Whether an unfinished checkpoint lies there. */
function isWriting(folder: string): boolean {
  return [...Deno.readDirSync(folder)]
    .some(({ name }) => name.startsWith(".unfinished-"));
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It is dying already.
  }
}
