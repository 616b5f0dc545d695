/**
 * A TensorFlow variable: memory that an operation may change in place.
 *
 * tfjs' own variables are tensors that are replaced. TensorFlow's optimisers need
 * variables of this kind. Left out: backends other than native TensorFlow.
 */
import * as tf from "@tensorflow/tfjs";
import { nativeTensorFlow } from "./kernels.ts";

/** Number of variables made so far, for their names, which have to differ. */
let made = 0;

/**
 * A variable of 32-bit floats on native TensorFlow. Dispose it when done. Make few:
 * TensorFlow keeps every name for the life of the process.
 */
export class Variable {
  /** The variable's handle, which operations take as input. */
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

  /** Shares the value's memory; the first change of the variable makes a copy. */
  assign(value: tf.Tensor) {
    run("AssignVariableOp", "dtype", [this.handle, value]);
  }

  /** Returns the value, in the variable's memory, until the variable is changed. */
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

/** Runs an operation that changes variables of floats and returns nothing. */
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
