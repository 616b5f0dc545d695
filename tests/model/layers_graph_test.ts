import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { packedBatch, plainBatch } from "../../lib/model/training/batch.ts";
import {
  hiddenByGraph,
  layerLanes,
  layersByGraph,
} from "../../lib/model/native/layers_native.ts";
import { hiddenByBlocks } from "../../lib/model/native/blocks_native.ts";
import { GradientSink } from "../../lib/model/differentiable.ts";
import { loraSpecs, type LoraTarget } from "../../lib/model/lora.ts";
import { prefillByGraph } from "../../lib/model/native/prefill_native.ts";
import {
  AdamW,
  Adapters,
  currentBackend,
  Decoder,
  defaultOptimiser,
  languageModelStep,
  LORA_TARGETS,
  responseLogProbs,
  startBackend,
} from "../../lib/model/mod.ts";
import type { ModelShape } from "../../lib/model/config.ts";
import { randomStream } from "../../lib/random.ts";
import { fullWeights, smallModel, tokensOf } from "./shapes.ts";
import { policyStep } from "./policy_step.ts";

await startBackend();
const ignore = currentBackend().name !== "tfjs-node";

/** The same decoder by single operations. */
class LayerByLayer extends Decoder {
  override hidden(batch: Parameters<Decoder["hidden"]>[0]) {
    return this.hiddenByLayer(batch);
  }
}

/** The same decoder as if it were large. */
class OneLane extends Decoder {
  override hidden(batch: Parameters<Decoder["hidden"]>[0]) {
    return hiddenByGraph(this, batch, 1);
  }
}

function layerByLayer(model: Decoder, Kind = LayerByLayer): Decoder {
  return new Kind(
    model.config,
    model.parameters().map((tensor) => tensor.clone()),
  );
}

/** A small model whose norms and biases differ from one and zero. */
function unevenModel(overrides: Partial<ModelShape>): Decoder {
  const model = smallModel(overrides);
  const stream = randomStream(3, "uneven");
  model.replaceParameters(
    model.parameters().map((tensor) => {
      const shifts = Float32Array.from(
        { length: tensor.size },
        () => 0.2 * stream.normal(),
      );
      return tf.tidy(() => tf.add(tensor, tf.tensor(shifts, tensor.shape)));
    }),
  );
  return model;
}

const FAMILIES: Record<string, Partial<ModelShape>> = {
  "qwen3, grouped queries": { model_type: "qwen3" },
  "qwen2, biases, three queries per key": {
    model_type: "qwen2",
    num_attention_heads: 6,
  },
  "llama, plain heads": { model_type: "llama", num_key_value_heads: 4 },
  "llama, stretched positions, untied": {
    model_type: "llama",
    tie_word_embeddings: false,
    rope_scaling: { rope_type: "linear", factor: 4 },
  },
};

const BATCHES = {
  ragged: plainBatch([5, 9, 1, 12, 7].map((n) => tokensOf(n, "ragged", n))),
  "one row": plainBatch([tokensOf(6, "one")]),
  packed: packedBatch([
    {
      promptTokens: tokensOf(4, "p"),
      responses: [tokensOf(3, "r"), tokensOf(6, "s"), tokensOf(3, "t")],
    },
    { promptTokens: tokensOf(2, "q"), responses: [tokensOf(5, "u")] },
    { promptTokens: tokensOf(7, "v"), responses: [tokensOf(2, "w")] },
  ]).batch,
};

/** Prompts, and the flat indices of their last tokens. */
const PROMPTS = {
  ragged: {
    batch: BATCHES.ragged,
    last: [5, 9, 1, 12, 7].map((length, row) => 12 * row + length - 1),
  },
  one: { batch: BATCHES["one row"], last: [5] },
};

/** Largest difference, relative to the largest value expected. */
function distance(actual: tf.Tensor, expected: tf.Tensor): number {
  assert.deepEqual(actual.shape, expected.shape);
  const wanted = expected.dataSync();
  let scale = 0;
  let difference = 0;
  actual.dataSync().forEach((value, i) => {
    scale = Math.max(scale, Math.abs(wanted[i]));
    difference = Math.max(difference, Math.abs(value - wanted[i]));
  });
  assert.ok(scale > 0, "nothing to compare");
  return difference / scale;
}

