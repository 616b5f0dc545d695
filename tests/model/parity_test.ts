/**
 * Against PyTorch: fixtures made by tasks/make_fixtures.py. With PyTorch at hand,
 * transformers_test.ts goes both ways.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  AdamW,
  type Decoder,
  defaultOptimiser,
  languageModelStep,
  loadModel,
  readAdapters,
  sampleBatch,
  startBackend,
  writeAdapters,
} from "../../lib/model/mod.ts";
import { pairsToHalves } from "../../lib/model/rope.ts";
import { SafetensorsFile } from "../../lib/model/files/safetensors.ts";
import { fullWeights } from "./shapes.ts";

await startBackend();

const FIXTURES = fileURLToPath(new URL("fixtures", import.meta.url));

interface Expected {
  tokens: number[][];
  positions: number[];
  logits: number[][][];
  greedy_prompt: number[];
  greedy: number[];
  loss: number;
}

function fixture(name: string): { folder: string; expected: Expected } {
  const folder = join(FIXTURES, name);
  const text = Deno.readTextFileSync(join(folder, "expected.json"));
  return { folder, expected: JSON.parse(text) };
}

for (
  const name of ["qwen2", "qwen3", "llama", "qwen2-bf16-sharded", "qwen3-f16"]
) {
  Deno.test(`${name}: logits and greedy text equal PyTorch's`, async () => {
    const { folder, expected } = fixture(name);
    const model = await loadModel(folder);
    await assertLogits(model, expected);
    assert.deepEqual(await greedy(model, expected), expected.greedy);
    model.dispose();
  });
}

Deno.test("adapters written by PEFT give PyTorch's greedy text, and return to it", async () => {
  const { folder, expected } = fixture("qwen2-lora");
  const model = await loadModel(join(FIXTURES, "qwen2"));
  await readAdapters(model, folder);
  await assertLogits(model, expected);
  assert.deepEqual(await greedy(model, expected), expected.greedy);
  const copy = await Deno.makeTempDir();
  await writeAdapters(model, copy);
  const name = "adapter_model.safetensors";
  using theirs = SafetensorsFile.open(join(folder, name));
  using ours = SafetensorsFile.open(join(copy, name));
  assert.deepEqual(
    [...ours.entries.keys()].sort(),
    [
      ...theirs.entries.keys(),
    ].sort(),
  );
  for (const tensor of ours.entries.keys()) {
    assert.deepEqual(ours.read(tensor), theirs.read(tensor));
  }
  model.dispose();
});

for (const name of ["qwen2", "qwen3", "llama"]) {
  Deno.test(`${name}: loss and gradients equal PyTorch's`, async () => {
    const { folder, expected } = fixture(name);
    const model = await loadModel(folder);
    const optimiser = new AdamW(model);
    // Without momentum the first moment is the gradient itself.
    const { loss } = await languageModelStep(
      model,
      optimiser,
      expected.tokens.map((tokens) => ({
        tokens,
        weights: fullWeights(tokens),
      })),
      {
        ...defaultOptimiser,
        learningRate: 0,
        beta1: 0,
        maxGradientNorm: 1e9,
      },
    );
    assert.ok(Math.abs(loss - expected.loss) < 1e-5);
    const { firstMoment } = await optimiser.state();
    using reference = SafetensorsFile.open(
      join(folder, "gradients.safetensors"),
    );
    let offset = 0;
    for (const spec of model.specs) {
      for (const part of spec.parts) {
        const { values } = reference.read(part.name);
        const block = firstMoment.subarray(offset, offset + values.length);
        const ours = part.rotated
          ? pairsToHalves(
            block,
            model.config.head_dim,
            block.length / part.rows,
          )
          : block;
        assertClose(ours, values as Float32Array, part.name);
        offset += values.length;
      }
    }
    assert.equal(offset, firstMoment.length);
    optimiser.dispose();
    model.dispose();
  });
}

/** Within 1e-4 at the recorded positions. */
async function assertLogits(model: Decoder, expected: Expected) {
  const logits = model.forward(expected.tokens);
  const values = await logits.array();
  logits.dispose();
  expected.logits.forEach((row, b) =>
    row.forEach((reference, i) =>
      reference.forEach((value, token) => {
        const ours = values[b][expected.positions[i]][token];
        assert.ok(
          Math.abs(ours - value) < 1e-4,
          `row ${b} position ${expected.positions[i]} token ${token}: ` +
            `${ours} against ${value}`,
        );
      })
    )
  );
}

async function greedy(model: Decoder, expected: Expected): Promise<number[]> {
  const [[sample]] = await sampleBatch(
    model,
    [{
      promptTokens: expected.greedy_prompt,
      count: 1,
      maxNewTokens: expected.greedy.length,
      seed: 0,
    }],
    { temperature: 0, stopTokens: [] },
  );
  return sample.tokens;
}

/** Within 1e-3 of the tensor's largest entry. */
function assertClose(
  ours: Float32Array,
  reference: Float32Array,
  name: string,
) {
  const largest = reference.reduce(
    (most, value) => Math.max(most, Math.abs(value)),
    0,
  );
  reference.forEach((value, i) =>
    assert.ok(
      Math.abs(ours[i] - value) < 1e-3 * largest,
      `${name}[${i}]: ${ours[i]} against ${value}`,
    )
  );
}
