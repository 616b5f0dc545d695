import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  AdamW,
  type Decoder,
  defaultOptimiser,
  languageModelEvaluation,
  languageModelStep,
  responseLogProbs,
  sampleBatch,
  startBackend,
} from "../../lib/model/mod.ts";
import { eagerDecoding } from "../../lib/model/sampling/sampling.ts";
import { groupByPrompt } from "../../lib/model/training/training.ts";
import { NonFiniteError } from "../../lib/model/training/optimiser.ts";
import { tempered } from "../../lib/model/sampling/choice.ts";
import type { ObjectiveConfig } from "../../lib/method/objective/loss.ts";
import { fullWeights, smallModel, tokensOf } from "./shapes.ts";
import { policyStep } from "./policy_step.ts";

await startBackend();

const documents = [5, 9, 9, 12].map((length, i) => {
  const tokens = tokensOf(length, i);
  return { tokens, weights: fullWeights(tokens) };
});

const ppo: ObjectiveConfig = {
  objective: "ppo-clip",
  clipLow: 0.2,
  clipHigh: 0.2,
  entropyCoefficient: 0,
};

Deno.test("language-model steps lower the loss and keep the tensor count", async () => {
  const model = smallModel();
  const optimiser = new AdamW(model);
  const before = await languageModelEvaluation(model, documents);
  const counts: number[] = [];
  for (let step = 0; step < 30; step++) {
    const report = await languageModelStep(
      model,
      optimiser,
      documents,
      { ...defaultOptimiser, learningRate: 1e-2 },
    );
    if (step === 0) assert.ok(Math.abs(report.loss - before) < 1e-4);
    counts.push(tf.memory().numTensors);
  }
  assert.equal(counts.at(-1), counts[0]);
  assert.ok(await languageModelEvaluation(model, documents) < before / 2);
  optimiser.dispose();
  model.dispose();
});

Deno.test("token weights choose what is learnt", async () => {
  const model = smallModel();
  const tokens = tokensOf(8, "weights");
  const weights = tokens.map((_, i) => i === 5 ? 1 : 0);
  const loss = await languageModelEvaluation(model, [{ tokens, weights }]);
  const [[logProb]] = await responseLogProbs(model, [{
    promptTokens: tokens.slice(0, 5),
    responseTokens: [tokens[5]],
  }]);
  assert.ok(Math.abs(loss + logProb) < 1e-5);
  model.dispose();
});

Deno.test("the gradient is the slope of the loss", async () => {
  for (
    const family of [
      { model_type: "qwen2" as const },
      { model_type: "qwen3" as const },
      { model_type: "llama" as const, tie_word_embeddings: false },
    ]
  ) {
    const model = smallModel(family);
    const step = 1e-2;
    // One coordinate of every parameter, by central differences.
    for (let i = 0; i < model.specs.length; i++) {
      const slope = await analyticSlope(model, i);
      const numeric = (await shiftedLoss(model, i, step) -
        await shiftedLoss(model, i, -step)) / (2 * step);
      assert.ok(
        Math.abs(slope - numeric) < 2e-2 * Math.max(0.05, Math.abs(numeric)),
        `${family.model_type} ${
          model.specs[i].name
        }: ${slope} against ${numeric}`,
      );
    }
    model.dispose();
  }
});

