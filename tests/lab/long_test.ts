import assert from "node:assert/strict";
import { join } from "node:path";
import { presetNamed } from "../../lib/lab/presets.ts";
import { runExperiment } from "../../lib/lab/run.ts";
import { readRun } from "../../lib/run/read.ts";
import { checkConfig } from "../../lib/method/config.ts";
import { MICRO } from "./micro_preset.ts";

Deno.test("the long preset is well formed, and a shrunken copy of it plays", async () => {
  const long = presetNamed("long");
  checkConfig(long.selfPlay);
  assert.ok(long.pretrain.tokens > presetNamed("default").pretrain.tokens);
  const folder = await Deno.makeTempDir();
  try {
    const outcome = await runExperiment({
      preset: {
        ...long,
        world: { ...long.world, familiarItems: 2, otherItems: 2 },
        model: { ...long.model, ...MICRO.model },
        pretrain: { ...long.pretrain, tokens: 8_000, warmupSteps: 2 },
        selfPlay: {
          ...long.selfPlay,
          steps: 1,
          proposalsPerMode: 2,
          seedTasksPerMode: 2,
          seedRounds: 1,
        },
        evaluation: {
          ...long.evaluation,
          maxNewTokens: 8,
          passItems: 1,
          passSamples: 16,
        },
      },
      seed: 1,
      folder: join(folder, "run"),
      cacheFolder: join(folder, "cache"),
    });
    assert.ok(outcome.finished);
    const { evaluations } = readRun(join(folder, "run"));
    assert.ok(
      evaluations.some(({ step, samples }) => step === 1 && samples === 16),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
