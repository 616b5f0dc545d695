/**
 * Sums that keep their memory: what is added is written over the old sum.
 *
 * TensorFlow's sum of two tensors is a third one, and the gradient of an embedding is
 * large: 113 MB in SmolLM2-135M. On native TensorFlow an operation adds in place. Left
 * out: other backends, which get a new tensor.
 */
import * as tf from "@tensorflow/tfjs";
import { nativeTensorFlow } from "./operations.ts";

/** Adds `x` to `sum` and returns the sum. Disposes `x` and the old `sum`. */
export function addedTo<T extends tf.Tensor>(sum: T, x: T): T {
  const native = nativeTensorFlow();
  const fresh = native === null ? tf.add(sum, x) : tf.tidy(() => {
    const rows = [sum, x].map((one) => tf.reshape(one, [1, one.size]));
    const whole = addInPlace(
      native,
      rows[0],
      tf.tensor1d([0], "int32"),
      rows[1],
    );
    return tf.reshape(whole, sum.shape);
  });
  tf.dispose([sum, x]);
  return fresh as T;
}

/**
 * Adds each of the rows `[N, D]` to the row of `sum_VD` that its id names, in order, and
 * returns the sum. From then on the old tensor holds the sum too. Null without native
 * TensorFlow.
 */
export function rowsAddedTo(
  sum_VD: tf.Tensor,
  ids_N: tf.Tensor1D,
  rows_ND: tf.Tensor2D,
): tf.Tensor | null {
  const native = nativeTensorFlow();
  return native && addInPlace(native, sum_VD, ids_N, rows_ND);
}

function addInPlace(
  native: NonNullable<ReturnType<typeof nativeTensorFlow>>,
  sum: tf.Tensor,
  places: tf.Tensor,
  rows: tf.Tensor,
): tf.Tensor {
  const { TF_ATTR_TYPE, TF_FLOAT } = native.binding;
  return native.executeSingleOutput("InplaceAdd", [
    { name: "T", type: TF_ATTR_TYPE, value: TF_FLOAT },
  ], [sum, places, rows]);
}
