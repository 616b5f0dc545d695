/** Weights in 16 bits: their numbers, training beside 32 bits, memory, and checkpoints. */

import assert from "node:assert/strict";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { LocalEngine } from "../../lib/engines/local.ts";
import {
  AdamW,
  Adapters,
  defaultOptimiser,
  languageModelStep,
  loadModel,
  LORA_TARGETS,
  responseLogProbs,
  sampleBatch,
  saveModel,
  startBackend,
} from "../../lib/model/mod.ts";
import { narrowBfloat16, widenBfloat16 } from "../../lib/model/files/half.ts";
import {
  type DecodingKind,
  eagerDecoding,
} from "../../lib/model/sampling/sampling.ts";
import { nativeTensorFlow } from "../../lib/model/kernels.ts";
import {
  packed,
  packedAtRandom,
  widened,
} from "../../lib/model/native/bfloat16.ts";
import { randomStream } from "../../lib/random.ts";
import { plainBatch } from "../../lib/model/training/batch.ts";
import { fullWeights, smallModel, tokensOf } from "./shapes.ts";

await startBackend();
const ignore = nativeTensorFlow() === null;

function numbers(count: number): Float32Array {
  const stream = randomStream(3, "halves");
  return Float32Array.from({ length: count }, () => stream.normal());
}

Deno.test({
  name: "tfjs refuses bfloat16, and a packed matrix is the nearest one",
  ignore,
  fn() {
    assert.throws(
      () => tf.cast(tf.scalar(1), "bfloat16" as "float32"),
      /Failed to cast to unknown dtype/,
    );
    const values = numbers(600);
    // Halfway between two numbers: the even one.
    values.set([1 + 2 ** -8, 1 + 3 * 2 ** -8, 0, -0.1]);
    tf.tidy(() => {
      const matrix = packed(tf.tensor2d(values, [30, 20]));
      assert.deepEqual([matrix.shape, matrix.dtype], [[30, 10], "int32"]);
      const wide = widened(matrix).dataSync();
      assert.deepEqual(wide, widenBfloat16(narrowBfloat16(values)));
      assert.deepEqual([...wide.slice(0, 3)], [1, 1 + 2 ** -6, 0]);
    });
  },
});

Deno.test({
  name: "rounding at random keeps the mean, and the seed gives the numbers",
  ignore,
  fn() {
    tf.tidy(() => {
      // A quarter of the way from 1 to the next number, and exactly a number.
      for (
        const [value, share] of [[1 + 2 ** -9, 0.25], [-3 - 2 ** -7, 0.5], [
          0.5,
          0,
        ]]
      ) {
        const many = tf.fill([400, 20], value);
        const [a, b, other] = [[1, 2], [1, 2], [1, 3]].map((seed) =>
          widened(packedAtRandom(many, seed as [number, number])).dataSync()
        );
        assert.deepEqual(a, b);
        if (share > 0) assert.notDeepEqual(a, other);
        const ups = a.filter((number) => Math.abs(number) > Math.abs(value));
        // Four standard deviations of 8,000 draws.
        assert.ok(Math.abs(ups.length / 8000 - share) < 0.023, `${value}`);
        assert.ok(new Set(a).size <= 2);
      }
      const zero = packedAtRandom(tf.zeros([2, 2]), [1, 1]);
      assert.deepEqual([...widened(zero).dataSync()], [0, 0, 0, 0]);
    });
  },
});

const documents = [0, 1, 2].map((i) => {
  const tokens = tokensOf(12, "narrow", i);
  return { tokens, weights: fullWeights(tokens) };
});

/** Losses of a training run. */
async function losses(narrow: boolean, lora: boolean, steps: number) {
  const model = smallModel({ model_type: "llama" });
  if (lora) {
    const config = { rank: 4, alpha: 8, targets: LORA_TARGETS };
    model.attachAdapters(Adapters.fresh(model.config, config, 1));
  }
  if (narrow) model.narrow();
  const optimiser = new AdamW(model);
  const before = tf.memory().numTensors;
  const seen = [];
  for (let step = 0; step < steps; step++) {
    const { loss } = await languageModelStep(model, optimiser, documents, {
      ...defaultOptimiser,
      learningRate: lora ? 1e-2 : 2e-3,
    });
    seen.push(loss);
  }
  assert.equal(tf.memory().numTensors, before);
  optimiser.dispose();
  model.dispose();
  return seen;
}

