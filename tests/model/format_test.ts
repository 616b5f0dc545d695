import assert from "node:assert/strict";
import {
  attentionMask,
  lengthBuckets,
  packedBatch,
  plainBatch,
} from "../../lib/model/training/batch.ts";
import { configJson, parseModelConfig } from "../../lib/model/config.ts";
import { modelConfig, parameterCount } from "../../lib/model/mod.ts";
import {
  halvesToPairs,
  pairsToHalves,
  rotaryFrequencies,
} from "../../lib/model/rope.ts";

const shape = {
  model_type: "llama" as const,
  vocab_size: 10,
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
};

Deno.test("config.json returns, in the old and the new way of writing rotary fields", () => {
  const config = modelConfig({
    ...shape,
    rope_theta: 5e5,
    rope_scaling: {
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    },
    tie_word_embeddings: false,
  });
  assert.deepEqual(
    parseModelConfig(JSON.stringify(configJson(config)), "x"),
    config,
  );
  const { rope_theta, rope_scaling, ...rest } = configJson(config);
  const nested = {
    ...rest,
    rope_parameters: { ...rope_scaling as object, rope_theta },
  };
  const parsed = parseModelConfig(JSON.stringify(nested), "x");
  assert.equal(parsed.rope_theta, 5e5);
  assert.deepEqual(
    rotaryFrequencies(parsed),
    rotaryFrequencies(config),
  );
});

Deno.test("published configurations describe models of their published size", () => {
  // The fields of Qwen2.5-Coder-0.5B, Qwen3-0.6B and Llama-3.2-1B.
  const common = { hidden_act: "silu", rope_scaling: null, use_cache: true };
  const published: [object, number][] = [
    [{
      ...common,
      model_type: "qwen2",
      vocab_size: 151936,
      hidden_size: 896,
      intermediate_size: 4864,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      max_position_embeddings: 32768,
      max_window_layers: 24,
      rms_norm_eps: 1e-6,
      rope_theta: 1e6,
      sliding_window: 32768,
      use_sliding_window: false,
      tie_word_embeddings: true,
      torch_dtype: "bfloat16",
    }, 494_032_768],
    [{
      ...common,
      model_type: "qwen3",
      vocab_size: 151936,
      hidden_size: 1024,
      intermediate_size: 3072,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      max_position_embeddings: 40960,
      attention_bias: false,
      rope_theta: 1e6,
      sliding_window: null,
      tie_word_embeddings: true,
    }, 596_049_920],
    [{
      ...common,
      model_type: "llama",
      vocab_size: 128256,
      hidden_size: 2048,
      intermediate_size: 8192,
      num_hidden_layers: 16,
      num_attention_heads: 32,
      num_key_value_heads: 8,
      head_dim: 64,
      max_position_embeddings: 131072,
      mlp_bias: false,
      pretraining_tp: 1,
      rms_norm_eps: 1e-5,
      rope_theta: 500000,
      rope_scaling: {
        factor: 32,
        high_freq_factor: 4,
        low_freq_factor: 1,
        original_max_position_embeddings: 8192,
        rope_type: "llama3",
      },
      eos_token_id: [128001, 128008, 128009],
      tie_word_embeddings: true,
    }, 1_235_814_400],
  ];
  for (const [fields, count] of published) {
    const config = parseModelConfig(JSON.stringify(fields), "x");
    assert.equal(parameterCount(config), count);
    assert.deepEqual(
      parseModelConfig(JSON.stringify(configJson(config)), "x"),
      config,
    );
  }
});