Deno.test("responses of one prompt are scored as if alone", async () => {
  const model = smallModel();
  const promptTokens = tokensOf(6, "prompt");
  const long = tokensOf(7, "long");
  // Shared prefixes, a prefix of another response, and an equal pair.
  const responses = [
    tokensOf(4, "short"),
    long,
    [...long.slice(0, 4), 3, 2],
    long.slice(0, 2),
    long,
  ];
  const scored = await responseLogProbs(
    model,
    responses.map((responseTokens) => ({ promptTokens, responseTokens })),
  );
  // With every ratio 1 the loss is minus the sum of the advantages, which holds
  // only if the packed forward reproduces the separate log-probabilities.
  const advantages = responses.map((tokens, i) =>
    tokens.map((token, t) => (i + t + token) % 3 - 1)
  );
  const optimiser = new AdamW(model);
  const report = await policyStep(
    model,
    optimiser,
    responses.map((responseTokens, i) => ({
      promptTokens,
      responseTokens,
      advantages: advantages[i],
      oldLogProbs: scored[i],
      weights: responseTokens.map(() => 1),
    })),
    ppo,
    { ...defaultOptimiser, learningRate: 0 },
  );
  const total = advantages.flat().reduce((sum, value) => sum + value, 0);
  assert.ok(Math.abs(report.loss + total) < 1e-4, `${report.loss}`);
  assert.ok(Math.abs(report.approximateKl) < 1e-5);
  assert.equal(report.tokens, 26);
  assert.equal(report.clipFraction, 0);
  optimiser.dispose();
  model.dispose();
});

for (
  const objective of [
    "ppo-clip",
    "importance-sampling",
    "cispo",
    "reinforce",
  ] as const
) {
  Deno.test(`${objective} moves probability towards the advantage`, async () => {
    const model = smallModel();
    const optimiser = new AdamW(model);
    const promptTokens = tokensOf(6, "prompt");
    const good = tokensOf(5, "good");
    const bad = tokensOf(5, "bad");
    const sequences = [good, bad].map((responseTokens) => ({
      promptTokens,
      responseTokens,
    }));
    const before = await responseLogProbs(model, sequences);
    const report = await policyStep(
      model,
      optimiser,
      sequences.map((sequence, i) => ({
        ...sequence,
        advantages: sequence.responseTokens.map(() => i === 0 ? 1 : -1),
        oldLogProbs: before[i],
        weights: sequence.responseTokens.map(() => 0.1),
      })),
      { ...ppo, objective, entropyCoefficient: 0.01 },
      defaultOptimiser,
    );
    const after = await responseLogProbs(model, sequences);
    const total = (values: number[]) => values.reduce((a, b) => a + b);
    assert.ok(total(after[0]) > total(before[0]));
    assert.ok(total(after[1]) < total(before[1]));
    assert.ok(report.entropy > 0 && report.entropy < Math.log(24));
    optimiser.dispose();
    model.dispose();
  });
}

Deno.test("responses share a prompt's row while its columns last", () => {
  const sequences = Array.from({ length: 8 }, (_, i) => ({
    promptTokens: tokensOf(192, "long"),
    responseTokens: tokensOf(64, "response", i),
    advantages: [],
    oldLogProbs: [],
    weights: [],
  }));
  const sizes = (columns: number) =>
    groupByPrompt(sequences, columns).map(({ members }) => members.length);
  // A row of n responses has 192 + 63 n columns.
  assert.deepEqual(sizes(256), new Array(8).fill(1));
  assert.deepEqual(sizes(512), [5, 3]);
  assert.deepEqual(sizes(1024), [8]);
});

Deno.test("the clipped objective stops pushing outside its range", async () => {
  const model = smallModel();
  const optimiser = new AdamW(model);
  const promptTokens = tokensOf(6, "prompt");
  const responseTokens = tokensOf(1, "one");
  const [[logProb]] = await responseLogProbs(model, [{
    promptTokens,
    responseTokens,
  }]);
  // Ratio 1.5 with a positive advantage: min(1.5, 1.2) = 1.2, and no gradient.
  const step = (objective: ObjectiveConfig["objective"]) =>
    policyStep(
      model,
      optimiser,
      [{
        promptTokens,
        responseTokens,
        advantages: [1],
        oldLogProbs: [logProb - Math.log(1.5)],
        weights: [1],
      }],
      { ...ppo, objective },
      { ...defaultOptimiser, learningRate: 0 },
    );
  const clipped = await step("ppo-clip");
  assert.ok(Math.abs(clipped.loss + 1.2) < 1e-4);
  assert.equal(clipped.gradientNorm, 0);
  assert.equal(clipped.clipFraction, 1);
  const unclipped = await step("importance-sampling");
  assert.ok(Math.abs(unclipped.loss + 1.5) < 1e-4);
  assert.ok(unclipped.gradientNorm > 0);
  const bounded = await step("cispo");
  assert.ok(Math.abs(bounded.loss + 1.2 * logProb) < 1e-4);
  assert.ok(
    Math.abs(bounded.gradientNorm / unclipped.gradientNorm - 1.2 / 1.5) < 1e-3,
  );
  optimiser.dispose();
  model.dispose();
});

