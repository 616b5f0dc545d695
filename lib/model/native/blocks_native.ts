/**
 * The layers of a large model on native TensorFlow, a run of a graph for each.
 *
 * All layers share one graph (`blockGraph`). What a backward run needs is kept for as
 * many layers as a budget allows: without products with weights, everything is computed
 * again from that. These are the last layers: their backward runs come first, and free
 * what is kept before most gradients exist. Of the other layers only the input is kept.
 * Left out: small models, whose layers are one graph (layers_native.ts).
 */
import * as tf from "@tensorflow/tfjs";
import type { TokenBatch } from "../training/batch.ts";
import { adapterPlan, graphTensors, planKey } from "./graph_tensors.ts";
import { type GraphCaller, GraphSession } from "./graph_session.ts";
import { differentiable, recordsGradients } from "../differentiable.ts";
import { KEPT_BYTES, keptPerToken } from "../memory.ts";
import { BLOCK_INPUT, blockGraph, SLOPE_INPUT } from "./layers_graph.ts";
import { byName, laneInputs } from "./layers_native.ts";
import type { NativeModel } from "./native_model.ts";

/** Normalised hidden states `[N, D]` of a batch; tests choose the budget. */
export function hiddenByBlocks(
  model: NativeModel,
  batch: TokenBatch,
  keptBytes = KEPT_BYTES[model.adapters === null ? "weights" : "adapters"],
): tf.Tensor2D {
  const tokens = batch.rows * batch.columns;
  const layers = model.config.num_hidden_layers;
  const keeping = keptBytes / (4 * tokens * keptPerToken(model.config));
  const inputs = laneInputs(model, batch, 1);
  let x_ND = model.embedTokens(tf.tensor1d(batch.tokens, "int32"));
  for (let layer = 0; layer < layers; layer++) {
    const next_ND = block(
      model,
      layer,
      x_ND,
      inputs,
      layers - 1 - layer < keeping,
    );
    if (!recordsGradients()) x_ND.dispose();
    x_ND = next_ND;
  }
  return model.finalNorm(x_ND);
}

/** Runs a layer; with `keeps`, its backward run repeats no product with weights. */
function block(
  model: NativeModel,
  layer: number,
  x_ND: tf.Tensor2D,
  inputs: Record<string, tf.Tensor>,
  keeps: boolean,
): tf.Tensor2D {
  const passes = passesOf(model, layer);
  const given = graphTensors(model, layer);
  const trained = passes.trained.map((name) => given[name]);
  const forward = keeps && recordsGradients() ? passes.forward : passes.score;
  return differentiable([x_ND, ...trained], (save) => {
    const constants = { ...inputs, [BLOCK_INPUT]: x_ND };
    forward.set({ ...given, ...constants });
    const [y_ND, ...saved] = forward.call();
    save([...Object.values(constants), ...saved]);
    return {
      value: y_ND,
      gradFunc: (dy, kept) => {
        const backward = keeps ? passes.backward : passes.backwardAgain;
        const names = [...Object.keys(constants), ...passes.saved];
        backward.set({
          ...given,
          ...byName(names.slice(0, kept.length), kept),
          [SLOPE_INPUT]: dy,
        });
        const slopes = backward.call();
        // tfjs would keep them until the last layer is done.
        tf.dispose(kept.slice(Object.keys(inputs).length));
        return slopes;
      },
    };
  }) as tf.Tensor2D;
}

/** The runs of a loaded graph. */
interface BlockPasses {
  /** Names in the graph of what has a gradient, in the gradients' order. */
  trained: string[];
  /** Names of the values that `backward` is given. */
  saved: string[];
  score: GraphCaller;
  forward: GraphCaller;
  backward: GraphCaller;
  /** `backward` from the layer's input alone. */
  backwardAgain: GraphCaller;
}

const loaded = new Map<string, BlockPasses>();

function passesOf(model: NativeModel, layer: number): BlockPasses {
  const adapters = adapterPlan(model, layer);
  const key = JSON.stringify([model.config, planKey(adapters)]);
  let passes = loaded.get(key);
  if (passes === undefined) {
    passes = loadPasses(blockGraph(model.config, adapters));
    loaded.set(key, passes);
  }
  return passes;
}

function loadPasses(
  { graph, output, saved, slope, gradients }: ReturnType<typeof blockGraph>,
): BlockPasses {
  const session = new GraphSession(graph, [output]);
  const names = saved.map(({ name }) => name);
  const given = graph.inputNames.filter((name) => name !== SLOPE_INPUT);
  const slopes = [slope, ...gradients.values()];
  return {
    trained: [...gradients.keys()],
    saved: names,
    score: session.part(given, [output]),
    forward: session.part(given, [output, ...saved]),
    backward: session.part([...given, ...names, SLOPE_INPUT], slopes),
    backwardAgain: session.part([...given, SLOPE_INPUT], slopes),
  };
}