Deno.test("configurations that would be computed wrongly are refused by field", () => {
  const refused = (fields: object, pattern: RegExp) =>
    assert.throws(
      () =>
        parseModelConfig(
          JSON.stringify({ ...configJson(modelConfig(shape)), ...fields }),
          "some/config.json",
        ),
      pattern,
    );
  refused({ model_type: "mamba" }, /some\/config\.json: model_type/);
  refused({ hidden_act: "gelu" }, /hidden_act/);
  refused(
    { model_type: "qwen2", use_sliding_window: true, sliding_window: 8 },
    /use_sliding_window/,
  );
  refused({ mlp_bias: true }, /mlp_bias/);
  refused({ rope_scaling: { rope_type: "longrope" } }, /longrope/);
  refused({ num_key_value_heads: 3 }, /multiple/);
  refused({ vocab_size: 0 }, /vocab_size/);
  refused({ vocab_size: "10" }, /some\/config\.json: vocab_size is "10"/);
  refused({ rms_norm_eps: 0 }, /rms_norm_eps/);
  refused({ rope_theta: "x" }, /rope_theta/);
  refused({ tie_word_embeddings: "true" }, /tie_word_embeddings/);
  refused({ rope_scaling: "linear" }, /rope_scaling is "linear"/);
  refused({ rope_scaling: { type: "linear" } }, /rope_scaling\.factor/);
  refused(
    { rope_parameters: { rope_type: "llama3", factor: 8 } },
    /rope_parameters\.low_freq_factor is undefined/,
  );
  refused({ partial_rotary_factor: 0.5 }, /partial_rotary_factor/);
  refused({ quantization_config: { bits: 4 } }, /quantization_config/);
  for (const text of ["{", "null", "[]"]) {
    assert.throws(() => parseModelConfig(text, "some/config.json"), /some\//);
  }
});

Deno.test("rotary frequencies: plain, and the three Llama 3 regimes", () => {
  // E = 8: theta^(-i/4) for theta = 10000
  assert.deepEqual([...rotaryFrequencies(modelConfig(shape))], [
    1,
    Math.fround(0.1),
    Math.fround(0.01),
    Math.fround(0.001),
  ]);
  const scaled = rotaryFrequencies(modelConfig({
    ...shape,
    rope_scaling: {
      rope_type: "llama3",
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 100,
    },
  }));
  // Wavelengths 6.3 (kept: below 25), 62.8 (ramp), 628 and 6283 (above 100: divided).
  const ramp = (100 / (20 * Math.PI) - 1) / 3;
  assert.ok(Math.abs(scaled[0] - 1) < 1e-7);
  assert.ok(Math.abs(scaled[1] - ((1 - ramp) * 0.1 / 8 + ramp * 0.1)) < 1e-7);
  assert.ok(Math.abs(scaled[2] - 0.01 / 8) < 1e-8);
  assert.ok(Math.abs(scaled[3] - 0.001 / 8) < 1e-9);
});

Deno.test("rows of rotated heads change order and return", () => {
  // Two heads of width 4, rows of two values: [r, r + 0.5]
  const rows = Float32Array.from(
    Array.from({ length: 8 }, (_, r) => [r, r + 0.5]).flat(),
  );
  const pairs = halvesToPairs(rows, 4, 2);
  assert.deepEqual(
    [...pairs].filter((_, i) => i % 2 === 0),
    [0, 2, 1, 3, 4, 6, 5, 7],
  );
  assert.deepEqual(pairsToHalves(pairs, 4, 2), rows);
});

Deno.test("a packed row shares the prompt and equal prefixes", () => {
  const { batch, predictions } = packedBatch([{
    promptTokens: [5, 6],
    responses: [[7, 8, 9], [7, 8, 4], [3]],
  }]);
  assert.deepEqual([...batch.tokens], [5, 6, 7, 8]);
  assert.deepEqual([...batch.positions], [0, 1, 2, 3]);
  assert.deepEqual([...predictions.sources], [1, 2, 3, 1, 2, 3, 1]);
  assert.deepEqual([...predictions.targets], [7, 8, 9, 7, 8, 4, 3]);
});

Deno.test("siblings do not see each other, padding sees nothing real", () => {
  const { batch } = packedBatch([
    { promptTokens: [5], responses: [[1, 2], [3, 4]] },
    { promptTokens: [6], responses: [[1]] },
  ]);
  const { shape, values } = attentionMask(batch);
  assert.deepEqual(shape, [2, 3, 3]);
  const open = [...values].map((value) => value === 0 ? 1 : 0);
  assert.deepEqual(open.slice(0, 9), [1, 0, 0, 1, 1, 0, 1, 0, 1]);
  assert.deepEqual(open.slice(9), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
  const plain = attentionMask(plainBatch([[1, 2], [3]]));
  assert.deepEqual([...plain.values].map((value) => value === 0), [
    true,
    false,
    true,
    true,
  ]);
});

Deno.test("buckets hold every item once and respect the limit", () => {
  const lengths = [3, 9, 4, 4, 20, 1];
  const buckets = lengthBuckets(lengths, 12);
  assert.deepEqual(buckets.flat().sort(), [0, 1, 2, 3, 4, 5]);
  for (const bucket of buckets) {
    const padded = bucket.length * Math.max(...bucket.map((i) => lengths[i]));
    assert.ok(padded <= 12 || bucket.length === 1);
  }
  assert.equal(buckets.length, 4);
});
