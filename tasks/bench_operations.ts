/**
 * `deno task bench operations [--json]`: measures on native TensorFlow those choices
 * between two ways of computing the same for which comments in lib/model give reasons.
 * The numbers are microseconds, medians of rounds in which both ways take turns, at the
 * number of threads that the environment allows.
 *
 * Left out: whole steps and generations (bench_model.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { median } from "../lib/lab/evaluation/statistics.ts";
import { NativeDecoding } from "../lib/model/native/decode_native.ts";
import { FLOAT, Graph } from "../lib/model/native/graph.ts";
import { GraphSession } from "../lib/model/native/graph_session.ts";
import {
  nativeTensorFlow,
  rotate,
  softmaxCrossEntropy,
  squaredNorm,
  thinMatMul,
} from "../lib/model/kernels.ts";
import {
  createModel,
  defaultOptimiser,
  modelConfig,
  sampleBatch,
  startBackend,
} from "../lib/model/mod.ts";
import { type Moments, VectorMoments } from "../lib/model/training/moments.ts";
import { FusedMoments } from "../lib/model/native/moments_fused.ts";
import { benchOptions } from "./bench/options.ts";

/** A choice between two ways: the kit's, and the other. */
interface Choice {
  what: string;
  /** Names the two ways and does them once. */
  ways: Record<string, () => unknown>;
  rounds: number;
}

const ROUNDS = 200;

function choices(): Choice[] {
  return [
    ...starts(),
    ...products(),
    rotation(),
    ...losses(),
    optimiser(),
    ...lanes(),
  ];
}

/** Measures the cost of starting an operation, and of handing over a graph's inputs. */
function starts(): Choice[] {
  const x = tf.keep(tf.tensor1d([0.5]));
  const chain = new Graph();
  let last = chain.input("x", FLOAT);
  for (let i = 0; i < 100; i++) last = chain.same("Tanh", last);
  const chained = new GraphSession(chain, [last]).caller();
  chained.set({ x });
  const wide = (count: number) => {
    const graph = new Graph();
    const names = Array.from({ length: count }, (_, i) => `x${i}`);
    const inputs = names.map((name) => graph.input(name, FLOAT));
    const [sum] = graph.call("AddN", inputs, {
      T: { type: FLOAT },
      N: { int: count },
    }, [FLOAT]);
    const caller = new GraphSession(graph, [sum]).caller();
    caller.set(Object.fromEntries(names.map((name) => [name, x])));
    return () => caller.call();
  };
  return [{
    what: "100 operations on one number",
    ways: {
      "in a graph": () => chained.call(),
      "one by one": () => {
        let y: tf.Tensor = x;
        for (let i = 0; i < 100; i++) y = tf.tanh(y);
        return y;
      },
    },
    rounds: ROUNDS,
  }, {
    what: "inputs handed over to a graph",
    ways: { "two": wide(2), "seventy": wide(70) },
    rounds: ROUNDS,
  }];
}

/** Returns the products by both operations for batches, and by the one for matrices. */
function products(): Choice[] {
  const heads = (count: number, rows: number, columns: number) =>
    tf.keep(tf.randomNormal([count, rows, columns]));
  const [few, keys] = [heads(256, 1, 24), heads(256, 40, 24)];
  const [many, others] = [heads(100, 60, 24), heads(100, 60, 24)];
  const rows = tf.keep(tf.randomNormal([32, 96])) as tf.Tensor2D;
  const weight = tf.keep(tf.randomNormal([96, 96])) as tf.Tensor2D;
  const byBatch = (a: tf.Tensor, b: tf.Tensor) => ({
    "BatchMatMulV3": () => thinMatMul(a, b, true),
    "BatchMatMulV2": () => tf.matMul(a, b, false, true),
  });
  return [
    {
      what: "256 products of [1, 24] and [24, 40]",
      ways: byBatch(few, keys),
      rounds: ROUNDS,
    },
    {
      what: "100 products of [60, 24] and [24, 60]",
      ways: byBatch(many, others),
      rounds: ROUNDS,
    },
    {
      what: "a product of [32, 96] and [96, 96]",
      ways: {
        "BatchMatMulV3": () => thinMatMul(rows, weight),
        "MatMul": () => call("MatMul", [rows, weight]),
      },
      rounds: ROUNDS,
    },
  ];
}

function rotation(): Choice {
  const heads = tf.keep(tf.randomNormal([4, 1475, 24])) as tf.Tensor3D;
  const factors = tf.keep(tf.randomNormal([1, 1475, 12, 2])) as tf.Tensor4D;
  return {
    what: "rotation of [4, 1475, 24]",
    ways: {
      "complex product": () => rotate(heads, factors),
      "real operations": () =>
        tf.tidy(() => {
          const [re, im] = tf.split(tf.reshape(heads, [4, 1475, 12, 2]), 2, 3);
          const [cos, sin] = tf.split(factors, 2, 3);
          const parts = [
            tf.sub(tf.mul(re, cos), tf.mul(im, sin)),
            tf.add(tf.mul(im, cos), tf.mul(re, sin)),
          ];
          return tf.reshape(tf.concat(parts, 3), heads.shape);
        }),
    },
    rounds: ROUNDS,
  };
}

