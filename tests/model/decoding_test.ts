/** The two ways of decoding against each other, on native TensorFlow. */
import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  Adapters,
  currentBackend,
  type Decoder,
  LORA_TARGETS,
  sampleBatch,
  startBackend,
} from "../../lib/model/mod.ts";
import { cacheBytesPerToken } from "../../lib/model/memory.ts";
import type { ModelShape } from "../../lib/model/config.ts";
import { loraSpecs, type LoraTarget } from "../../lib/model/lora.ts";
import type { SamplingOptions } from "../../lib/model/requests.ts";
import {
  type DecodingKind,
  eagerDecoding,
  fastestDecoding,
  graphDecoding,
} from "../../lib/model/sampling/sampling.ts";
import { NativeDecoding } from "../../lib/model/native/decode_native.ts";
import { laneSizes } from "../../lib/model/native/lanes.ts";
import { smallModel, tokensOf } from "./shapes.ts";

await startBackend();
const native = currentBackend().name === "tfjs-node";

const plain = { temperature: 1, stopTokens: [1] };

/** Single and grouped samples, ragged prompts, and one that outgrows a cache block. */
const requests = [
  { length: 6, count: 1, maxNewTokens: 50 },
  { length: 11, count: 1, maxNewTokens: 9 },
  { length: 3, count: 5, maxNewTokens: 40 },
  { length: 9, count: 5, maxNewTokens: 20 },
].map(({ length, ...request }, i) => ({
  promptTokens: tokensOf(length, "decoding", i),
  seed: i,
  ...request,
}));

/**
 * Prompts that do not divide by the lanes, alone and with several samples, whose
 * rows leave until fewer are left than lanes.
 */
const leaving = [
  ...[3, 25, 6, 30, 9, 12, 4].map((maxNewTokens) => ({
    maxNewTokens,
    count: 1,
  })),
  ...[18, 5, 26].map((maxNewTokens) => ({ maxNewTokens, count: 4 })),
].map((request, i) => ({
  promptTokens: tokensOf(3 + 2 * i, "lanes", i),
  seed: i,
  ...request,
}));

async function sampled(
  model: Decoder,
  options: SamplingOptions,
  decode: DecodingKind,
  from = requests,
) {
  return (await sampleBatch(model, from, options, () => null, decode))
    .flat();
}

/** Same tokens and ends, log-probabilities within 1e-4. */
async function assertAlike(
  model: Decoder,
  options: SamplingOptions,
  decode = graphDecoding,
  from = requests,
) {
  const eager = await sampled(model, options, eagerDecoding, from);
  const graph = await sampled(model, options, decode, from);
  graph.forEach(({ tokens, finish, logProbs }, i) => {
    assert.deepEqual(tokens, eager[i].tokens);
    assert.equal(finish, eager[i].finish);
    logProbs.forEach((value, t) =>
      assert.ok(Math.abs(value - eager[i].logProbs[t]) < 1e-4)
    );
  });
}

const families: Record<string, Partial<ModelShape>> = {
  "qwen3, grouped heads, tied": {},
  "qwen2, biases": { model_type: "qwen2", num_key_value_heads: 1 },
  "llama, plain heads": { model_type: "llama", num_key_value_heads: 4 },
  "llama, stretched positions, untied": {
    model_type: "llama",
    tie_word_embeddings: false,
    rope_scaling: {
      rope_type: "llama3",
      factor: 4,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 16,
    },
  },
};
for (const [name, shape] of Object.entries(families)) {
  Deno.test({
    name: `the graph samples like eager operations: ${name}`,
    ignore: !native,
    fn: async () => {
      const model = smallModel(shape);
      await assertAlike(model, plain);
      await assertAlike(model, { temperature: 0, stopTokens: [] });
      model.dispose();
    },
  });
}

const variants: Record<string, Partial<SamplingOptions>> = {
  "temperature": { temperature: 0.6 },
  "top k": { topK: 3 },
  "top p": { topP: 0.7 },
  "all at once": { temperature: 1.4, topK: 9, topP: 0.9 },
  "bans": { bannedTokens: [3, 4, 5] },
  "greedy with bans": { temperature: 0, bannedTokens: [3, 4, 5] },
  "idle limits": { topK: 500, topP: 1 },
};
for (const [name, options] of Object.entries(variants)) {
  Deno.test({
    name: `the graph samples like eager operations: ${name}`,
    ignore: !native,
    fn: async () => {
      const model = smallModel();
      await assertAlike(model, { ...plain, ...options });
      model.dispose();
    },
  });
}

for (const lanes of [1, 2, 3]) {
  Deno.test({
    name: `the graph samples like eager operations: ${lanes} lanes`,
    ignore: !native,
    fn: async () => {
      const decode: DecodingKind = (start) =>
        new NativeDecoding(start, () => lanes);
      const model = smallModel();
      await assertAlike(model, plain, decode, leaving);
      const tensors = tf.memory().numTensors;
      await assertAlike(model, { ...plain, topK: 5 }, decode, leaving);
      assert.equal(tf.memory().numTensors, tensors);
      model.dispose();
    },
  });
}

