import assert from "node:assert/strict";
import { join } from "node:path";
import { LocalEngine } from "../../lib/engines/local.ts";
import type { TrainSequence } from "../../lib/method/engine.ts";
import {
  defaultOptimiser,
  loadModel,
  startBackend,
} from "../../lib/model/mod.ts";
import { smallModel, tokensOf } from "../model/shapes.ts";

await startBackend();

const objective = {
  objective: "reinforce" as const,
  clipLow: 0.2,
  clipHigh: 0.2,
  entropyCoefficient: 0,
};

function sequence(seed: number): TrainSequence {
  const responseTokens = tokensOf(4, "response", seed);
  return {
    promptTokens: tokensOf(5, "prompt", seed),
    responseTokens,
    advantages: responseTokens.map(() => 1),
    oldLogProbs: responseTokens.map(() => -2),
    weights: responseTokens.map(() => 0.25),
  };
}

Deno.test("a saved engine continues exactly where it was", async () => {
  const folder = join(await Deno.makeTempDir(), "step-1");
  const engine = new LocalEngine(smallModel());
  await engine.trainStep([sequence(1)], objective, defaultOptimiser);
  await engine.save(folder);
  const resumed = await LocalEngine.fromFolder(folder);
  assert.deepEqual(resumed.description, engine.description);
  const next = [sequence(2), sequence(3)];
  const a = await engine.trainStep(next, objective, defaultOptimiser);
  const b = await resumed.trainStep(next, objective, defaultOptimiser);
  assert.equal(a.loss, b.loss);
  assert.deepEqual(await engine.logProbs(next), await resumed.logProbs(next));
  // Going back by load() undoes the step.
  await engine.load(folder);
  const c = await engine.trainStep(next, objective, defaultOptimiser);
  assert.equal(c.loss, a.loss);
  engine.dispose();
  resumed.dispose();
});

Deno.test("saving replaces the folder whole and leaves no scraps", async () => {
  const parent = await Deno.makeTempDir();
  const folder = join(parent, "latest");
  const engine = new LocalEngine(smallModel());
  await engine.save(folder);
  await Deno.writeTextFile(join(folder, "tokenizer.json"), "{}");
  await engine.save(folder);
  assert.deepEqual([...Deno.readDirSync(parent)].map(({ name }) => name), [
    "latest",
  ]);
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  assert.deepEqual(files, [
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "optimizer.safetensors",
    "tokenizer.json",
  ]);
  engine.dispose();
});

Deno.test("a folder that lacks its weights is refused by name", async () => {
  const folder = join(await Deno.makeTempDir(), "model");
  const engine = new LocalEngine(smallModel());
  await engine.save(folder);
  await Deno.remove(join(folder, "model.safetensors"));
  await assert.rejects(loadModel(folder), /neither model\.safetensors nor/);
  engine.dispose();
});
