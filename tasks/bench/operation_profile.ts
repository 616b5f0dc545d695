/**
 * Measures the seconds and the calls of every TensorFlow operation.
 *
 * Native TensorFlow runs operations one after another, so timing each call from
 * outside is exact up to the call's own overhead. Left out: other backends.
 */
import * as tf from "@tensorflow/tfjs";

/** Time spent in one kind of operation. */
export interface OperationTime {
  operation: string;
  ms: number;
  calls: number;
}

type Binding = Record<string, unknown> & {
  executeOp(
    name: string,
    attributes: unknown,
    inputs: unknown,
    outputs: number,
  ): unknown;
  runSavedModel(
    session: number,
    inputs: unknown,
    inputNames: string,
    outputNames: string,
  ): unknown;
};

/**
 * Starts counting. `stop` ends the counting and returns the operations, slowest first.
 * Returns null where the backend is not native TensorFlow.
 */
export function startOperationProfile(): { stop(): OperationTime[] } | null {
  if (tf.getBackend() !== "tensorflow") return null;
  const backend = tf.backend() as unknown as { binding: Binding };
  const real = backend.binding;
  const times = new Map<string, OperationTime>();
  backend.binding = instrumented(real, (operation, ms) => {
    const entry = times.get(operation) ?? { operation, ms: 0, calls: 0 };
    entry.ms += ms;
    entry.calls++;
    times.set(operation, entry);
  });
  return {
    stop() {
      backend.binding = real;
      return [...times.values()].sort((a, b) => b.ms - a.ms);
    },
  };
}

/** Returns a copy of the addon's interface (its own members are read-only). */
function instrumented(
  real: Binding,
  record: (operation: string, ms: number) => void,
): Binding {
  const copy: Record<string, unknown> = {};
  for (const name of Object.getOwnPropertyNames(real)) {
    const member = real[name];
    copy[name] = typeof member === "function" ? member.bind(real) : member;
  }
  copy.executeOp = (
    name: string,
    attributes: unknown,
    inputs: unknown,
    outputs: number,
  ) => {
    const started = performance.now();
    const result = real.executeOp(name, attributes, inputs, outputs);
    record(name, performance.now() - started);
    return result;
  };
  copy.runSavedModel = (
    session: number,
    inputs: unknown,
    inputNames: string,
    outputNames: string,
  ) => {
    const started = performance.now();
    const result = real.runSavedModel(session, inputs, inputNames, outputNames);
    record("(graph)", performance.now() - started);
    return result;
  };
  return copy as Binding;
}

/** Returns the number of live tensors, which tells whether a step leaves any behind. */
export function tensorCount(): number {
  return tf.memory().numTensors;
}
