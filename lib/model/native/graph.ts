/**
 * Describes a TensorFlow graph by hand, for the native backend to run.
 *
 * An eager operation costs five microseconds before it computes, and less than one
 * inside a graph. (All such numbers in this folder's comments are from `deno task bench
 * operations`, with logs in data/model.) A described graph is saved in a temporary folder
 * as a SavedModel without variables. The backend loads the graph from there, which is the
 * only way that its interface offers, and calls it with tensors. Left out: the graphs
 * themselves (decode_graph.ts, layers_graph.ts).
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** Element types, by their numbers in TensorFlow. */
export const FLOAT = 1;
export const INT = 3;
const COMPLEX = 8;
const BOOL = 10;
export type ElementType =
  | typeof FLOAT
  | typeof INT
  | typeof COMPLEX
  | typeof BOOL;

/** How protocol buffers write numbers, and texts, bytes and messages. */
const NUMBER = WireType.Varint;
const BYTES = WireType.LengthDelimited;

/** One output of an operation. */
export interface Value {
  /** `operation:index`, as TensorFlow writes it. */
  name: string;
  type: ElementType;
}

/** A forward value, and how a gradient of it turns into one of its input. */
export interface Differentiable {
  value: Value;
  back(dy: Value): Value;
}

/** An attribute of an operation, by kind. */
type Attribute =
  | { type: ElementType }
  | { bool: boolean }
  | { int: number }
  | { tensor: ConstantTensor };

interface ConstantTensor {
  type: ElementType;
  shape: readonly number[];
  values: readonly number[];
}

/** A graph under construction. Shapes are known only when it runs. */
export class Graph {
  readonly #inputs = new Map<string, Value>();
  readonly #nodes: Uint8Array[] = [];
  readonly #constants = new Map<string, Value>();

  /** Returns a tensor given at every run, under this name. */
  input(name: string, type: ElementType): Value {
    const known = this.#inputs.get(name);
    if (known !== undefined) return known;
    const value = { name: `${name}:0`, type };
    this.#write(name, "Placeholder", [], { dtype: { type } });
    this.#inputs.set(name, value);
    return value;
  }

  /** Names of all inputs. */
  get inputNames(): string[] {
    return [...this.#inputs.keys()];
  }

  /** Returns a small tensor that is part of the graph. */
  constant(
    type: typeof FLOAT | typeof INT,
    values: number | readonly number[],
  ): Value {
    const key = JSON.stringify([type, values]);
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const tensor: ConstantTensor = typeof values === "number"
      ? { type, shape: [], values: [values] }
      : { type, shape: [values.length], values };
    const [value] = this.call("Const", [], {
      dtype: { type },
      value: { tensor },
    }, [type]);
    this.#constants.set(key, value);
    return value;
  }

  /** Adds any operation by its TensorFlow name; returns its outputs. */
  call(
    operation: string,
    inputs: readonly Value[],
    attributes: Record<string, Attribute>,
    outputs: readonly ElementType[],
  ): Value[] {
    const name = `n${this.#nodes.length}`;
    this.#write(name, operation, inputs, attributes);
    return outputs.map((type, index) => ({ name: `${name}:${index}`, type }));
  }

  /** Appends a `NodeDef` message. */
  #write(
    name: string,
    operation: string,
    inputs: readonly Value[],
    attributes: Record<string, Attribute>,
  ) {
    const node = new BinaryWriter();
    node.tag(1, BYTES).string(name).tag(2, BYTES).string(operation);
    for (const input of inputs) node.tag(3, BYTES).string(input.name);
    for (const [key, attribute] of Object.entries(attributes)) {
      node.tag(5, BYTES).fork().tag(1, BYTES).string(key).tag(2, BYTES).fork();
      writeAttribute(node, attribute).join().join();
    }
    this.#nodes.push(node.finish());
  }

  /** Returns an operation with one element type `T`, whose result has that type too. */
  same(operation: string, ...inputs: Value[]): Value {
    const { type } = inputs[0];
    return this.call(operation, inputs, { T: { type } }, [type])[0];
  }

