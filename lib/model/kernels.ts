/**
 * The differentiable operations of the decoder, each with a hand-written gradient.
 *
 * tfjs would derive these gradients from many small operations. Here an operation is one
 * entry of the tape and keeps only the tensors that its gradient needs. On native
 * TensorFlow some of them call a fused operation by name. Left out: the decoder that
 * joins the operations (decoder.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { differentiable, sinkOf } from "./differentiable.ts";
import { widened } from "./native/bfloat16.ts";
import { rowsAddedTo } from "./native/in_place.ts";
import { nativeTensorFlow } from "./native/operations.ts";

export { nativeTensorFlow };

/**
 * Returns `x_NI` times the transpose of `weight_OI`, plus an optional bias.
 * A frozen weight (`trained` false) gets no gradient and costs none. The weight may be
 * packed (bfloat16.ts).
 */
export function linear(
  x_NI: tf.Tensor2D,
  weight_OI: tf.Tensor2D,
  bias_O?: tf.Tensor1D,
  trained = true,
): tf.Tensor2D {
  const inputs: tf.Tensor[] = [x_NI];
  if (trained) inputs.push(weight_OI);
  if (trained && bias_O !== undefined) inputs.push(bias_O);
  return differentiable(inputs, (save) => {
    save([x_NI]);
    const product = tf.matMul(x_NI, widened(weight_OI), false, true);
    return {
      value: bias_O === undefined ? product : tf.add(product, bias_O),
      gradFunc: (dy, [x_NI]) => {
        const gradients = [
          tf.tidy(() => tf.matMul(dy as tf.Tensor2D, widened(weight_OI))),
        ] as tf.Tensor[];
        if (trained) gradients.push(tf.matMul(dy, x_NI, true, false));
        if (trained && bias_O !== undefined) gradients.push(tf.sum(dy, 0));
        return gradients;
      },
    };
  }) as tf.Tensor2D;
}

/**
 * Normalises the last axis by its root mean square and scales it by `weight_D` (Zhang
 * and Sennrich 2019).
 */
export function rmsNorm(
  x: tf.Tensor,
  weight_D: tf.Tensor1D,
  epsilon: number,
  trained = true,
): tf.Tensor {
  const width = weight_D.shape[0];
  return differentiable(trained ? [x, weight_D] : [x], (save) => {
    // rsqrt(sum / D + epsilon), with D moved out: tf.mean would copy its input.
    const inverse = tf.mul(
      tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), epsilon * width)),
      Math.sqrt(width),
    );
    const normed = tf.mul(x, inverse);
    save([inverse, normed]);
    return {
      value: tf.mul(normed, weight_D),
      gradFunc: (dy, [inverse, normed]) => {
        const product_ND = tf.reshape(tf.mul(dy, normed), [-1, width]);
        // mean(dy * weight * normed) over the width, as one matrix-vector product
        const along = tf.reshape(
          tf.matMul(
            product_ND as tf.Tensor2D,
            tf.reshape(tf.div(weight_D, width), [width, 1]),
          ),
          inverse.shape,
        );
        const dx = tf.mul(
          tf.sub(tf.mul(dy, weight_D), tf.mul(normed, along)),
          inverse,
        );
        return trained ? [dx, tf.sum(product_ND, 0)] : [dx];
      },
    };
  });
}

/**
 * Rotates every head by its position: each pair (a, b) of neighbours is the
 * complex number a + bi and is multiplied by its factor, `[1, N, E/2, 2]`.
 */
export function rotate(
  x_HNE: tf.Tensor3D,
  factors_1NP2: tf.Tensor4D,
): tf.Tensor3D {
  return differentiable([x_HNE], (save) => {
    save([factors_1NP2]);
    return {
      value: complexProduct(x_HNE, factors_1NP2, false),
      // The transpose of a rotation is the rotation back.
      gradFunc: (dy, [factors]) => complexProduct(dy, factors, true),
    };
  }) as tf.Tensor3D;
}