Deno.test("a loss that is not finite changes nothing", async () => {
  const model = smallModel();
  const optimiser = new AdamW(model);
  const before = await model.parameter("model.norm.weight").data();
  const promptTokens = [2, 3];
  const tensors = tf.memory().numTensors;
  await assert.rejects(
    policyStep(
      model,
      optimiser,
      [{
        promptTokens,
        responseTokens: [4],
        advantages: [NaN],
        oldLogProbs: [-1],
        weights: [1],
      }],
      ppo,
      defaultOptimiser,
    ),
    NonFiniteError,
  );
  assert.deepEqual(await model.parameter("model.norm.weight").data(), before);
  assert.equal(optimiser.step, 0);
  assert.equal(tf.memory().numTensors, tensors);
  optimiser.dispose();
  model.dispose();
});

Deno.test("policy-gradient steps with mixed bans keep the tensor count", async () => {
  const model = smallModel();
  const optimiser = new AdamW(model);
  const sequences = Array.from({ length: 40 }, (_, i) => {
    const responseTokens = tokensOf(5, "many", i);
    return {
      promptTokens: tokensOf(6, "prompt", i % 7),
      responseTokens,
      advantages: responseTokens.map(() => i % 2 === 0 ? 1 : -1),
      oldLogProbs: responseTokens.map(() => -3),
      weights: responseTokens.map(() => 0.01),
      bannedTokens: i % 3 === 0 ? [9, 10] : [],
    };
  }).filter(({ responseTokens, bannedTokens }) =>
    !responseTokens.some((token) => bannedTokens.includes(token))
  );
  const step = () =>
    policyStep(model, optimiser, sequences, ppo, defaultOptimiser);
  await step();
  const before = tf.memory().numTensors;
  for (let i = 0; i < 5; i++) await step();
  assert.equal(tf.memory().numTensors, before);
  optimiser.dispose();
  model.dispose();
});

Deno.test("AdamW takes the published first step", async () => {
  const model = smallModel();
  const optimiser = new AdamW(model);
  const name = "model.layers.0.mlp.up_proj.weight";
  const before = await model.parameter(name).data();
  await languageModelStep(model, optimiser, documents, {
    ...defaultOptimiser,
    learningRate: 0.01,
    weightDecay: 0.5,
  });
  const after = await model.parameter(name).data();
  // The first bias-corrected step is lr * sign(gradient); decay takes lr * 0.5 * w.
  let moved = 0;
  for (let i = 0; i < before.length; i++) {
    const step = Math.abs(after[i] - before[i] * (1 - 0.01 * 0.5));
    if (Math.abs(step - 0.01) < 1e-5) moved++;
  }
  assert.ok(moved > 0.95 * before.length, `${moved} of ${before.length}`);
  optimiser.dispose();
  model.dispose();
});

/** The gradient of one coordinate, read off an optimiser step's first moment. */
async function analyticSlope(model: Decoder, parameter: number) {
  const optimiser = new AdamW(model);
  await languageModelStep(model, optimiser, documents, {
    ...defaultOptimiser,
    learningRate: 0,
    beta1: 0,
    maxGradientNorm: 1e9,
  });
  const { firstMoment } = await optimiser.state();
  const offset = model.specs.slice(0, parameter)
    .map(({ shape }) => shape.reduce((product, axis) => product * axis, 1))
    .reduce((sum, size) => sum + size, 0);
  optimiser.dispose();
  return firstMoment[offset + coordinate(model, parameter)];
}