/** Measures the log-probabilities of drawn tokens, and the norm of a gradient. */
function losses(): Choice[] {
  const logits = tf.keep(tf.randomNormal([32, 200])) as tf.Tensor2D;
  const drawn = tf.keep(tf.fill([32], 7, "int32")) as tf.Tensor1D;
  const gradient = tf.keep(tf.randomNormal([2 ** 22]));
  return [{
    what: "log-softmax of [32, 200]",
    ways: {
      "LogSoftmax": () => call("LogSoftmax", [logits]),
      "fused loss": () => softmaxCrossEntropy(logits, drawn),
    },
    rounds: ROUNDS,
  }, {
    what: "sum of squares of 4 million values",
    ways: {
      "L2Loss": () => squaredNorm(gradient),
      "square and sum": () => tf.tidy(() => tf.sum(tf.square(gradient))),
    },
    rounds: ROUNDS,
  }];
}

/** Returns one update of 4 million values. */
function optimiser(): Choice {
  const weights = tf.keep(tf.randomNormal([2 ** 11, 2 ** 11]));
  const gradient = tf.keep(tf.randomNormal([weights.size])) as tf.Tensor1D;
  const settings = { config: defaultOptimiser, step: 1, clip: 0.5 };
  const by = (moments: Moments) => () =>
    moments.update([weights], gradient, settings);
  return {
    what: "AdamW of 4 million values",
    ways: {
      "one operation": by(new FusedMoments(weights)),
      "tfjs": by(new VectorMoments([weights])),
    },
    rounds: 30,
  };
}

/** Returns a generation of 32 tokens by the tiny preset's shape, cut into lanes. */
function lanes(): Choice[] {
  const model = createModel(
    modelConfig({
      model_type: "llama",
      max_position_embeddings: 512,
      vocab_size: 200,
      hidden_size: 96,
      num_hidden_layers: 3,
      num_attention_heads: 4,
      intermediate_size: 256,
    }),
    1,
  );
  const sample = (rows: number, count: number) => () =>
    sampleBatch(
      model,
      Array.from({ length: rows }, (_, seed) => ({
        promptTokens: [2 + seed, 3, 5, 7],
        count: 1,
        maxNewTokens: 32,
        seed,
      })),
      { temperature: 1, stopTokens: [] },
      undefined,
      (start) => new NativeDecoding(start, () => count),
    );
  return [24, 12].map((rows) => ({
    what: `32 tokens of ${rows} rows`,
    ways: { "two lanes": sample(rows, 2), "one lane": sample(rows, 1) },
    rounds: 30,
  }));
}

/** Returns an operation on floats by its name. */
function call(operation: string, inputs: tf.Tensor[]): tf.Tensor {
  const native = nativeTensorFlow()!;
  const { TF_ATTR_TYPE, TF_FLOAT } = native.binding;
  return native.executeSingleOutput(operation, [
    { name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT },
  ], inputs);
}

/** Returns the median of each way in microseconds; a tenth of the rounds warms up. */
async function measure({ ways, rounds }: Choice) {
  const times: Record<string, number[]> = {};
  for (let round = -Math.ceil(rounds / 10); round < rounds; round++) {
    for (const [way, run] of Object.entries(ways)) {
      const started = performance.now();
      const result = await run();
      const microseconds = 1000 * (performance.now() - started);
      tf.dispose(result as tf.TensorContainer);
      if (round >= 0) (times[way] ??= []).push(microseconds);
    }
  }
  return Object.fromEntries(
    Object.entries(times).map(([way, list]) => [
      way,
      Number(median(list).toPrecision(3)),
    ]),
  );
}

async function main(): Promise<void> {
  const { values: { json } } = benchOptions({
    name: "operations",
    says: "measures choices between two ways of computing the same",
    options: { json: { type: "boolean", says: "print one JSON object" } },
  });
  const { name } = await startBackend("tfjs-node");
  const results = [];
  for (const choice of choices()) {
    const microseconds = await measure(choice);
    results.push({ what: choice.what, microseconds });
    if (json) continue;
    const figures = Object.entries(microseconds)
      .map(([way, value]) => `${way} ${value}`).join(", ");
    console.log(`${choice.what}: ${figures}`);
  }
  if (json) {
    const cores = navigator.hardwareConcurrency;
    console.log(JSON.stringify({ backend: name, cores, results }, null, 1));
  }
}

if (import.meta.main) await main();