function complexProduct(
  x_HNE: tf.Tensor,
  factors_1NP2: tf.Tensor,
  conjugate: boolean,
): tf.Tensor {
  const [heads, tokens, width] = x_HNE.shape;
  const pairs = tf.reshape(x_HNE, [heads, tokens, width / 2, 2]);
  const native = nativeTensorFlow();
  if (native === null) {
    const [re, im] = tf.split(pairs, 2, 3);
    const [cos, sin] = tf.split(factors_1NP2, 2, 3);
    const turn = conjugate ? tf.neg(sin) : sin;
    return tf.reshape(
      tf.concat([
        tf.sub(tf.mul(re, cos), tf.mul(im, turn)),
        tf.add(tf.mul(im, cos), tf.mul(re, turn)),
      ], 3),
      x_HNE.shape,
    );
  }
  // One pass over memory: 0.13 ms for [4, 1475, 24], with real operations 0.58.
  const { TF_FLOAT, TF_COMPLEX64 } = native.binding;
  const type = native.binding.TF_ATTR_TYPE;
  const cast = (tensor: tf.Tensor, from: number, to: number) =>
    native.executeSingleOutput("Bitcast", [
      { name: "T", type, value: from },
      { name: "type", type, value: to },
    ], [tensor]);
  const complexOf = [{ name: "T", type, value: TF_COMPLEX64 }];
  const factors = cast(factors_1NP2, TF_FLOAT, TF_COMPLEX64);
  const product = native.executeSingleOutput("Mul", complexOf, [
    cast(pairs, TF_FLOAT, TF_COMPLEX64),
    conjugate
      ? native.executeSingleOutput("Conj", complexOf, [factors])
      : factors,
  ]);
  return tf.reshape(cast(product, TF_COMPLEX64, TF_FLOAT), x_HNE.shape);
}

/**
 * Computes attention with an additive mask. The queries are already scaled.
 *
 * `mask` broadcasts over `[heads, B, T, T]`. Key and value heads are repeated
 * for their group of query heads (grouped-query attention).
 */
export function attention(
  query_HBTE: tf.Tensor4D,
  key_GBTE: tf.Tensor4D,
  value_GBTE: tf.Tensor4D,
  mask: tf.Tensor,
): tf.Tensor4D {
  const repeats = query_HBTE.shape[0] / key_GBTE.shape[0];
  return differentiable([query_HBTE, key_GBTE, value_GBTE], (save) => {
    const key = repeatHeads(key_GBTE, repeats);
    const scores = tf.matMul(query_HBTE, key, false, true);
    const weights = tf.softmax(tf.add(scores, mask));
    const output = tf.matMul(weights, repeatHeads(value_GBTE, repeats));
    save([query_HBTE, key_GBTE, value_GBTE, weights, output]);
    return {
      value: output,
      gradFunc: (dy, [query, key, value, weights, output]) => {
        const dWeights = tf.matMul(
          dy,
          repeatHeads(value, repeats),
          false,
          true,
        );
        // sum(weights * dWeights) over keys equals sum(dy * output) over the head
        const delta = tf.sum(tf.mul(dy, output), -1, true);
        const dScores = tf.mul(weights, tf.sub(dWeights, delta));
        return [
          tf.matMul(dScores, repeatHeads(key, repeats)),
          sumRepeats(tf.matMul(dScores, query, true, false), repeats),
          sumRepeats(tf.matMul(weights, dy, true, false), repeats),
        ];
      },
    };
  }) as tf.Tensor4D;
}

/**
 * Multiplies many pairs of small matrices with few rows, as decoding needs it.
 *
 * The usual operation goes through oneDNN, whose set-up per matrix costs about as
 * much as the product: on one thread, as each lane has it, 51 microseconds for 256
 * products of [1, 24] and [24, 40]. The third version of the operation takes 32.
 * No gradient.
 */
