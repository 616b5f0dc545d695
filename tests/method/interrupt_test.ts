/** Ctrl-C on the command line: the step is finished and saved, and the run can go on. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { checkpointSteps } from "../../lib/run/checkpoint.ts";
import { readMetrics } from "../../lib/run/read.ts";
import { interrupted } from "../run/interrupted.ts";

Deno.test("Ctrl-C finishes the step, saves it and leaves; so do SIGTERM and SIGHUP", async () => {
  const parent = await Deno.makeTempDir({ prefix: "ctrl-c-" });
  const folder = join(parent, "run");
  const args = ["--preset", "smoke", "--seed", "1", "--out", folder];
  const first = await interrupted(
    [...args, "--steps", "30", "--set", "evaluateEvery=0"],
    / step 2\/30/,
    "SIGINT",
  );
  const stoppedAfter = (said: string) =>
    Number(/stopped and saved after step (\d+)/.exec(said)?.[1]);
  const step = stoppedAfter(first.said);
  assert.equal(first.code, 0, first.said);
  assert.ok(step >= 2 && step < 30, first.said);
  assert.match(
    first.said,
    /go on with:\n +(?:deno|npx -y deno@[\d.]+) task selfplay --resume --out/,
  );
  assert.equal(checkpointSteps(folder).at(-1), step);
  assert.equal(readMetrics(folder).length, step + 1);

  const second = await interrupted(
    ["--resume", "--out", folder],
    new RegExp(` step ${step + 1}/30`),
    "SIGTERM",
  );
  const further = stoppedAfter(second.said);
  assert.equal(second.code, 0, second.said);
  assert.ok(further > step && further < 30, second.said);
  assert.deepEqual(
    readMetrics(folder).map((row) => row.step),
    Array.from({ length: further + 1 }, (_, i) => i),
  );

  // A closed terminal says so twice, which is no hurry.
  const third = await interrupted(
    ["--resume", "--out", folder],
    new RegExp(` step ${further + 1}/30`),
    "SIGHUP",
    "SIGHUP",
  );
  const last = stoppedAfter(third.said);
  assert.equal(third.code, 0, third.said);
  assert.ok(last > further && last < 30, third.said);
  assert.equal(checkpointSteps(folder).at(-1), last);
  await Deno.remove(parent, { recursive: true });
});
