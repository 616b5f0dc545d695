/**
 * Some training and sampling in a process of its own: `steps_process.ts FOLDER`.
 * Weights and moments go into the folder, samples to the output.
 */
import {
  AdamW,
  defaultOptimiser,
  languageModelStep,
  sampleBatch,
  saveModel,
  startBackend,
  writeOptimiserState,
} from "../../lib/model/mod.ts";
import { fullWeights, smallModel, tokensOf } from "./shapes.ts";
import { policyStep } from "./policy_step.ts";

const [folder] = Deno.args;
await startBackend();
const model = smallModel();
const optimiser = new AdamW(model);
const settings = { ...defaultOptimiser, learningRate: 1e-2 };
const promptTokens = tokensOf(6, "prompt");
for (let step = 0; step < 10; step++) {
  const tokens = tokensOf(5 + step, "document", step);
  const documents = [{ tokens, weights: fullWeights(tokens) }];
  await languageModelStep(model, optimiser, documents, settings);
  const request = { promptTokens, count: 6, maxNewTokens: 12, seed: step };
  const [samples] = await sampleBatch(model, [request], {
    temperature: 1,
    topP: 0.9,
    stopTokens: [1],
  });
  console.log(JSON.stringify(samples));
  await policyStep(
    model,
    optimiser,
    samples.map((sample, i) => ({
      promptTokens,
      responseTokens: sample.tokens,
      advantages: sample.tokens.map(() => i - 2.5),
      oldLogProbs: sample.logProbs,
      weights: sample.tokens.map(() => 0.1),
    })),
    {
      objective: "ppo-clip",
      clipLow: 0.2,
      clipHigh: 0.2,
      entropyCoefficient: 0.01,
    },
    settings,
  );
}
await saveModel(model, folder);
await writeOptimiserState(optimiser, folder);
