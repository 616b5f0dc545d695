/** The matrix of solvers on tasks: each checkpoint with its own answers. */

import assert from "node:assert/strict";
import { solverMatrix } from "../../lib/lab/mod.ts";
import { type SelfPlayConfig, TINY_CONFIG } from "../../lib/method/mod.ts";
import { dialectNamed } from "../../lib/method/modes/mod.ts";
import { recordRun } from "../../lib/run/mod.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { ENGINES } from "../../lib/engines/mod.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";

const config: SelfPlayConfig = {
  ...TINY_CONFIG,
  steps: 6,
  modes: ["deduction"],
  proposalsPerMode: 6,
  rolloutsPerTask: 4,
  seedTasksPerMode: 6,
  checkpointEvery: 2,
  keepCheckpoints: 0,
  inputsPerProgram: 0,
  duplicates: "admit",
};

/** Proposes sums, and is right as often as it has skill. */
function engine(): ScriptedEngine {
  return new ScriptedEngine(characterTokenizer(), (prompt, variant) => {
    if (prompt.startsWith("<P")) return [`x=>x+${variant}<i>${variant}<eos>`];
    const [, a, b] = /x=>x\+(\d+)<i>(\d+)/.exec(prompt) ?? ["", "0", "0"];
    return [`<a>${Number(a) + Number(b)}<eos>`, "<a>y<eos>", "<a>y<eos>"];
  });
}

Deno.test("each kept checkpoint solves the tasks of every stretch", async () => {
  const folder = await Deno.makeTempDir();
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const player = engine();
  const { tokenizer } = player;
  const run = { folder, config, engine: player, tokenizer, executor };
  await recordRun({ ...run, engineConfig: ENGINES.local });
  const dialect = dialectNamed(config.dialect);
  const setting = { config, engine: player, tokenizer, executor, dialect };
  const measure = () =>
    solverMatrix(folder, setting, { perColumn: 5, samples: 8 });
  const { steps, tasks, rates } = await measure();
  assert.deepEqual(steps, [2, 4, 6]);
  tasks.forEach((column, s) => {
    assert.equal(column.length, 5);
    for (const { provenance: { step } } of column) {
      assert.ok(step > steps[s] - 2 && step <= steps[s]);
    }
  });
  assert.equal(rates.length, 3);
  // The table's skill grows with every update, whatever the tasks.
  for (const s of [0, 1, 2]) {
    assert.ok(rates[0][s] < rates[2][s], `${rates.map((row) => row[s])}`);
  }
  assert.deepEqual((await measure()).rates, rates);
  await Deno.remove(`${folder}/checkpoints/step-000002`, { recursive: true });
  await Deno.remove(`${folder}/checkpoints/step-000004`, { recursive: true });
  await assert.rejects(measure(), /has 1 checkpoints.*"keepCheckpoints" 0/);
  await Deno.remove(folder, { recursive: true });
});
