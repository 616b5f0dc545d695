/** TensorFlow's operations by name, on the native backend. Left out: graphs (graph_session.ts). */
import * as tf from "@tensorflow/tfjs";

/** The part of the native backend that calls any TensorFlow operation by name. */
interface NamedOperations {
  /** Numbers of types, and functions (bfloat16.ts). */
  binding: Record<string, number>;
  /** Returns the tensors' numbers in the backend, which takes over their values. */
  getInputTensorIds(tensors: tf.Tensor[]): number[];
  /** Returns a tensor of a result's number, shape and type. */
  createOutputTensor(metadata: unknown): tf.Tensor;
  executeSingleOutput(
    name: string,
    attributes: { name: string; type: number; value: unknown }[],
    inputs: tf.Tensor[],
  ): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: { name: string; type: number; value: unknown }[],
    inputs: tf.Tensor[],
    outputs: number,
  ): tf.Tensor[];
}

/** Returns the native backend, or null on WebGPU, WebAssembly and plain JavaScript. */
export function nativeTensorFlow(): NamedOperations | null {
  return tf.getBackend() === "tensorflow"
    ? tf.backend() as unknown as NamedOperations
    : null;
}