/** Most by which losses in 16 bits may differ from those in 32, in nats. */
const TOLERANCE = 0.05;

for (const lora of [false, true]) {
  Deno.test({
    name: `training in 16 bits follows 32${lora ? ", with adapters" : ""}`,
    ignore,
    fn: async () => {
      const [wide, narrow] = [
        await losses(false, lora, 40),
        await losses(true, lora, 40),
      ];
      const apart = wide.map((loss, i) => Math.abs(loss - narrow[i]));
      const [first, last] = [wide[0], wide.at(-1)!];
      console.log(
        `loss ${first.toFixed(3)} → ${last.toFixed(3)}, in 16 bits ${
          narrow.at(-1)!.toFixed(3)
        }, at most ${Math.max(...apart).toFixed(4)} apart`,
      );
      assert.ok(last < first - 10 * TOLERANCE);
      assert.ok(Math.max(...apart) < TOLERANCE);
    },
  });
}

Deno.test({
  name: "an update far below a weight's last place is not lost",
  ignore,
  fn: async () => {
    // Each step moves a weight by a thousandth of it; its last place is 1/256.
    const model = smallModel({ model_type: "llama" });
    model.narrow();
    const optimiser = new AdamW(model);
    const config = { ...defaultOptimiser, learningRate: 1e-4, weightDecay: 0 };
    const seen = [];
    for (let step = 0; step < 60; step++) {
      const report = await languageModelStep(
        model,
        optimiser,
        documents,
        config,
      );
      seen.push(report.loss);
    }
    assert.ok(seen.at(-1)! < seen[0] - 0.02, `${seen[0]} → ${seen.at(-1)}`);
    optimiser.dispose();
    model.dispose();
  },
});

Deno.test({
  name: "a matrix takes two bytes a number, and all verbs run",
  ignore,
  fn: async () => {
    const model = smallModel({ model_type: "qwen3" });
    const count = model.parameterCount;
    const before = tf.memory().numBytes;
    model.narrow();
    const matrices = model.specs.filter(({ shape }) => shape.length === 2)
      .reduce((sum, { shape }) => sum + shape[0] * shape[1], 0);
    assert.equal(before - tf.memory().numBytes, 2 * matrices);
    assert.equal(model.parameterCount, count);
    // Moments stay in 32 bits: 8 bytes a number.
    const optimiser = new AdamW(model);
    assert.equal(optimiser.size, count);
    const request = {
      promptTokens: tokensOf(5, "p"),
      ...{ count: 2, maxNewTokens: 4, seed: 1 },
    };
    const [samples] = await sampleBatch(model, [request], {
      ...{ temperature: 1, stopTokens: [] },
    });
    const scores = await responseLogProbs(
      model,
      samples.map(({ tokens }) => ({
        promptTokens: request.promptTokens,
        responseTokens: tokens,
      })),
    );
    samples.forEach(({ logProbs }, i) =>
      logProbs.forEach((logProb, t) =>
        assert.ok(Math.abs(logProb - scores[i][t]) < 1e-4)
      )
    );
    optimiser.dispose();
    model.dispose();
  },
});

Deno.test({
  name: "a prefill keeps of a layer its keys, values and hidden states alone",
  ignore,
  fn: async () => {
    const peak = async (layers: number) => {
      const model = smallModel({ num_hidden_layers: layers });
      model.narrow();
      const batch = plainBatch([tokensOf(40, "p"), tokensOf(40, "q")]);
      const { peakBytes } = await tf.profile(() =>
        tf.tidy(() => void model.prefill(batch, [39, 79]))
      );
      const weights = model.parameters().reduce(
        (sum, { size }) => sum + 4 * size,
        0,
      );
      model.dispose();
      return peakBytes - weights;
    };
    // 80 tokens: keys and values of 2 heads of 4 numbers, and 16 of the hidden state.
    const kept = 4 * 80 * (2 * 2 * 4 + 16);
    const grows = (await peak(12) - await peak(4)) / 8;
    assert.ok(grows <= 1.05 * kept, `${grows} bytes a layer, ${kept} kept`);
  },
});

