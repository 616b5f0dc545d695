/**
 * Runs the decoder's layers on native TensorFlow, by two runs of a graph.
 *
 * The layers are one differentiable operation from the parameters to the hidden states
 * (layers_graph.ts). The tape of tfjs keeps the values that the backward run needs;
 * without a tape nothing is kept. Loaded graphs stay for the process. Left out: large
 * models, whose layers have a graph each (blocks_native.ts), and the cases that run by
 * single operations (decoder.ts): recomputed layers, cards (`runsGraphs`) and other
 * backends.
 */
import * as tf from "@tensorflow/tfjs";
import { runsGraphs } from "../backend.ts";
import { attentionMask, type TokenBatch } from "../training/batch.ts";
import type { AdapterPlan } from "./adapters_graph.ts";
import { adapterPlan, graphTensors, planKey } from "./graph_tensors.ts";
import { type GraphCaller, GraphSession } from "./graph_session.ts";
import { differentiable, recordsGradients } from "../differentiable.ts";
import { laneSizes } from "./lanes.ts";
import {
  LANE_INPUTS,
  laneInput,
  layersGraph,
  SLOPE_INPUT,
} from "./layers_graph.ts";
import type { NativeModel } from "./native_model.ts";
import { isSmall } from "./small_model.ts";

/**
 * Number of lanes of a small model's batch, which are computed side by side. The
 * operations of a small model are too small to be divided among processors; a second lane
 * costs a single processor nothing. The number is the same on every machine, because
 * gradients are sums over lanes and their last bits depend on it.
 */
const LANES = 2;

/** Returns the number of lanes of a batch. The operations of a large model are large enough to be divided. */
export function layerLanes(model: NativeModel, rows: number): number {
  return isSmall(model) ? Math.min(rows, LANES) : 1;
}

/** Tells whether this model's layers run by a graph here. */
export function layersByGraph(model: NativeModel): boolean {
  return runsGraphs() && !model.recomputesLayers && !model.isNarrow;
}

/** Tells whether layers are computed twice unless told otherwise: large ones that no graph runs. */
export function recomputesByOperations(model: NativeModel): boolean {
  return !runsGraphs() && !isSmall(model);
}

/** Returns the normalised hidden states `[N, D]` of a batch; tests choose the lanes. */
export function hiddenByGraph(
  model: NativeModel,
  batch: TokenBatch,
  lanes = layerLanes(model, batch.rows),
): tf.Tensor2D {
  const passes = passesOf(model, lanes);
  const given = graphTensors(model);
  const parameters = passes.trained.map((name) => given[name]);
  const forward = recordsGradients() ? passes.forward : passes.score;
  return differentiable(parameters, (save) => {
    const inputs = laneInputs(model, batch, lanes);
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

/** Returns named tensors, in order. */
export function byName(
  names: readonly string[],
  tensors: readonly tf.Tensor[],
): Record<string, tf.Tensor> {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
}

/** Returns the inputs of all lanes: consecutive rows of the batch. */
export function laneInputs(
  model: NativeModel,
  batch: TokenBatch,
  lanes: number,
): Record<string, tf.Tensor> {
  const mask = attentionMask(batch);
  const inputs: Record<string, tf.Tensor> = {};
  let first = 0;
  laneSizes(batch.rows, lanes).forEach((rows, lane) => {
    const tensors = rowInputs(model, batch, mask, first, first + rows);
    for (const name of LANE_INPUTS) {
      inputs[laneInput(name, lane)] = tensors[name];
    }
    first += rows;
  });
  return inputs;
}

/** Returns the inputs of the rows from `first` to before `end`. */
function rowInputs(
  model: NativeModel,
  { columns, tokens, positions }: TokenBatch,
  mask: { shape: number[]; values: Float32Array },
  first: number,
  end: number,
): Record<typeof LANE_INPUTS[number], tf.Tensor> {
  const start = first * columns;
  const stop = end * columns;
  const { query, key } = model.rotaryFactors(positions.subarray(start, stop));
  const perRow = mask.shape.length === 3;
  return {
    tokens: tf.tensor1d(tokens.subarray(start, stop), "int32"),
    grid: tf.tensor1d([end - first, columns], "int32"),
    mask: tf.tensor(
      perRow
        ? mask.values.subarray(start * columns, stop * columns)
        : mask.values,
      [perRow ? end - first : 1, 1, columns, columns],
    ),
    queryFactors: query,
    keyFactors: key,
  };
}

/** The runs of a loaded graph. */
interface Passes {
  /** Names of the parameters with a gradient here, in the gradients' order. */
  trained: string[];
  /** Names of the values that the backward run needs. */
  saved: string[];
  score: GraphCaller;
  forward: GraphCaller;
  backward: GraphCaller;
}

const loaded = new Map<string, Passes>();

function passesOf(model: NativeModel, lanes: number): Passes {
  const adapters = adapterPlan(model);
  const key = JSON.stringify([model.config, lanes, planKey(adapters)]);
  let passes = loaded.get(key);
  if (passes === undefined) {
    passes = loadPasses(model, lanes, adapters);
    loaded.set(key, passes);
  }
  return passes;
}

function loadPasses(
  model: NativeModel,
  lanes: number,
  adapters: AdapterPlan | null,
): Passes {
  const { graph, hidden, saved, gradients } = layersGraph(
    model.config,
    lanes,
    adapters,
  );
  const session = new GraphSession(graph, [hidden]);
  const trained = [...gradients.keys()];
  const names = saved.map(({ name }) => name);
  const given = [
    ...graph.inputNames.filter((name) => name in graphTensors(model)),
    ...Array.from(
      { length: lanes },
      (_, lane) => LANE_INPUTS.map((name) => laneInput(name, lane)),
    ).flat(),
  ];
  return {
    trained,
    saved: names,
    score: session.part(given, [hidden]),
    forward: session.part(given, [hidden, ...saved]),
    backward: session.part(
      [...given, ...names, SLOPE_INPUT],
      [...gradients.values()],
    ),
  };
}
