import assert from "node:assert/strict";
import { join } from "node:path";
import {
  attentionMask,
  lengthBuckets,
  packedBatch,
  plainBatch,
} from "../../lib/model/batch.ts";
import {
  configJson,
  modelConfig,
  parseModelConfig,
} from "../../lib/model/mod.ts";
import {
  halvesToPairs,
  pairsToHalves,
  rotaryFrequencies,
} from "../../lib/model/rope.ts";
import {
  SafetensorsFile,
  writeSafetensors,
} from "../../lib/model/safetensors.ts";

const shape = {
  model_type: "llama" as const,
  vocab_size: 10,
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
};

Deno.test("safetensors: values return, halves are widened, damage is named", async () => {
  const path = join(await Deno.makeTempDir(), "x.safetensors");
  const values = Float32Array.of(1, -2.5, 3e-5, 4);
  writeSafetensors(path, [
    { name: "m", shape: [2, 2], values: () => values },
    { name: "i", shape: [1], dtype: "I32", values: () => Int32Array.of(7) },
  ], { step: "3" });
  using file = SafetensorsFile.open(path);
  assert.deepEqual(file.read("m"), { shape: [2, 2], values });
  assert.deepEqual(file.read("i").values, Int32Array.of(7));
  assert.equal(file.metadata.step, "3");
  assert.throws(() => file.read("absent"), /no tensor "absent"/);
  assert.throws(
    () =>
      writeSafetensors(path, [{
        name: "m",
        shape: [3],
        values: () => values,
      }]),
    /4 values for shape \[3\]/,
  );
  await Deno.truncate(path, 12);
  assert.throws(() => SafetensorsFile.open(path), /x\.safetensors/);
});

Deno.test("safetensors: the special values of both 16-bit formats", async () => {
  const path = join(await Deno.makeTempDir(), "h.safetensors");
  // f16: 1, -2, smallest subnormal, largest, infinity; bf16: 1, -2, 2^-133, infinity
  const f16 = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00);
  const bf16 = Uint16Array.of(0x3f80, 0xc000, 0x0001, 0x7f80);
  const header = new TextEncoder().encode(JSON.stringify({
    a: { dtype: "F16", shape: [5], data_offsets: [0, 10] },
    b: { dtype: "BF16", shape: [4], data_offsets: [10, 18] },
  }));
  const bytes = new Uint8Array(8 + header.length + 18);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  bytes.set(new Uint8Array(f16.buffer), 8 + header.length);
  bytes.set(new Uint8Array(bf16.buffer), 18 + header.length);
  await Deno.writeFile(path, bytes);
  using file = SafetensorsFile.open(path);
  assert.deepEqual([...file.read("a").values], [
    1,
    -2,
    2 ** -24,
    65504,
    Infinity,
  ]);
  assert.deepEqual([...file.read("b").values], [1, -2, 2 ** -133, Infinity]);
});

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
  refused({ use_sliding_window: true }, /use_sliding_window/);
  refused({ mlp_bias: true }, /mlp_bias/);
  refused({ rope_scaling: { rope_type: "yarn", factor: 4 } }, /yarn/);
  refused({ num_key_value_heads: 3 }, /multiple/);
  refused({ vocab_size: 0 }, /vocab_size/);
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
