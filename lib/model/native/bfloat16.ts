/**
 * Weight matrices in bfloat16: two numbers in an int32.
 *
 * tfjs holds no bfloat16. `tf.cast(x, "bfloat16")` fails with "Failed to cast to unknown
 * dtype", and an operation by name whose result is bfloat16 (type 14) with "Unknown dtype
 * enum 14". TensorFlow below it can: its values are handled here by their numbers in the
 * addon and never reach tfjs, which sees an int32 tensor `[R, C/2]` for a matrix
 * `[R, C]`. A matrix is widened to 32 bits where it is used and freed again. Left out:
 * products in bfloat16, and backends other than native TensorFlow.
 */
import * as tf from "@tensorflow/tfjs";
import { nativeTensorFlow } from "./operations.ts";

/** TensorFlow's number of the type. */
const BFLOAT16 = 14;

/** Tells whether a parameter is a matrix of packed numbers. */
export function isPacked({ dtype }: Pick<tf.Tensor, "dtype">): boolean {
  return dtype === "int32";
}

/** Returns how many numbers a parameter has and its rank, packed or not. */
export function sized(parameter: tf.Tensor): { size: number; rank: number } {
  const { size, rank } = parameter;
  return { size: isPacked(parameter) ? 2 * size : size, rank };
}

/** Tells whether a parameter of a shape can be packed: a matrix of an even number of columns. */
export function canBePacked(shape: readonly number[]): boolean {
  return shape.length === 2 && shape[1] % 2 === 0;
}

/** Throws without native TensorFlow, which alone knows the type. */
export function requireBfloat16() {
  if (nativeTensorFlow() !== null) return;
  throw new Error("bfloat16 weights need native TensorFlow (deno task setup)");
}

/** Rounds a matrix of an even number of columns to the nearest bfloat16 numbers, ties to even. */
export function packed(x_RC: tf.Tensor): tf.Tensor {
  const [rows, columns] = x_RC.shape;
  return tf.tidy(() => {
    const pairs = tf.reshape(x_RC, [rows, columns / 2, 2]);
    return throughHalves(pairs, ["Cast", "SrcT", "DstT"], [
      "Bitcast",
      "T",
      "type",
    ]);
  });
}

/** Returns a parameter in 32 bits: a new tensor where it is packed, else the same. */
export function widened<T extends tf.Tensor>(parameter: T): T {
  if (!isPacked(parameter)) return parameter;
  const [rows, half] = parameter.shape;
  return tf.tidy(() => {
    const pairs = throughHalves(
      parameter,
      ["Bitcast", "T", "type"],
      ["Cast", "SrcT", "DstT"],
    );
    return tf.reshape(pairs, [rows, 2 * half]) as T;
  });
}

/** Numbers that are rounded at a time: a dozen arrays of them exist for a moment. */
const SLICE = 2 ** 21;

/**
 * Packs a matrix by rounding each number up or down at random, so that its mean is the
 * number: an update much smaller than a number's last place would else be lost at every
 * step. The same seed gives the same numbers.
 */
export function packedAtRandom(
  x_RC: tf.Tensor,
  seed: [number, number],
): tf.Tensor {
  const [rows, columns] = x_RC.shape;
  const most = Math.max(1, Math.floor(SLICE / columns));
  const slices = Array.from({ length: Math.ceil(rows / most) }, (_, i) => {
    const count = Math.min(most, rows - i * most);
    return tf.tidy(() => {
      const x = tf.slice(x_RC, [i * most, 0], [count, columns]);
      return roundedAtRandom(x, [seed[0], 2 ** 12 * seed[1] + i]);
    });
  });
  if (slices.length === 1) return slices[0];
  const whole = tf.concat(slices, 0);
  tf.dispose(slices);
  return whole;
}

function roundedAtRandom(x: tf.Tensor, seed: [number, number]): tf.Tensor {
  const bits = bitcast(x, "int32");
  const below = bitcast(masked(bits, 0xffff0000 | 0), "float32");
  // The power of two of a number; bfloat16 keeps seven places below it.
  const place = tf.mul(bitcast(masked(bits, 0x7f800000), "float32"), 2 ** -7);
  const share = tf.div(tf.abs(tf.sub(x, below)), place);
  const up = tf.cast(tf.less(uniform(x.shape, seed), share), "float32");
  return packed(tf.add(below, tf.mul(tf.mul(tf.sign(x), place), up)));
}

/** The addon's functions behind the operations by name. */
interface RawOperations {
  executeOp(
    name: string,
    attributes: { name: string; type: number; value: unknown }[],
    inputs: number[],
    outputs: number,
  ): { id: number }[];
  deleteTensor(id: number): void;
}

type Step = readonly [operation: string, from: string, to: string];

/** Runs two operations by name of which the first gives, and the second takes, bfloat16. */
function throughHalves(x: tf.Tensor, first: Step, second: Step): tf.Tensor {
  const native = nativeTensorFlow()!;
  const { TF_ATTR_TYPE: type, TF_FLOAT, TF_INT32 } = native.binding;
  const addon = native.binding as unknown as RawOperations;
  const outer = (step: Step) => step[0] === "Cast" ? TF_FLOAT : TF_INT32;
  const run = ([operation, from, to]: Step, types: number[], id: number) =>
    addon.executeOp(
      operation,
      [
        { name: from, type, value: types[0] },
        { name: to, type, value: types[1] },
      ],
      [id],
      1,
    )[0];
  const [id] = native.getInputTensorIds([x]);
  const halves = run(first, [outer(first), BFLOAT16], id);
  try {
    return native.createOutputTensor(
      run(second, [BFLOAT16, outer(second)], halves.id),
    );
  } finally {
    addon.deleteTensor(halves.id);
  }
}

function bitcast(x: tf.Tensor, to: "int32" | "float32"): tf.Tensor {
  const native = nativeTensorFlow()!;
  const { TF_ATTR_TYPE: type, TF_FLOAT, TF_INT32 } = native.binding;
  const types = to === "int32" ? [TF_FLOAT, TF_INT32] : [TF_INT32, TF_FLOAT];
  return native.executeSingleOutput("Bitcast", [
    { name: "T", type, value: types[0] },
    { name: "type", type, value: types[1] },
  ], [x]);
}

function masked(bits: tf.Tensor, mask: number): tf.Tensor {
  const native = nativeTensorFlow()!;
  const { TF_ATTR_TYPE: type, TF_INT32 } = native.binding;
  return native.executeSingleOutput("BitwiseAnd", [
    { name: "T", type, value: TF_INT32 },
  ], [bits, tf.scalar(mask, "int32")]);
}

function uniform(shape: number[], seed: [number, number]): tf.Tensor {
  const native = nativeTensorFlow()!;
  const { TF_ATTR_TYPE: type, TF_FLOAT, TF_INT32 } = native.binding;
  return native.executeSingleOutput("StatelessRandomUniform", [
    { name: "dtype", type, value: TF_FLOAT },
    { name: "T", type, value: TF_INT32 },
    { name: "Tseed", type, value: TF_INT32 },
  ], [tf.tensor1d(shape, "int32"), tf.tensor1d(seed, "int32")]);
}