  reshape(x: Value, shape: readonly number[]): Value {
    return this.reshapeTo(x, this.constant(INT, shape));
  }

  reshapeTo(x: Value, shape: Value): Value {
    return this.call("Reshape", [x, shape], {
      T: { type: x.type },
      Tshape: { type: INT },
    }, [x.type])[0];
  }

  transpose(x: Value, order: readonly number[]): Value {
    return this.call("Transpose", [x, this.constant(INT, order)], {
      T: { type: x.type },
      Tperm: { type: INT },
    }, [x.type])[0];
  }

  /** Transposes floats as integers: oneDNN is slow for few floats and leaves integers alone. */
  transposeFew(x: Value, order: readonly number[]): Value {
    return this.#bitcast(this.transpose(this.#bitcast(x, INT), order), FLOAT);
  }

  /** Returns consecutive blocks of `sizes` along an axis. */
  split(x: Value, sizes: readonly number[], axis: number): Value[] {
    return this.splitTo(x, this.constant(INT, sizes), sizes.length, axis);
  }

  splitTo(x: Value, sizes: Value, count: number, axis: number): Value[] {
    return this.call("SplitV", [x, sizes, this.constant(INT, axis)], {
      T: { type: x.type },
      Tlen: { type: INT },
      num_split: { int: count },
    }, new Array(count).fill(x.type));
  }

  concat(parts: readonly Value[], axis: number): Value {
    const { type } = parts[0];
    return this.call("ConcatV2", [...parts, this.constant(INT, axis)], {
      T: { type },
      Tidx: { type: INT },
      N: { int: parts.length },
    }, [type])[0];
  }

  /** Stacks tensors of equal shapes along a new first axis. */
  stack(parts: readonly Value[]): Value {
    const { type } = parts[0];
    return this.call("Pack", parts, {
      T: { type },
      N: { int: parts.length },
      axis: { int: 0 },
    }, [type])[0];
  }

  /** Returns slices of `x` along an axis. */
  gather(x: Value, indices: Value, axis = 0): Value {
    return this.call("GatherV2", [x, indices, this.constant(INT, axis)], {
      Tparams: { type: x.type },
      Tindices: { type: INT },
      Taxis: { type: INT },
      batch_dims: { int: 0 },
    }, [x.type])[0];
  }

  /** Returns from every row of a matrix the element at that row's index. */
  pick(x: Value, indices: Value): Value {
    return this.call("GatherV2", [x, indices, this.constant(INT, 1)], {
      Tparams: { type: x.type },
      Tindices: { type: INT },
      Taxis: { type: INT },
      batch_dims: { int: 1 },
    }, [x.type])[0];
  }

  /** Returns how many elements of every ascending row are less than the row's value. */
  lowerBound(rows: Value, values: Value): Value {
    return this.call("LowerBound", [rows, values], {
      T: { type: rows.type },
      out_type: { type: INT },
    }, [INT])[0];
  }

  cast(x: Value, to: ElementType): Value {
    return this.call("Cast", [x], {
      SrcT: { type: x.type },
      DstT: { type: to },
    }, [to])[0];
  }

  /** Turns `[..., 2]` into complex numbers `[...]`, without a copy. */
  toComplex(x: Value): Value {
    return this.#bitcast(x, COMPLEX);
  }

  /** Inverts `toComplex`. */
  fromComplex(x: Value): Value {
    return this.#bitcast(x, FLOAT);
  }

