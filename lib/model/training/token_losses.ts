/**
 * Log-probabilities and entropies of predictions, without holding all logits.
 *
 * The logits of 1,000 positions over 49,152 words take 200 MB, and a loss of them takes
 * several arrays of that size. Here they are computed for a slice of positions at a
 * time, and once more for the gradient, which needs the slopes of the whole loss first.
 * Left out: few logits, which are held whole (predictions.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { differentiable } from "../differentiable.ts";
import { softmaxCrossEntropy } from "../kernels.ts";
import { widened } from "../native/bfloat16.ts";
import { addedTo } from "../native/in_place.ts";

/** Logits that are held whole: 16 MB, of which a loss holds about ten. */
export const WHOLE_LOGITS = 2 ** 22;

/** Logits that a slice holds at most: 32 MB. */
const SLICE_LOGITS = 2 ** 23;

/** Least positions of a slice: with fewer, reading the weights takes most of the time. */
const SLICE_POSITIONS = 128;

/** Numbers added to logits: the row of each position in a table; null for its only row. */
export interface Bans {
  table_KV: tf.Tensor2D;
  rows_M: Int32Array | null;
}

/** The output layer, and what its logits are changed by before the softmax. */
export interface OutputLayer {
  weight_VD: tf.Tensor2D;
  /** Whether the weight has a gradient. */
  trained: boolean;
  bans: Bans | null;
  temperature: number;
}

/** Returns the positions in a slice of logits over a vocabulary. */
export function slicePositions(vocabulary: number): number {
  return Math.max(SLICE_POSITIONS, Math.floor(SLICE_LOGITS / vocabulary));
}

/**
 * Computes the log-probabilities `[M]` of targets after hidden states `[M, D]`, and the
 * entropies `[M]` of the distributions, in nats, in slices of positions.
 */
export function slicedTokenLosses(
  hidden_MD: tf.Tensor2D,
  targets: Int32Array,
  layer: OutputLayer,
  positions = slicePositions(layer.weight_VD.shape[0]),
): { logProbs_M: tf.Tensor1D; entropies_M: tf.Tensor1D } {
  const { weight_VD, trained, bans } = layer;
  const inputs = trained ? [hidden_MD, weight_VD] : [hidden_MD];
  const joined_2M = differentiable(inputs, (save) => {
    save(bans === null ? [hidden_MD] : [hidden_MD, bans.table_KV]);
    const wide = { ...layer, weight_VD: widened(weight_VD) };
    const parts = slicesOf(targets.length, positions).map((slice) =>
      tf.tidy(() => sliceLosses(hidden_MD, targets, wide, slice).losses_2M)
    );
    return {
      value: tf.concat(parts, 1),
      gradFunc: (dy_2M, [hidden, table]) => {
        const kept = bans && { ...bans, table_KV: table as tf.Tensor2D };
        const own = { ...layer, bans: kept, weight_VD: widened(weight_VD) };
        const slopes = gradients(
          ...[hidden as tf.Tensor2D, targets, own, dy_2M, positions] as const,
        );
        if (own.weight_VD !== weight_VD) own.weight_VD.dispose();
        return slopes;
      },
    };
  });
  const [logProbs_M, entropies_M] = tf.unstack(joined_2M);
  return {
    logProbs_M: logProbs_M as tf.Tensor1D,
    entropies_M: entropies_M as tf.Tensor1D,
  };
}

type Slice = readonly [from: number, count: number];

function slicesOf(count: number, most: number): Slice[] {
  return Array.from({ length: Math.ceil(count / most) }, (_, i) => {
    const from = i * most;
    return [from, Math.min(most, count - from)];
  });
}

/** Returns the bans of `count` positions from `from` on, `[count, V]`; `[1, V]` for all. */
export function banRows(
  { table_KV, rows_M }: Bans,
  from: number,
  count: number,
): tf.Tensor2D {
  if (rows_M === null) return table_KV;
  const rows = tf.tensor1d(rows_M.slice(from, from + count), "int32");
  return tf.gather(table_KV, rows);
}

