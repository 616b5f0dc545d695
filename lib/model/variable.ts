/**
 * A TensorFlow variable: memory that an operation may change where it lies.
 *
 * tfjs has variables too, but on native TensorFlow those are tensors that are
 * replaced; this is the kind that TensorFlow's optimisers take. Left out: other
 * backends.
 */
import * as tf from "@tensorflow/tfjs";
import { nativeTensorFlow } from "./kernels.ts";

/** Variables made so far; TensorFlow tells them apart by name. */
let made = 0;

/**
 * A variable of 32-bit floats on native TensorFlow. Dispose it when done. Made
 * seldom: TensorFlow remembers every name for the life of the process.
 */
export class Variable {
  /** What operations take for the variable. */
  readonly handle: tf.Tensor;

  constructor(value: tf.Tensor) {
    const { TF_ATTR_SHAPE, TF_ATTR_STRING } = native().binding;
    this.handle = tf.keep(
      native().executeSingleOutput("VarHandleOp", [
        floats("dtype"),
        { name: "shape", type: TF_ATTR_SHAPE, value: value.shape },
        { name: "container", type: TF_ATTR_STRING, value: "" },
        { name: "shared_name", type: TF_ATTR_STRING, value: `kept${made++}` },
      ], []),
    );
    this.assign(value);
  }

  /** Takes on the value's memory; who changes the variable first makes a copy. */
  assign(value: tf.Tensor) {
    run("AssignVariableOp", "dtype", [this.handle, value]);
  }

  /** The value, in the variable's memory, until the variable is changed. */
  value(): tf.Tensor {
    return native().executeSingleOutput("ReadVariableOp", [floats("dtype")], [
      this.handle,
    ]);
  }

  dispose() {
    native().executeMultipleOutputs("DestroyResourceOp", [], [this.handle], 0);
    this.handle.dispose();
  }
}

/** Runs an operation that yields nothing and changes variables of floats. */
export function run(
  operation: string,
  typeName: "dtype" | "T",
  inputs: tf.Tensor[],
) {
  native().executeMultipleOutputs(operation, [floats(typeName)], inputs, 0);
}

function floats(name: string) {
  const { TF_ATTR_TYPE, TF_FLOAT } = native().binding;
  return { name, type: TF_ATTR_TYPE, value: TF_FLOAT };
}

function native() {
  const backend = nativeTensorFlow();
  if (backend === null) {
    throw new Error("TensorFlow variables need native TensorFlow");
  }
  return backend;
}
