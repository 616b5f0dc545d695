import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import {
  AdamW,
  defaultOptimiser,
  languageModelStep,
  loadModel,
  responseLogProbs,
  sampleBatch,
  startBackend,
} from "../../lib/model/mod.ts";
import { fullWeights, smallModel, tokensOf } from "./shapes.ts";
import { policyStep } from "./policy_step.ts";

// This file runs on WebAssembly whatever the machine has, so that the fallback
// is tested everywhere.
Deno.test("a backend is chosen by variable, overridden by name, once per process", async () => {
  await assert.rejects(startBackend("abacus"), /choose one of/);
  Deno.env.set("AZR_BACKEND", "abacus");
  await assert.rejects(startBackend(), /unknown backend "abacus"/);
  // A name in the program goes before the variable.
  const info = await startBackend("wasm");
  Deno.env.delete("AZR_BACKEND");
  assert.equal(info.name, "wasm");
  assert.match(info.reason, /asked for by name/);
  assert.equal(tf.getBackend(), "wasm");
  assert.equal(await startBackend(), info);
  await assert.rejects(startBackend("cpu"), /already running/);
});

Deno.test("the fallback backend trains", async () => {
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

Deno.test("the fallback backend samples what its training forward scores", async () => {
  const model = smallModel();
  const optimiser = new AdamW(model);
  const promptTokens = tokensOf(6, "wasm prompt");
  const [samples] = await sampleBatch(model, [
    { promptTokens, count: 4, maxNewTokens: 10, seed: 2 },
    { promptTokens: tokensOf(3, "beside"), count: 2, maxNewTokens: 4, seed: 3 },
  ], { temperature: 1, topP: 0.95, topK: 20, stopTokens: [1] });
  const sequences = samples.map(({ tokens }) => ({
    promptTokens,
    responseTokens: tokens,
  }));
  const scored = await responseLogProbs(model, sequences);
  samples.forEach(({ logProbs }, i) =>
    logProbs.forEach((value, t) =>
      assert.ok(Math.abs(value - scored[i][t]) < 1e-4)
    )
  );
  const before = tf.memory().numTensors;
  const report = await policyStep(
    model,
    optimiser,
    sequences.map((sequence, i) => ({
      ...sequence,
      advantages: samples[i].tokens.map(() => i - 1.5),
      oldLogProbs: samples[i].logProbs,
      weights: samples[i].tokens.map(() => 0.1),
    })),
    {
      objective: "ppo-clip",
      clipLow: 0.2,
      clipHigh: 0.2,
      entropyCoefficient: 0,
    },
    defaultOptimiser,
  );
  assert.ok(Math.abs(report.approximateKl) < 1e-4 && report.gradientNorm > 0);
  assert.equal(tf.memory().numTensors, before);
  optimiser.dispose();
  model.dispose();
});

for (const name of ["qwen2", "qwen3", "llama"]) {
  Deno.test(`${name} on the fallback backend: logits and greedy text equal PyTorch's`, async () => {
    const folder = fileURLToPath(
      new URL(join("fixtures", name), import.meta.url),
    );
    const expected = JSON.parse(
      await Deno.readTextFile(join(folder, "expected.json")),
    );
    const model = await loadModel(folder);
    const logits = model.forward(expected.tokens) as tf.Tensor3D;
    const values = await logits.array();
    logits.dispose();
    expected.positions.forEach((position: number, i: number) =>
      values.forEach((row, b) =>
        row[position].forEach((value, token) =>
          assert.ok(Math.abs(value - expected.logits[b][i][token]) < 1e-4)
        )
      )
    );
    const [[sample]] = await sampleBatch(model, [{
      promptTokens: expected.greedy_prompt,
      count: 1,
      maxNewTokens: expected.greedy.length,
      seed: 0,
    }], { temperature: 0, stopTokens: [] });
    assert.deepEqual(sample.tokens, expected.greedy);
    model.dispose();
  });
}
