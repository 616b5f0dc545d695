import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  AdamW,
  defaultOptimiser,
  languageModelStep,
  startBackend,
} from "../../lib/model/mod.ts";
import { fullWeights, smallModel, tokensOf } from "./shapes.ts";

// This file runs on WebAssembly whatever the machine has, so that the fallback
// is tested everywhere.
Deno.test("the fallback backend trains, and says that it was asked for", async () => {
  await assert.rejects(startBackend("abacus"), /choose one of/);
  const info = await startBackend("wasm");
  assert.equal(info.name, "wasm");
  assert.match(info.reason, /asked for by name/);
  assert.equal(tf.getBackend(), "wasm");
  assert.equal(await startBackend(), info);
  await assert.rejects(startBackend("cpu"), /already running/);
  const model = smallModel();
  const optimiser = new AdamW(model);
  const tokens = tokensOf(9, "wasm");
  const losses = [];
  for (let step = 0; step < 5; step++) {
    const { loss } = await languageModelStep(
      model,
      optimiser,
      [{ tokens, weights: fullWeights(tokens) }],
      { ...defaultOptimiser, learningRate: 1e-2 },
    );
    losses.push(loss);
  }
  assert.ok(losses[4] < losses[0]);
  optimiser.dispose();
  model.dispose();
});