/** Computes the logits of a slice and what follows from them. The caller tidies. */
function sliceLosses(
  hidden_MD: tf.Tensor2D,
  targets: Int32Array,
  { weight_VD, bans, temperature }: OutputLayer,
  [from, count]: Slice,
) {
  const hidden_SD = tf.slice(hidden_MD, [from, 0], [count, -1]);
  const targets_S = tf.tensor1d(targets.slice(from, from + count), "int32");
  let logits_SV: tf.Tensor2D = tf.matMul(hidden_SD, weight_VD, false, true);
  const change = (by: (logits: tf.Tensor2D) => tf.Tensor) => {
    const old = logits_SV;
    logits_SV = by(old) as tf.Tensor2D;
    old.dispose();
  };
  if (bans !== null) {
    change((logits) => tf.add(logits, banRows(bans, from, count)));
  }
  if (temperature !== 1) change((logits) => tf.div(logits, temperature));
  const [losses_S, slope_SV] = softmaxCrossEntropy(logits_SV, targets_S);
  // sum(p z) = sum(slope z) + z of the target, and log p of the target = -loss
  const entropies_S = tf.sub(
    losses_S,
    tf.tidy(() => tf.sum(tf.mul(slope_SV, logits_SV), 1)),
  );
  const losses_2M = tf.stack([tf.neg(losses_S), entropies_S]);
  return { hidden_SD, logits_SV, entropies_S, slope_SV, losses_2M };
}

/** Adds up the gradients of hidden states and weight, slice by slice. */
function gradients(
  hidden_MD: tf.Tensor2D,
  targets: Int32Array,
  layer: OutputLayer,
  dy_2M: tf.Tensor,
  positions: number,
): tf.Tensor[] {
  const { weight_VD, trained } = layer;
  const entropyCounts = tf.tidy(() => tf.slice(dy_2M, [1, 0]).abs().max())
    .dataSync()[0] !== 0;
  const dHidden: tf.Tensor2D[] = [];
  let dWeight_VD: tf.Tensor2D | null = null;
  for (const slice of slicesOf(targets.length, positions)) {
    const [dHidden_SD, own_VD] = tf.tidy(() => {
      const dy_2S = tf.slice(dy_2M, [0, slice[0]], [2, slice[1]]);
      // A scope of its own, which frees every other array of logits.
      const { hidden_SD, dLogits_SV } = tf.tidy(() =>
        logitSlopes(
          ...[hidden_MD, targets, layer, slice, dy_2S as tf.Tensor2D] as const,
          entropyCounts,
        )
      );
      const dHidden_SD = tf.matMul(dLogits_SV, weight_VD);
      return trained
        ? [dHidden_SD, tf.matMul(dLogits_SV, hidden_SD, true, false)]
        : [dHidden_SD];
    });
    dHidden.push(dHidden_SD as tf.Tensor2D);
    if (!trained) continue;
    dWeight_VD = dWeight_VD === null
      ? own_VD as tf.Tensor2D
      : addedTo(dWeight_VD, own_VD as tf.Tensor2D);
  }
  const dHidden_MD = tf.concat(dHidden, 0);
  tf.dispose(dHidden);
  return dWeight_VD === null ? [dHidden_MD] : [dHidden_MD, dWeight_VD];
}

/** The gradient of a slice's logits, before temperature and bans. */
function logitSlopes(
  hidden_MD: tf.Tensor2D,
  targets: Int32Array,
  layer: OutputLayer,
  slice: Slice,
  dy_2S: tf.Tensor2D,
  entropyCounts: boolean,
): { hidden_SD: tf.Tensor2D; dLogits_SV: tf.Tensor2D } {
  const { hidden_SD, logits_SV, entropies_S, slope_SV } = sliceLosses(
    hidden_MD,
    targets,
    layer,
    slice,
  );
  const [dLogProbs_S1, dEntropies_S1] = tf.unstack(dy_2S)
    .map((row) => tf.reshape(tf.div(row, layer.temperature), [-1, 1]));
  const ofLogProbs_SV = tf.mul(slope_SV, tf.neg(dLogProbs_S1));
  if (!entropyCounts) {
    return { hidden_SD, dLogits_SV: ofLogProbs_SV as tf.Tensor2D };
  }
  const ofEntropies_SV = tf.tidy(() => {
    // dH/dz = -p (log p + H)
    const logSoftmax_SV = tf.logSoftmax(logits_SV);
    tf.dispose([logits_SV, slope_SV]);
    const spread_SV = tf.add(logSoftmax_SV, tf.reshape(entropies_S, [-1, 1]));
    const softmax_SV = tf.exp(logSoftmax_SV);
    logSoftmax_SV.dispose();
    return tf.mul(tf.mul(softmax_SV, spread_SV), tf.neg(dEntropies_S1));
  });
  return {
    hidden_SD,
    dLogits_SV: tf.add(ofLogProbs_SV, ofEntropies_SV) as tf.Tensor2D,
  };
}