/** Hidden states, and every parameter's gradient of uneven sums of the logits. */
function slopes(model: Decoder, batch: Parameters<Decoder["hidden"]>[0]) {
  const stream = randomStream(5, "weights");
  const weights = tf.tensor2d(
    Float32Array.from(
      { length: batch.rows * batch.columns * model.config.vocab_size },
      () => stream.normal(),
    ),
    [batch.rows * batch.columns, model.config.vocab_size],
  );
  const { grads } = tf.valueAndGrads(() =>
    tf.sum(tf.mul(model.logits(model.hidden(batch)), weights)) as tf.Scalar
  )(model.parameters());
  return { hidden: model.hidden(batch), grads };
}

type Prefilled = ReturnType<Decoder["prefill"]>;

function checkPrefill(actual: Prefilled, expected: Prefilled) {
  assert.ok(distance(actual.hidden, expected.hidden) < 1e-5);
  for (const kind of ["keys", "values"] as const) {
    assert.equal(actual[kind].length, expected[kind].length);
    actual[kind].forEach((x, i) =>
      assert.ok(distance(x, expected[kind][i]) < 1e-5, `${kind} ${i}`)
    );
  }
}

for (const [family, overrides] of Object.entries(FAMILIES)) {
  Deno.test({
    name: `a prefill like layer by layer: ${family}`,
    ignore,
    fn() {
      const model = unevenModel(overrides);
      assert.ok(layersByGraph(model));
      for (const { batch, last } of [PROMPTS.ragged, PROMPTS.one]) {
        tf.tidy(() => {
          const expected = model.prefillByLayer(batch, last);
          checkPrefill(model.prefill(batch, last), expected);
          checkPrefill(prefillByGraph(model, batch, last, 1), expected);
        });
      }
      model.dispose();
    },
  });
}

Deno.test({
  name: "a prefill leaves no tensor but its own",
  ignore,
  fn() {
    const model = unevenModel({});
    const { batch, last } = PROMPTS.ragged;
    model.prefill(batch, last);
    const before = tf.memory().numTensors;
    const prefilled = model.prefill(batch, last);
    const layers = model.config.num_hidden_layers;
    assert.equal(tf.memory().numTensors, before + 1 + 2 * layers);
    tf.dispose([prefilled.hidden, prefilled.keys, prefilled.values]);
    model.dispose();
  },
});

type Slopes = ReturnType<typeof slopes>;

function checkSlopes(model: Decoder, actual: Slopes, expected: Slopes) {
  assert.ok(distance(actual.hidden, expected.hidden) < 1e-5);
  model.specs.forEach(({ name }, i) => {
    const error = distance(actual.grads[i], expected.grads[i]);
    assert.ok(error < 5e-5, `${name}: ${error}`);
  });
}

for (const [family, overrides] of Object.entries(FAMILIES)) {
  for (const [layout, batch] of Object.entries(BATCHES)) {
    Deno.test({
      name: `hidden states and gradients like layer by layer: ${family}, ` +
        layout,
      ignore,
      fn() {
        const model = unevenModel(overrides);
        const peer = layerByLayer(model);
        const undivided = layerByLayer(model, OneLane);
        assert.ok(layersByGraph(model));
        tf.tidy(() => {
          const expected = slopes(peer, batch);
          checkSlopes(model, slopes(model, batch), expected);
          checkSlopes(model, slopes(undivided, batch), expected);
        });
        for (const one of [model, peer, undivided]) one.dispose();
      },
    });
  }
}