export function thinMatMul(
  a: tf.Tensor,
  b: tf.Tensor,
  transposeB = false,
): tf.Tensor {
  const native = nativeTensorFlow();
  if (native === null) return tf.matMul(a, b, false, transposeB);
  const { TF_ATTR_TYPE, TF_ATTR_BOOL, TF_FLOAT } = native.binding;
  return native.executeSingleOutput("BatchMatMulV3", [
    { name: "adj_x", type: TF_ATTR_BOOL, value: false },
    { name: "adj_y", type: TF_ATTR_BOOL, value: transposeB },
    { name: "Ta", type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: "Tb", type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: "Tout", type: TF_ATTR_TYPE, value: TF_FLOAT },
  ], [a, b]);
}

/** Repeats every head `repeats` times in a row: `[G, ...]` becomes `[G * repeats, ...]`. */
function repeatHeads(x: tf.Tensor, repeats: number): tf.Tensor {
  if (repeats === 1) return x;
  const [heads, ...rest] = x.shape;
  const size = rest.reduce((product, axis) => product * axis, 1);
  return tf.reshape(
    tf.tile(tf.reshape(x, [heads, 1, size]), [1, repeats, 1]),
    [heads * repeats, ...rest],
  );
}

function sumRepeats(x: tf.Tensor, repeats: number): tf.Tensor {
  if (repeats === 1) return x;
  const [heads, ...rest] = x.shape;
  const size = rest.reduce((product, axis) => product * axis, 1);
  const groups = heads / repeats;
  return tf.reshape(tf.sum(tf.reshape(x, [groups, repeats, size]), 1), [
    groups,
    ...rest,
  ]);
}

/** Returns `silu(gate) * up`, the gated activation of the feed-forward block. */
export function swiglu(gate: tf.Tensor2D, up: tf.Tensor2D): tf.Tensor2D {
  return differentiable([gate, up], (save) => {
    const sigmoid = tf.sigmoid(gate);
    const silu = tf.mul(gate, sigmoid);
    save([sigmoid, silu, up]);
    return {
      value: tf.mul(silu, up),
      gradFunc: (dy, [sigmoid, silu, up]) => {
        // silu'(g) = s + silu - s * silu
        const slope = tf.sub(tf.add(sigmoid, silu), tf.mul(sigmoid, silu));
        return [tf.mul(tf.mul(dy, up), slope), tf.mul(dy, silu)];
      },
    };
  }) as tf.Tensor2D;
}

/** Returns the rows of `table_VD`; the gradient sums the rows that share an id. */
export function embed(
  table_VD: tf.Tensor2D,
  ids_N: tf.Tensor1D,
  trained = true,
): tf.Tensor2D {
  if (!trained) return tf.tidy(() => widened(tf.gather(table_VD, ids_N)));
  const rows = table_VD.shape[0];
  return differentiable([table_VD], (save) => {
    save([ids_N]);
    return {
      value: widened(tf.gather(table_VD, ids_N)),
      gradFunc: (dy, [ids]) => {
        const [dRows, ids_N] = [dy as tf.Tensor2D, ids as tf.Tensor1D];
        return sinkOf(table_VD) === null
          ? sumRowsById(dRows, ids_N, rows)
          : [(sum) => addRowsById(sum, dRows, ids_N, rows)];
      },
    };
  }) as tf.Tensor2D;
}

/** Picks rows of `x_ND`; `rows_M` may repeat. */
export function pickRows(
  x_ND: tf.Tensor2D,
  rows_M: tf.Tensor1D,
): tf.Tensor2D {
  return embed(x_ND, rows_M);
}

/** Adds rows to a table by their ids, without a table of the rows alone where it can. */
function addRowsById(
  sum_VD: tf.Tensor | null,
  rows_ND: tf.Tensor2D,
  ids_N: tf.Tensor1D,
  count: number,
): tf.Tensor {
  if (sum_VD === null) return sumRowsById(rows_ND, ids_N, count);
  return rowsAddedTo(sum_VD, ids_N, rows_ND) ??
    tf.add(sum_VD, sumRowsById(rows_ND, ids_N, count));
}

