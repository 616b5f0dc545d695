/**
 * Runs the forward pass over prompts on native TensorFlow, by one run of a graph
 * (layers_graph.ts). Loaded graphs stay for the process. Left out: the models that
 * layers_native.ts leaves out, whose prompts are computed layer by layer (decoder.ts).
 */
import * as tf from "@tensorflow/tfjs";
import type { TokenBatch } from "../training/batch.ts";
import { adapterPlan, graphTensors, planKey } from "./graph_tensors.ts";
import { type GraphCaller, GraphSession } from "./graph_session.ts";
import { laneSizes } from "./lanes.ts";
import { laneInput, prefillGraph } from "./layers_graph.ts";
import type { NativeModel, Prefilled } from "./native_model.ts";
import { laneInputs, layerLanes } from "./layers_native.ts";

/**
 * Returns the result of `Decoder.prefill` for a plain batch. `last` are flat indices, one
 * per row. Tests choose the lanes.
 */
export function prefillByGraph(
  model: NativeModel,
  batch: TokenBatch,
  last: readonly number[],
  lanes = layerLanes(model, batch.rows),
): Prefilled {
  const caller = callerOf(model, lanes);
  return tf.tidy(() => {
    caller.set(graphTensors(model));
    caller.set(laneInputs(model, batch, lanes));
    caller.set(lastInputs(batch, last, lanes));
    const [hidden, ...heads] = caller.call();
    const prefilled = {
      hidden,
      keys: heads.slice(0, heads.length / 2),
      values: heads.slice(heads.length / 2),
    };
    return prefilled as unknown as tf.TensorContainerObject;
  }) as unknown as Prefilled;
}

/** Returns every lane's last tokens, and a mask of what follows them in their rows. */
function lastInputs(
  { rows, columns }: TokenBatch,
  last: readonly number[],
  lanes: number,
): Record<string, tf.Tensor> {
  const inputs: Record<string, tf.Tensor> = {};
  let first = 0;
  laneSizes(rows, lanes).forEach((count, lane) => {
    const own = last.slice(first, first + count)
      .map((index) => index - first * columns);
    const mask = new Float32Array(count * columns);
    own.forEach((index, row) =>
      mask.fill(-1e9, index + 1, (row + 1) * columns)
    );
    inputs[laneInput("last", lane)] = tf.tensor1d(own, "int32");
    inputs[laneInput("lastMask", lane)] = tf.tensor(
      mask,
      [1, count, 1, columns],
    );
    first += count;
  });
  return inputs;
}

const loaded = new Map<string, GraphCaller>();

function callerOf(model: NativeModel, lanes: number): GraphCaller {
  const adapters = adapterPlan(model);
  const key = JSON.stringify([model.config, lanes, planKey(adapters)]);
  let caller = loaded.get(key);
  if (caller === undefined) {
    const { graph, hidden, keys, values } = prefillGraph(
      model.config,
      lanes,
      adapters,
    );
    caller = new GraphSession(graph, [hidden, ...keys, ...values]).caller();
    loaded.set(key, caller);
  }
  return caller;
}