Deno.test({
  name: "equal prompts of several requests are computed once",
  ignore,
  fn: async () => {
    const model = smallModel();
    model.narrow();
    const prompts = ["p", "q", "p", "p"].map((name) => tokensOf(5, name));
    const requests = prompts.map((promptTokens, seed) => (
      { promptTokens, count: 1, maxNewTokens: 6, seed }
    ));
    const options = { temperature: 1, stopTokens: [3] };
    const computed: number[] = [];
    const counting: DecodingKind = (start) => {
      computed.push(start.promptLengths.length);
      return eagerDecoding(start);
    };
    const together = await sampleBatch(
      model,
      requests,
      options,
      () => null,
      counting,
    );
    assert.equal(computed.reduce((sum, count) => sum + count, 0), 2);
    for (const [i, request] of requests.entries()) {
      const [[alone]] = await sampleBatch(model, [request], options);
      assert.deepEqual(together[i][0].tokens, alone.tokens);
    }
    model.dispose();
  },
});

Deno.test({
  name: "opened in 16 bits, a model is the one that is narrowed afterwards",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "narrow-" });
    const model = smallModel();
    await saveModel(model, folder);
    model.narrow();
    const before = tf.memory().numTensors;
    const opened = await loadModel(folder, "bfloat16");
    // No matrix in 32 bits is left beside the packed ones.
    assert.equal(tf.memory().numTensors - before, opened.specs.length);
    assert.ok(opened.isNarrow);
    assert.equal(opened.recomputesLayers, model.recomputesLayers);
    for (const { name } of model.specs) {
      const [one, other] = [opened, model].map((of) => of.parameter(name));
      assert.deepEqual([one.shape, one.dtype], [other.shape, other.dtype]);
      assert.deepEqual(one.dataSync(), other.dataSync());
    }
    opened.dispose();
    model.dispose();
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "a run in 16 bits is saved in 16 bits and goes on to the same numbers",
  ignore,
  fn: async () => {
    const folder = await Deno.makeTempDir({ prefix: "narrow-" });
    const fresh = smallModel();
    await saveModel(fresh, join(folder, "base"));
    fresh.dispose();
    const base = join(folder, "base");
    const engine = await LocalEngine.fromFolder(base, "bfloat16");
    const sequence = {
      promptTokens: tokensOf(3, "p"),
      responseTokens: tokensOf(2, "r"),
      advantages: [1, -1],
      oldLogProbs: [-2, -2],
      weights: [1, 1],
    };
    const objective = {
      objective: "reinforce" as const,
      ...{ clipLow: 0.2, clipHigh: 0.2, entropyCoefficient: 0 },
    };
    const step = (one: LocalEngine) =>
      one.trainStep([sequence], objective, defaultOptimiser);
    await step(engine);
    await engine.save(join(folder, "saved"));
    const { size } = await Deno.stat(
      join(folder, "saved", "model.safetensors"),
    );
    const whole = await Deno.stat(join(folder, "base", "model.safetensors"));
    assert.ok(size < 0.8 * whole.size);
    const resumed = await LocalEngine.fromFolder(base, "bfloat16");
    await resumed.load(join(folder, "saved"));
    assert.ok(resumed.model.isNarrow);
    const [a, b] = [await step(engine), await step(resumed)];
    assert.deepEqual([a.loss, a.gradientNorm], [b.loss, b.gradientNorm]);
    for (const { name } of engine.model.specs) {
      assert.deepEqual(
        await engine.model.values(name),
        await resumed.model.values(name),
      );
    }
    engine.dispose();
    resumed.dispose();
    await Deno.remove(folder, { recursive: true });
  },
});