Deno.test({
  name: "the graph samples like eager operations: wide heads, in parts",
  ignore: !native,
  fn: async () => {
    // 20 rows of 4 heads with 64 numbers and 40 slots: two parts for each lane.
    const many = [
      ...Array.from({ length: 41 }, (_, i) => ({ i, count: 1 })),
      ...Array.from({ length: 9 }, (_, i) => ({ i, count: 5 })),
    ].map(({ i, count }) => ({
      promptTokens: tokensOf(4 + i % 5, "parts", i),
      count,
      maxNewTokens: 36 - i % 8,
      seed: i,
    }));
    const model = smallModel({ head_dim: 64, num_key_value_heads: 4 });
    const decode: DecodingKind = (start) => new NativeDecoding(start, () => 2);
    await assertAlike(model, { ...plain, stopTokens: [] }, decode, many);
    model.dispose();
  },
});

Deno.test("lanes have equal parts, or one more", () => {
  assert.deepEqual(laneSizes(7, 1), [7]);
  assert.deepEqual(laneSizes(7, 2), [3, 4]);
  assert.deepEqual(laneSizes(8, 3), [2, 3, 3]);
});

Deno.test({
  name: "the graph repeats itself to the last bit and leaves nothing behind",
  ignore: !native,
  fn: async () => {
    const model = smallModel();
    const first = await sampled(model, plain, graphDecoding);
    const tensors = tf.memory().numTensors;
    // Two batches at a time share one loaded graph, not its inputs.
    const [second, third] = await Promise.all([
      sampled(model, plain, graphDecoding),
      sampled(model, plain, graphDecoding),
    ]);
    assert.deepEqual(second, first);
    assert.deepEqual(third, first);
    assert.equal(tf.memory().numTensors, tensors);
    const folder = Deno.env.get("TMPDIR") ?? "/tmp";
    const left = [...Deno.readDirSync(folder)].filter(({ name }) =>
      name.startsWith(`graph-${Deno.pid}-`)
    );
    assert.deepEqual(left, []);
    model.dispose();
  },
});

Deno.test("rows that no longer fit the cache go on later, to the same tokens", async () => {
  const model = smallModel();
  const perToken = cacheBytesPerToken(model.config);
  const counts: number[] = [];
  for (
    const decode of native ? [eagerDecoding, graphDecoding] : [eagerDecoding]
  ) {
    const grids: DecodingKind = (start) => {
      counts.push(start.promptLengths.length);
      return decode(start);
    };
    const draw = (tokens: number) =>
      sampleBatch(model, requests, plain, () => null, grids, tokens * perToken);
    const whole = await draw(1e6);
    const before = counts.splice(0).length;
    const tensors = tf.memory().numTensors;
    const divided = await draw(220);
    assert.ok(counts.splice(0).length > before);
    assert.equal(tf.memory().numTensors, tensors);
    divided.flat().forEach(({ tokens, finish, logProbs }, i) => {
      const expected = whole.flat()[i];
      assert.deepEqual([tokens, finish], [expected.tokens, expected.finish]);
      logProbs.forEach((value, t) =>
        assert.ok(Math.abs(value - expected.logProbs[t]) < 1e-4)
      );
    });
  }
  model.dispose();
});

const adapted: Record<string, readonly LoraTarget[]> = {
  "adapters everywhere": LORA_TARGETS,
  "some adapters": ["q_proj", "v_proj", "down_proj"],
};
for (const [name, targets] of Object.entries(adapted)) {
  for (const small of [true, false]) {
    Deno.test({
      name: `the graph samples like eager operations: ${name}, ${
        small ? "small" : "large"
      } model`,
      ignore: !native,
      fn: async () => {
        const model = smallModel();
        const lora = { rank: 2, alpha: 4, targets };
        const matrices = loraSpecs(model.config, lora).map(({ shape }, i) =>
          // A seed of zero would be none.
          tf.randomNormal(shape, 0, 0.4, "float32", i + 1)
        );
        const base = await sampled(model, plain, graphDecoding);
        model.attachAdapters(new Adapters(model.config, lora, matrices));
        if (!small) {
          Object.defineProperty(model, "parameterCount", { value: 2 ** 25 });
        }
        const tensors = tf.memory().numTensors;
        await assertAlike(model, plain);
        await assertAlike(model, plain, graphDecoding, leaving);
        assert.notDeepEqual(await sampled(model, plain, graphDecoding), base);
        assert.equal(tf.memory().numTensors, tensors);
        model.dispose();
      },
    });
  }
}

Deno.test("models with adapters and without are decoded by the same kind", () => {
  assert.equal(fastestDecoding(), native ? graphDecoding : eagerDecoding);
});
