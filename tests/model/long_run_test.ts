/** A thousand steps: no tensor is left behind, and memory stays where it was. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  AdamW,
  Adapters,
  defaultOptimiser,
  languageModelStep,
  sampleBatch,
  startBackend,
} from "../../lib/model/mod.ts";
import { fullWeights, smallModel, tokensOf } from "./shapes.ts";
import { policyStep } from "./policy_step.ts";

await startBackend();

const STEPS = 1000;

for (const adapted of [false, true]) {
  Deno.test(
    `live tensors stay flat over ${STEPS} steps${
      adapted ? " with adapters" : ""
    }`,
    async () => {
      const model = smallModel({
        hidden_size: 8,
        num_hidden_layers: 1,
        num_attention_heads: 2,
        num_key_value_heads: 1,
        intermediate_size: 8,
      });
      if (adapted) {
        const lora = {
          rank: 2,
          alpha: 2,
          targets: ["q_proj", "up_proj"] as const,
        };
        model.attachAdapters(Adapters.fresh(model.config, lora, 1));
      }
      const optimiser = new AdamW(model);
      const counts: number[] = [];
      const bytes: number[] = [];
      for (let step = 0; step < STEPS; step++) {
        if (step % 2 === 0) await imitate(model, optimiser, step);
        else await reinforce(model, optimiser, step);
        counts.push(tf.memory().numTensors);
        bytes.push(tf.memory().numBytes);
      }
      // Of the first step of either kind, because some constants are made once.
      assert.deepEqual([...new Set(counts.slice(2))], [counts[1]]);
      assert.deepEqual([...new Set(bytes.slice(2))], [bytes[1]]);
      optimiser.dispose();
      model.dispose();
    },
  );
}

type Model = ReturnType<typeof smallModel>;

/** One language-model step on documents of changing lengths. */
async function imitate(model: Model, optimiser: AdamW, step: number) {
  const documents = [3 + step % 7, 4 + step % 5].map((length, i) => {
    const tokens = tokensOf(length, step, i);
    return { tokens, weights: fullWeights(tokens) };
  });
  await languageModelStep(model, optimiser, documents, defaultOptimiser);
}

/** One sampled batch and a policy-gradient step on it. */
async function reinforce(model: Model, optimiser: AdamW, step: number) {
  const promptTokens = tokensOf(3 + step % 4, "prompt", step);
  const [samples] = await sampleBatch(model, [
    { promptTokens, count: 2, maxNewTokens: 4, seed: step },
  ], { temperature: 1, stopTokens: [1] });
  await policyStep(
    model,
    optimiser,
    samples.map(({ tokens, logProbs }, i) => ({
      promptTokens,
      responseTokens: tokens,
      advantages: tokens.map(() => 1 - 2 * i),
      oldLogProbs: logProbs,
      weights: tokens.map(() => 0.5),
    })),
    {
      objective: "ppo-clip",
      clipLow: 0.2,
      clipHigh: 0.2,
      entropyCoefficient: 0.01,
    },
    defaultOptimiser,
  );
}