  #bitcast(x: Value, to: ElementType): Value {
    return this.call("Bitcast", [x], {
      T: { type: x.type },
      type: { type: to },
    }, [to])[0];
  }

  /** Returns the `count` largest of every row, in descending order. */
  largest(x: Value, count: Value): Value {
    return this.call("TopKV2", [x, count], {
      T: { type: x.type },
      sorted: { bool: true },
    }, [x.type, INT])[0];
  }

  select(condition: Value, a: Value, b: Value): Value {
    return this.call("SelectV2", [condition, a, b], { T: { type: a.type } }, [
      a.type,
    ])[0];
  }

  /** Takes Sum, Max or Min along one axis. */
  reduce(
    operation: "Sum" | "Max" | "Min",
    x: Value,
    axis: number,
    keep: boolean,
  ): Value {
    return this.call(operation, [x, this.constant(INT, axis)], {
      T: { type: x.type },
      Tidx: { type: INT },
      keep_dims: { bool: keep },
    }, [x.type])[0];
  }

  cumulativeSum(x: Value, axis: number): Value {
    return this.call("Cumsum", [x, this.constant(INT, axis)], {
      T: { type: x.type },
      Tidx: { type: INT },
    }, [x.type])[0];
  }

  compare(operation: "Less" | "Greater" | "GreaterEqual", a: Value, b: Value) {
    return this.call(operation, [a, b], { T: { type: a.type } }, [BOOL])[0];
  }

  /** Sums the rows of `x` that share an id, for ids below `count`. */
  segmentSum(x: Value, ids: Value, count: number): Value {
    return this.call(
      "UnsortedSegmentSum",
      [x, ids, this.constant(INT, count)],
      {
        T: { type: x.type },
        Tindices: { type: INT },
        Tnumsegments: { type: INT },
      },
      [x.type],
    )[0];
  }

  /** Returns `a` times `b`, each as it is or transposed. */
  matMul(
    a: Value,
    b: Value,
    transposeB: boolean,
    transposeA = false,
  ): Value {
    return this.call("MatMul", [a, b], {
      T: { type: FLOAT },
      transpose_a: { bool: transposeA },
      transpose_b: { bool: transposeB },
    }, [FLOAT])[0];
  }

  /** Returns many small products; see `thinMatMul` for the choice of operation. */
  batchMatMul(a: Value, b: Value, transposeB: boolean): Value {
    return this.call("BatchMatMulV3", [a, b], {
      Ta: { type: FLOAT },
      Tb: { type: FLOAT },
      Tout: { type: FLOAT },
      adj_x: { bool: false },
      adj_y: { bool: transposeB },
    }, [FLOAT])[0];
  }

  /**
   * Returns the products of matrices with many rows: 0.13 ms for 100 of [60, 24] and
   * [24, 60], where `batchMatMul` takes 0.40.
   */
  largeBatchMatMul(
    a: Value,
    b: Value,
    transposeB: boolean,
    transposeA = false,
  ): Value {
    return this.call("BatchMatMulV2", [a, b], {
      T: { type: FLOAT },
      adj_x: { bool: transposeA },
      adj_y: { bool: transposeB },
    }, [FLOAT])[0];
  }

  /** Returns the contents of `saved_model.pb`. */
  savedModel(): Uint8Array {
    const saved = new BinaryWriter().tag(1, NUMBER).int32(1);
    // The MetaGraphDef, its tag, and the GraphDef.
    saved.tag(2, BYTES).fork();
    saved.tag(1, BYTES).fork().tag(4, BYTES).string("serve").join();
    saved.tag(2, BYTES).fork();
    for (const node of this.#nodes) saved.tag(1, BYTES).bytes(node);
    // The producer version that today's operations need.
    saved.tag(4, BYTES).fork().tag(1, NUMBER).int32(1882).join();
    return saved.join().join().finish();
  }
}

/** Writes the fields of an `AttrValue` message. */
function writeAttribute(
  to: BinaryWriter,
  attribute: Attribute,
): BinaryWriter {
  if ("type" in attribute) return to.tag(6, NUMBER).int32(attribute.type);
  if ("bool" in attribute) return to.tag(5, NUMBER).bool(attribute.bool);
  if ("int" in attribute) return to.tag(3, NUMBER).int64(attribute.int);
  const { type, shape, values } = attribute.tensor;
  to.tag(8, BYTES).fork().tag(1, NUMBER).int32(type).tag(2, BYTES).fork();
  for (const size of shape) {
    to.tag(2, BYTES).fork().tag(1, NUMBER).int64(size).join();
  }
  to.join();
  // Repeated single values: float_val is field 5, int_val field 7.
  for (const value of values) {
    if (type === FLOAT) to.tag(5, WireType.Bit32).float(value);
    else to.tag(7, NUMBER).int32(value);
  }
  return to.join();
}