Deno.test({
  name: "a large model has one lane, and the same hidden states",
  ignore,
  fn() {
    const model = smallModel({ vocab_size: 2 ** 20 + 1 });
    const { batch, last } = PROMPTS.ragged;
    assert.equal(layerLanes(model, batch.rows), 1);
    assert.ok(layersByGraph(model));
    tf.tidy(() => {
      const error = distance(model.hidden(batch), model.hiddenByLayer(batch));
      assert.ok(error < 1e-5);
      checkPrefill(
        model.prefill(batch, last),
        model.prefillByLayer(batch, last),
      );
    });
    model.dispose();
  },
});

const documents = [5, 9, 9, 12].map((length, i) => {
  const tokens = tokensOf(length, "document", i);
  return { tokens, weights: fullWeights(tokens) };
});

const attempts = [6, 3, 8].map((length, i) => {
  const responseTokens = tokensOf(length, "response", i);
  return {
    promptTokens: tokensOf(5, "prompt", i % 2),
    responseTokens,
    advantages: responseTokens.map(() => i - 0.7),
    oldLogProbs: responseTokens.map(() => -3),
    weights: responseTokens.map(() => 1),
  };
});

/** Supervised and policy steps; live tensors after each pair. */
async function train(model: Decoder, pairs: number): Promise<number[]> {
  const optimiser = new AdamW(model);
  const counts: number[] = [];
  for (let i = 0; i < pairs; i++) {
    await languageModelStep(model, optimiser, documents, defaultOptimiser);
    await policyStep(model, optimiser, attempts, {
      objective: "ppo-clip",
      clipLow: 0.2,
      clipHigh: 0.2,
      entropyCoefficient: 0.01,
    }, defaultOptimiser);
    counts.push(tf.memory().numTensors);
  }
  optimiser.dispose();
  return counts;
}

function values(model: Decoder): Float32Array[] {
  return model.parameters().map((tensor) => tensor.dataSync() as Float32Array);
}

Deno.test({
  name: "training ends where it ends layer by layer",
  ignore,
  async fn() {
    const model = unevenModel({ tie_word_embeddings: false });
    const peer = layerByLayer(model);
    await train(model, 4);
    await train(peer, 4);
    model.parameters().forEach((tensor, i) => {
      const error = distance(tensor, peer.parameters()[i]);
      assert.ok(error < 1e-3, `${model.specs[i].name}: ${error}`);
    });
    model.dispose();
    peer.dispose();
  },
});

Deno.test({
  name: "the same steps give the same bytes, and leave no tensor behind",
  ignore,
  async fn() {
    const runs: Float32Array[][] = [];
    for (let run = 0; run < 3; run++) {
      const model = smallModel();
      const counts = await train(model, 20);
      assert.equal(counts.at(-1), counts[0]);
      runs.push(values(model));
      model.dispose();
    }
    assert.deepEqual(runs[1], runs[0]);
    assert.deepEqual(runs[2], runs[0]);
  },
});

Deno.test({
  name: "hidden states do not depend on whether gradients are recorded",
  ignore,
  fn() {
    const model = smallModel();
    tf.tidy(() => {
      let recorded: tf.Tensor | undefined;
      tf.valueAndGrads(() => {
        recorded = tf.keep(model.hidden(BATCHES.packed));
        return tf.sum(recorded) as tf.Scalar;
      })(model.parameters().slice(0, 1));
      assert.ok(distance(model.hidden(BATCHES.packed), recorded!) < 1e-6);
      recorded!.dispose();
    });
    model.dispose();
  },
});

Deno.test({
  name: "scores are those of the layers one by one",
  ignore,
  async fn() {
    const model = unevenModel({});
    const peer = layerByLayer(model);
    const scores = await responseLogProbs(model, attempts);
    const expected = await responseLogProbs(peer, attempts);
    scores.flat().forEach((score, i) =>
      assert.ok(Math.abs(score - expected.flat()[i]) < 1e-4)
    );
    model.dispose();
    peer.dispose();
  },
});

Deno.test({
  name: "recomputed layers run layer by layer",
  ignore,
  fn() {
    const model = smallModel();
    assert.ok(layersByGraph(model));
    model.recomputesLayers = true;
    assert.ok(!layersByGraph(model));
    model.dispose();
  },
});

