import assert from "node:assert/strict";
import { join } from "node:path";
import { ENGINES } from "../../lib/engine/mod.ts";
import { startExecutor } from "../../lib/executor/mod.ts";
import {
  differingSettings,
  readRun,
  recordRun,
  type RunSummary,
} from "../../lib/run/mod.ts";
import { main } from "../../tasks/runs.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../selfplay/scripted_engine.ts";
import { smallConfig } from "./small_config.ts";

Deno.test("runs are listed and compared", async () => {
  const parent = await Deno.makeTempDir({ prefix: "runs-command-" });
  const tokenizer = characterTokenizer();
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const folders = [join(parent, "one"), join(parent, "two")];
  for (const [i, folder] of folders.entries()) {
    await recordRun({
      folder,
      config: { ...smallConfig, steps: 2, seed: i + 1, references: i },
      engine: new ScriptedEngine(tokenizer),
      tokenizer,
      executor,
      experiment: { preset: "small" },
      evaluate: (step) =>
        Promise.resolve([0, 1, 2, 3].map((item) => ({
          split: "familiar",
          mode: "deduction",
          item,
          temperature: 0,
          thinking: "free",
          samples: 1,
          correct: item < step + i ? 1 : 0,
        }))),
    });
  }
  const listed = await saidBy(["list", parent]);
  assert.match(listed, /one +small +1 +2\/2/);
  assert.match(listed, /two +small +2 +2\/2/);
  const [one, two] = ["local", "tinker"].map((name) =>
    ENGINES[name as "local" | "tinker"]
  );
  const runs = folders.map(readRun);
  const told = [one, two].map((engineConfig, i) => ({
    ...runs[i],
    manifest: { ...runs[i].manifest, engineConfig },
  }));
  const fields = (summaries: RunSummary[]) =>
    differingSettings(summaries).map(({ field }) => field);
  assert.deepEqual(fields(runs), ["references", "seed"]);
  const ofEngine = ["engine.address", "engine.engine", "engine.loraRank"];
  assert.deepEqual(fields(told), ["references", "seed", ...ofEngine]);
  const compared = await saidBy(["compare", ...folders]);
  assert.match(compared, /references +0 +1/);
  assert.doesNotMatch(compared, /learningRate/);
  const accuracy =
    /familiar\/deduction greedy +0\.0% → 50\.0% \(4, step 2\) +25\.0% → 75\.0%/;
  assert.match(compared, accuracy);
  await Deno.remove(parent, { recursive: true });
});

Deno.test("what the command does not understand, it says", async () => {
  assert.match(await saidBy(["compare", "one"], 2), /RUN RUN/);
  assert.match(await saidBy(["compare", "no", "such"], 1), /holds no run/);
});

/** What the command printed, checked to end with `code`. */
async function saidBy(args: string[], code = 0): Promise<string> {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (...parts: unknown[]) => {
    lines.push(parts.join(" "));
  };
  try {
    assert.equal(await main(args), code);
  } finally {
    Object.assign(console, { log, error });
  }
  return lines.join("\n");
}
