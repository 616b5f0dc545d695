/**
 * The decoder's layers on native TensorFlow, by two runs of a graph.
 *
 * One differentiable operation from the parameters to the hidden states
 * (layers_graph.ts). What the backward run needs is kept by tfjs's tape in
 * between; without a tape nothing is kept. Loaded graphs stay for the process.
 * Left out: adapters, recomputed layers, GPUs (the interface copies every input
 * of a graph to the processor), other backends and large models, which gain
 * nothing: all these run layer by layer (decoder.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { currentBackend } from "./backend.ts";
import { attentionMask, type TokenBatch } from "./batch.ts";
import type { ModelConfig } from "./config.ts";
import type { Decoder } from "./decoder.ts";
import type { Value } from "./graph.ts";
import { type GraphCaller, GraphSession } from "./graph_session.ts";
import {
  differentiable,
  nativeTensorFlow,
  recordsGradients,
} from "./kernels.ts";
import { BATCH_INPUTS, layersGraph, SLOPE_INPUT } from "./layers_graph.ts";

/** Whether this model's layers run by a graph here. */
export function layersByGraph(model: Decoder): boolean {
  return nativeTensorFlow() !== null &&
    currentBackend().name === "tfjs-node" &&
    model.adapters === null && !model.recomputesLayers &&
    model.parameterCount <= 2 ** 24;
}

/** Normalised hidden states `[N, D]` of a batch. */
export function hiddenByGraph(model: Decoder, batch: TokenBatch): tf.Tensor2D {
  const passes = passesOf(model.config);
  const parameters = passes.trained.map((name) => model.parameter(name));
  const byName = (names: readonly string[], tensors: readonly tf.Tensor[]) =>
    Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
  const given = byName(passes.trained, parameters);
  const forward = recordsGradients() ? passes.forward : passes.score;
  return differentiable(parameters, (save) => {
    const inputs = batchInputs(model, batch);
    forward.set({ ...given, ...inputs });
    const [hidden_ND, ...saved] = forward.call();
    const names = [...Object.keys(inputs), ...passes.saved];
    save([...Object.values(inputs), ...saved]);
    return {
      value: hidden_ND,
      gradFunc: (dy, kept) => {
        const { backward } = passes;
        backward.set({ ...given, ...byName(names, kept), [SLOPE_INPUT]: dy });
        return backward.call();
      },
    };
  }) as tf.Tensor2D;
}

function batchInputs(model: Decoder, batch: TokenBatch) {
  const { shape, values } = attentionMask(batch);
  const { query, key } = model.rotaryFactors(batch.positions);
  const [columns] = shape.slice(-1);
  return {
    tokens: tf.tensor1d(batch.tokens, "int32"),
    grid: tf.tensor1d([batch.rows, batch.columns], "int32"),
    mask: tf.tensor(values, [
      shape.length === 3 ? batch.rows : 1,
      1,
      columns,
      columns,
    ]),
    queryFactors: query,
    keyFactors: key,
  } satisfies Record<typeof BATCH_INPUTS[number], tf.Tensor>;
}

/** The runs of a loaded graph. */
interface Passes {
  /** Names of the parameters with a gradient here, in the gradients' order. */
  trained: string[];
  saved: string[];
  score: GraphCaller;
  forward: GraphCaller;
  backward: GraphCaller;
}

const loaded = new Map<string, Passes>();

function passesOf(config: ModelConfig): Passes {
  const key = JSON.stringify(config);
  let passes = loaded.get(key);
  if (passes === undefined) {
    passes = loadPasses(config);
    loaded.set(key, passes);
  }
  return passes;
}

function loadPasses(config: ModelConfig): Passes {
  const { graph, hidden, saved, gradients } = layersGraph(config);
  const session = new GraphSession(graph, [hidden]);
  const trained = [...gradients.keys()];
  const names = saved.map(({ name }) => name);
  const given = [...trained, ...BATCH_INPUTS];
  return {
    trained,
    saved: names,
    score: session.part(given, [hidden]),
    forward: session.part(given, [hidden, ...saved]),
    backward: session.part(
      [...given, ...names, SLOPE_INPUT],
      trained.map((name) => gradients.get(name) as Value),
    ),
  };
}