Deno.test({
  name: "recomputed layers give a sink the gradients that tfjs would take",
  ignore,
  fn() {
    for (const targets of [null, LORA_TARGETS]) {
      const model = unevenModel({ model_type: "qwen2" });
      if (targets) adapt(model, targets);
      tf.tidy(() => {
        const batch = BATCHES.ragged;
        const expected = trainedSlopes(model, batch, false);
        model.recomputesLayers = true;
        const actual = trainedSlopes(model, batch, true);
        actual.grads.forEach((slope, i) => {
          assert.ok(distance(slope, expected.grads[i]) < 5e-5, `tensor ${i}`);
          slope.dispose();
        });
      });
      model.dispose();
    }
  },
});

/** Adapters on some projections only, with a B that is not zero. */
function adapt(model: Decoder, targets: readonly LoraTarget[]) {
  const config = { rank: 3, alpha: 4, targets };
  const stream = randomStream(9, "adapters");
  model.attachAdapters(
    new Adapters(
      model.config,
      config,
      loraSpecs(model.config, config).map(({ shape }) =>
        tf.randomNormal(shape, 0, 0.3, "float32", stream.integer(0, 1e6))
      ),
    ),
  );
}

/** The same decoder as if it were too large for one graph. */
class ByBlocks extends Decoder {
  keptBytes = 2 ** 29;

  override hidden(batch: Parameters<Decoder["hidden"]>[0]) {
    return hiddenByBlocks(this, batch, this.keptBytes);
  }
}

/** Like `slopes`, of whatever is trained, with gradients in a sink or on tfjs' tape. */
function trainedSlopes(
  model: Decoder,
  batch: Parameters<Decoder["hidden"]>[0],
  sinks: boolean,
) {
  const loss = () => {
    const logits = model.logits(model.hidden(batch));
    return tf.mean(tf.square(logits)) as tf.Scalar;
  };
  const hidden = model.hidden(batch);
  const trained = model.trainedTensors();
  if (!sinks) return { hidden, grads: tf.valueAndGrads(loss)(trained).grads };
  const sink = new GradientSink(trained);
  sink.addGradientsOf(loss);
  const grads = sink.take();
  sink.dispose();
  return { hidden, grads };
}

const ADAPTED: Record<string, readonly LoraTarget[] | null> = {
  "all weights": null,
  "adapters everywhere": LORA_TARGETS,
  "some adapters": ["q_proj", "v_proj", "down_proj"],
};

for (const [family, overrides] of Object.entries(FAMILIES)) {
  for (const [what, targets] of Object.entries(ADAPTED)) {
    Deno.test({
      name: `blocks and adapters like layer by layer: ${family}, ${what}`,
      ignore,
      fn() {
        const models = [
          layerByLayer(unevenModel(overrides)),
          unevenModel(overrides),
          ...[2 ** 29, 0].map((keptBytes) => {
            const model = layerByLayer(unevenModel(overrides), ByBlocks);
            return Object.assign(model, { keptBytes });
          }),
        ];
        if (targets) models.forEach((model) => adapt(model, targets));
        const before = tf.memory().numTensors;
        for (const batch of Object.values(BATCHES)) {
          tf.tidy(() => {
            const expected = trainedSlopes(models[0], batch, false);
            for (const model of models.slice(1)) {
              for (const sinks of [false, true]) {
                const actual = trainedSlopes(model, batch, sinks);
                assert.ok(distance(actual.hidden, expected.hidden) < 1e-5);
                actual.grads.forEach((slope, i) => {
                  const error = distance(slope, expected.grads[i]);
                  assert.ok(error < 5e-5, `tensor ${i}: ${error}`);
                  if (sinks) slope.dispose();
                });
              }
            }
          });
        }
        assert.equal(tf.memory().numTensors, before);
        tf.tidy(() => {
          const { batch, last } = PROMPTS.ragged;
          const expected = models[0].prefillByLayer(batch, last);
          checkPrefill(models[1].prefill(batch, last), expected);
        });
        models.forEach((model) => model.dispose());
      },
    });
  }
}