async function shiftedLoss(model: Decoder, parameter: number, shift: number) {
  const old = model.parameters().map((tensor) => tensor.clone());
  const values = await old[parameter].data() as Float32Array;
  const moved = Float32Array.from(values);
  moved[coordinate(model, parameter)] += shift;
  model.replaceParameters(
    old.map((tensor, i) =>
      i === parameter ? tf.tensor(moved, tensor.shape) : tensor.clone()
    ),
  );
  const loss = await languageModelEvaluation(model, documents);
  model.replaceParameters(old);
  return loss;
}

/** A coordinate that matters: for the embedding, one of a token that occurs. */
function coordinate(model: Decoder, parameter: number): number {
  const { name, shape } = model.specs[parameter];
  const width = shape.at(-1)!;
  if (name === "model.embed_tokens.weight" || name === "lm_head.weight") {
    return documents[0].tokens[1] * width + 3;
  }
  return Math.min(3, width - 1);
}

Deno.test("at a temperature the policy is the tempered one, sampled, scored and trained", async () => {
  const model = smallModel();
  const promptTokens = tokensOf(6, "prompt");
  for (const decoding of [undefined, eagerDecoding]) {
    const [samples] = await sampleBatch(
      model,
      [{ promptTokens, count: 4, maxNewTokens: 8, seed: 3 }],
      { temperature: 2, stopTokens: [] },
      undefined,
      decoding,
    );
    const sequences = samples.map(({ tokens }) => ({
      promptTokens,
      responseTokens: tokens,
      temperature: 2,
    }));
    const scored = await responseLogProbs(model, sequences);
    const plain = await responseLogProbs(
      model,
      sequences.map((sequence) => ({ ...sequence, temperature: 1 })),
    );
    scored.flat().forEach((value, i) => {
      assert.ok(Math.abs(value - samples.flatMap((s) => s.logProbs)[i]) < 1e-4);
    });
    assert.notDeepEqual(scored, plain);
    const optimiser = new AdamW(model);
    const report = await policyStep(
      model,
      optimiser,
      sequences.map((sequence, i) => ({
        ...sequence,
        advantages: sequence.responseTokens.map(() => 1),
        oldLogProbs: samples[i].logProbs,
        weights: sequence.responseTokens.map(() => 1),
      })),
      ppo,
      { ...defaultOptimiser, learningRate: 0 },
    );
    assert.ok(Math.abs(report.approximateKl) < 1e-4, `${report.approximateKl}`);
    assert.equal(report.clipFraction, 0);
    optimiser.dispose();
  }
  await assert.rejects(
    responseLogProbs(model, [
      { promptTokens, responseTokens: [3], temperature: 1 },
      { promptTokens, responseTokens: [3], temperature: 2 },
    ]),
    /sequences\[\]\.temperature is 1 and 2; give one call sequences of one/,
  );
  model.dispose();
});

Deno.test("a temperature of 2 halves the logits: worked numbers", () => {
  // Logits 2 and 0: at temperature 2 the odds are e^1, so log p = -ln(1 + 1/e).
  const half = tempered(tf.tensor2d([[2, 0]]), 2);
  const [first] = tf.logSoftmax(half).dataSync();
  assert.ok(Math.abs(first + Math.log(1 + Math.exp(-1))) < 1e-6);
  const logits = tf.tensor2d([[2, 0]]);
  assert.equal(tempered(logits, 0), logits);
  assert.equal(tempered(logits, 1), logits);
});

Deno.test("a gap between positions changes a loss, moving all of them does not", async () => {
  const model = smallModel();
  const tokens = tokensOf(9, "positions");
  const document = { tokens, weights: fullWeights(tokens) };
  const lossAt = (at: (i: number) => number) =>
    languageModelEvaluation(model, [{
      ...document,
      positions: tokens.map((_, i) => at(i)),
    }]);
  const plain = await languageModelEvaluation(model, [document]);
  assert.equal(await lossAt((i) => i), plain);
  assert.ok(Math.abs(await lossAt((i) => i + 5) - plain) < 1e-5);
  assert.ok(Math.abs(await lossAt((i) => i < 4 ? i : i + 5) - plain) > 1e-4);
  model.dispose();
});