function sumRowsById(
  rows_ND: tf.Tensor2D,
  ids_N: tf.Tensor1D,
  count: number,
): tf.Tensor {
  if (nativeTensorFlow() !== null) {
    return tf.unsortedSegmentSum(rows_ND, ids_N, count);
  }
  // The WebAssembly backend lacks the segment sum.
  return tf.matMul(
    oneHotRows(ids_N, count),
    rows_ND,
    true,
    false,
  );
}

/**
 * Returns the log-probability of each row's target under the softmax of `logits_MV`.
 * On native TensorFlow value and gradient come from one fused operation.
 */
export function targetLogProbs(
  logits_MV: tf.Tensor2D,
  targets_M: tf.Tensor1D,
): tf.Tensor1D {
  return differentiable([logits_MV], (save) => {
    const [loss_M, slope_MV] = softmaxCrossEntropy(logits_MV, targets_M);
    save([slope_MV]);
    return {
      value: tf.neg(loss_M),
      gradFunc: (dy, [slope_MV]) =>
        tf.mul(slope_MV, tf.reshape(tf.neg(dy), [-1, 1])),
    };
  }) as tf.Tensor1D;
}

/** Returns the loss per row and its slope, softmax minus the one-hot target. */
export function softmaxCrossEntropy(
  logits_MV: tf.Tensor2D,
  targets_M: tf.Tensor1D,
): [tf.Tensor1D, tf.Tensor2D] {
  const native = nativeTensorFlow();
  if (native !== null) {
    const type = native.binding.TF_ATTR_TYPE;
    const [loss, slope] = native.executeMultipleOutputs(
      "SparseSoftmaxCrossEntropyWithLogits",
      [
        { name: "T", type, value: native.binding.TF_FLOAT },
        { name: "Tlabels", type, value: native.binding.TF_INT32 },
      ],
      [logits_MV, targets_M],
      2,
    );
    return [loss as tf.Tensor1D, slope as tf.Tensor2D];
  }
  const oneHot = oneHotRows(targets_M, logits_MV.shape[1]);
  const logSoftmax = tf.logSoftmax(logits_MV);
  return [
    tf.neg(tf.sum(tf.mul(logSoftmax, oneHot), 1)),
    tf.sub(tf.exp(logSoftmax), oneHot),
  ];
}

/** Returns one-hot rows. The cast is needed since WebAssembly writes integers for any type. */
function oneHotRows(ids_N: tf.Tensor1D, depth: number): tf.Tensor2D {
  return tf.cast(tf.oneHot(ids_N, depth), "float32") as tf.Tensor2D;
}

/** Returns the entropy of each row's softmax, in nats. */
export function entropies(logits_MV: tf.Tensor2D): tf.Tensor1D {
  return differentiable([logits_MV], (save) => {
    const logSoftmax = tf.logSoftmax(logits_MV);
    const softmax = tf.exp(logSoftmax);
    const entropy = tf.neg(tf.sum(tf.mul(softmax, logSoftmax), 1));
    save([softmax, logSoftmax, entropy]);
    return {
      value: entropy,
      // dH/dz = -p (log p + H)
      gradFunc: (dy, [softmax, logSoftmax, entropy]) =>
        tf.mul(
          tf.mul(softmax, tf.add(logSoftmax, tf.reshape(entropy, [-1, 1]))),
          tf.reshape(tf.neg(dy), [-1, 1]),
        ),
    };
  }) as tf.Tensor1D;
}

/** Returns the sum of squares of all values. No gradient. */
export function squaredNorm(x: tf.Tensor): tf.Scalar {
  const native = nativeTensorFlow();
  if (native === null) return tf.sum(tf.square(x));
  // One pass instead of two and a vector: 0.38 ms for four million, not 0.83.
  const { TF_ATTR_TYPE, TF_FLOAT } = native.binding;
  const half = native.executeSingleOutput("L2Loss", [
    { name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT },
  ], [x]);
  return tf.mul(half, 2);
}
