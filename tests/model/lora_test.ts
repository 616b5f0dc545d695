import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import {
  AdamW,
  Adapters,
  defaultOptimiser,
  hasAdapters,
  languageModelEvaluation,
  languageModelStep,
  LORA_TARGETS,
  sampleBatch,
  saveModel,
  startBackend,
} from "../../lib/model/mod.ts";
import { LocalEngine } from "../../lib/engines/local.ts";
import { fullWeights, smallModel, tokensOf } from "./shapes.ts";

await startBackend();

const documents = [7, 11].map((length, i) => {
  const tokens = tokensOf(length, "lora", i);
  return { tokens, weights: fullWeights(tokens) };
});

Deno.test("fresh adapters change nothing; training them leaves the base alone", async () => {
  const model = smallModel();
  const plain = await languageModelEvaluation(model, documents);
  const base = await Promise.all(model.parameters().map((x) => x.data()));
  model.attachAdapters(
    Adapters.fresh(
      model.config,
      { rank: 2, alpha: 4, targets: LORA_TARGETS },
      3,
    ),
  );
  assert.equal(await languageModelEvaluation(model, documents), plain);
  const optimiser = new AdamW(model);
  const counts: number[] = [];
  for (let step = 0; step < 20; step++) {
    await languageModelStep(model, optimiser, documents, {
      ...defaultOptimiser,
      learningRate: 1e-2,
    });
    counts.push(tf.memory().numTensors);
  }
  assert.ok(await languageModelEvaluation(model, documents) < 0.8 * plain);
  assert.equal(counts.at(-1), counts[0]);
  const after = await Promise.all(model.parameters().map((x) => x.data()));
  assert.deepEqual(after, base);
  optimiser.dispose();
  model.dispose();
});

Deno.test("an engine with adapters saves them alone and resumes", async () => {
  const folder = await Deno.makeTempDir();
  const base = join(folder, "base");
  const fresh = smallModel();
  await saveModel(fresh, base);
  fresh.dispose();
  const engine = await LocalEngine.withAdapters(
    base,
    { rank: 2, alpha: 2, targets: ["q_proj", "down_proj"] },
    1,
  );
  const sequence = {
    promptTokens: tokensOf(4, "p"),
    responseTokens: tokensOf(4, "r"),
    advantages: [1, 1, 1, 1],
    oldLogProbs: [-2, -2, -2, -2],
    weights: [1, 1, 1, 1],
  };
  const objective = {
    objective: "reinforce" as const,
    clipLow: 0.2,
    clipHigh: 0.2,
    entropyCoefficient: 0,
  };
  await engine.trainStep([sequence], objective, defaultOptimiser);
  const saved = join(folder, "adapters");
  await engine.save(saved);
  assert.ok(hasAdapters(saved));
  await assert.rejects(Deno.stat(join(saved, "model.safetensors")));
  const resumed = await LocalEngine.fromFolder(saved);
  const a = await engine.trainStep([sequence], objective, defaultOptimiser);
  const b = await resumed.trainStep([sequence], objective, defaultOptimiser);
  assert.equal(a.loss, b.loss);
  assert.equal(a.gradientNorm, b.gradientNorm);
  engine.dispose();
  resumed.dispose();
});

for (const adapted of [false, true]) {
  Deno.test(`recomputed layers give the same gradients${adapted ? ", with adapters" : ""}`, async () => {
    const results = [];
    for (const recomputes of [false, true]) {
      const model = smallModel({ model_type: "qwen2" });
      if (adapted) {
        model.attachAdapters(
          Adapters.fresh(
            model.config,
            { rank: 2, alpha: 2, targets: LORA_TARGETS },
            1,
          ),
        );
      }
      model.recomputesLayers = recomputes;
      const optimiser = new AdamW(model);
      const before = tf.memory().numTensors;
      const report = await languageModelStep(model, optimiser, documents, {
        ...defaultOptimiser,
        learningRate: 0,
        beta1: 0,
        maxGradientNorm: 1e9,
      });
      assert.equal(tf.memory().numTensors, before);
      const { firstMoment } = await optimiser.state();
      const [[sample]] = await sampleBatch(model, [{
        promptTokens: documents[0].tokens,
        count: 1,
        maxNewTokens: 5,
        seed: 1,
      }], { temperature: 1, stopTokens: [] });
      assert.equal(sample.tokens.length, 5);
      results.push({ loss: report.loss, firstMoment });
      optimiser.dispose();
      model.dispose();
    }
    const [kept, again] = results;
    assert.ok(Math.abs(kept.loss - again.loss) < 1e-6);
    assert.ok(kept.firstMoment.some((slope) => slope !== 0));
    kept.firstMoment.forEach((slope, i) =>
      assert.ok(Math.abs(slope - again.firstMoment[i]) < 1e-5)
    );
  });
}
