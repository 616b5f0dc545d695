/**
 * Values on their way into and out of the interpreter, by its C interface.
 *
 * Arguments are built object by object from parsed data: no source text is made
 * of them. Results are read the same way from the outside, by exact type and
 * within a budget: no code of the program, no method it defines and no builtin it
 * may have replaced takes part in saying what it returned.
 */

import {
  LiteralError,
  type LiteralLimits,
} from "../literals/literal_javascript.ts";
import {
  PythonBytes,
  PythonComplex,
  PythonDict,
  PythonSet,
  PythonTuple,
  type PythonValue,
} from "../literals/literal_python.ts";
import type { PythonInterpreter } from "./python_interpreter.ts";

/** Where an object keeps the address of its type: behind the reference count. */
export const TYPE_OFFSET = 4;

/** Text that names an object by where it lies in memory, as default `repr`s do. */
const ADDRESS = / at 0x[0-9a-f]{5,8}>/;

const TYPES = [
  ...["PyLong_Type", "PyFloat_Type", "PyUnicode_Type", "PyList_Type"],
  ...["PyTuple_Type", "PyDict_Type", "PySet_Type", "PyFrozenSet_Type"],
  ...["PyBytes_Type", "PyComplex_Type", "PyBool_Type", "_PyNone_Type"],
] as const;
type TypeName = typeof TYPES[number];

/** The interpreter could not make the object: it is out of memory, or of fuel. */
export class BuildError extends Error {
  override name = "BuildError";
}

/** Makes Python objects of parsed values. */
export class ObjectBuilder {
  readonly #interpreter: PythonInterpreter;

  constructor(interpreter: PythonInterpreter) {
    this.#interpreter = interpreter;
  }

  /** A new reference to a tuple of the arguments. */
  tuple(items: readonly PythonValue[]): number {
    const { python } = this.#interpreter;
    const tuple = this.#made(python.PyTuple_New(items.length));
    items.forEach((item, index) =>
      python.PyTuple_SetItem(tuple, index, this.build(item))
    );
    return tuple;
  }

  /** A new reference to the object. Throws a BuildError if there is no memory. */
  build(value: PythonValue): number {
    const { python } = this.#interpreter;
    if (value === null) return this.#interpreter.address("_Py_NoneStruct");
    if (typeof value === "boolean") {
      const name = value ? "_Py_TrueStruct" : "_Py_FalseStruct";
      return this.#interpreter.address(name);
    }
    if (typeof value === "bigint") return this.#integer(value);
    if (typeof value === "number") {
      return this.#made(python.PyFloat_FromDouble(value));
    }
    if (typeof value === "string") {
      return this.#text(
        new TextEncoder().encode(value),
        python.PyUnicode_FromStringAndSize,
      );
    }
    if (value instanceof PythonBytes) {
      return this.#text(
        Uint8Array.from(value.latin1, (char) => char.charCodeAt(0)),
        python.PyBytes_FromStringAndSize,
      );
    }
    if (value instanceof PythonComplex) {
      return this.#made(
        python.PyComplex_FromDoubles(value.real, value.imaginary),
      );
    }
    if (Array.isArray(value)) return this.#list(value);
    if (value instanceof PythonTuple) return this.tuple(value.items);
    return value instanceof PythonDict ? this.#dict(value) : this.#set(value);
  }

  #integer(value: bigint): number {
    const { python } = this.#interpreter;
    if (BigInt.asIntN(32, value) === value) {
      return this.#made(python.PyLong_FromLong(Number(value)));
    }
    const sign = value < 0n ? "-" : "";
    const digits = (value < 0n ? -value : value).toString(16);
    const text = new TextEncoder().encode(`${sign}${digits}\0`);
    return this.#text(text, (at) => python.PyLong_FromString(at, 0, 16));
  }

  /** Hands bytes to `make` by way of the interpreter's own memory. */
  #text(
    text: Uint8Array,
    make: (address: number, length: number) => number,
  ): number {
    const { python } = this.#interpreter;
    const address = this.#made(python.malloc(text.length + 1));
    this.#interpreter.write(address, text);
    const object = make(address, text.length);
    python.free(address);
    return this.#made(object);
  }

  #list(items: readonly PythonValue[]): number {
    const { python } = this.#interpreter;
    const list = this.#made(python.PyList_New(items.length));
    items.forEach((item, index) =>
      python.PyList_SetItem(list, index, this.build(item))
    );
    return list;
  }

  #dict({ entries }: PythonDict): number {
    const { python } = this.#interpreter;
    const dict = this.#made(python.PyDict_New());
    for (const [key, value] of entries) {
      const keyObject = this.build(key);
      const valueObject = this.build(value);
      this.#done(python.PyDict_SetItem(dict, keyObject, valueObject));
      python.Py_DecRef(keyObject);
      python.Py_DecRef(valueObject);
    }
    return dict;
  }

  #set({ items, isFrozen }: PythonSet): number {
    const { python } = this.#interpreter;
    if (isFrozen) {
      const list = this.#list(items);
      const frozen = this.#made(python.PyFrozenSet_New(list));
      python.Py_DecRef(list);
      return frozen;
    }
    const set = this.#made(python.PySet_New(0));
    for (const item of items) {
      const object = this.build(item);
      this.#done(python.PySet_Add(set, object));
      python.Py_DecRef(object);
    }
    return set;
  }

  #made(object: number): number {
    if (object === 0) throw new BuildError("no memory for the arguments");
    return object;
  }

  #done(status: number): void {
    if (status !== 0) throw new BuildError("no memory for the arguments");
  }
}

/** Reads Python objects as values. */
export class ObjectReader {
  readonly #interpreter: PythonInterpreter;
  readonly #limits: LiteralLimits;
  readonly #types: ReadonlyMap<number, TypeName>;
  /** Four words of the interpreter's memory, for results by address. */
  readonly #scratch: number;
  readonly #open = new Set<number>();
  #nodes = 0;
  #chars = 0;

  constructor(
    interpreter: PythonInterpreter,
    limits: LiteralLimits,
    scratch: number,
  ) {
    this.#interpreter = interpreter;
    this.#limits = limits;
    this.#scratch = scratch;
    this.#types = new Map(
      TYPES.map((name) => [interpreter.address(name), name]),
    );
  }

  /** Throws a LiteralError for what is not data, cyclic or over the limits. */
  read(object: number): PythonValue {
    this.#nodes = 0;
    this.#chars = 0;
    this.#open.clear();
    return this.#value(object, 0);
  }

  /** The first `chars` of a string's text. */
  shortText(object: number, chars: number): string {
    return this.#utf8(object, 4 * chars).slice(0, chars);
  }

  typeName(object: number): string {
    const { view } = this.#interpreter;
    const type = view.getUint32(object + TYPE_OFFSET, true);
    return this.#cString(view.getUint32(type + 12, true), 80);
  }

  #value(object: number, depth: number): PythonValue {
    if (++this.#nodes > this.#limits.valueNodes) {
      throw new LiteralError("too many values");
    }
    if (depth > this.#limits.valueDepth) throw new LiteralError("too deep");
    const { python, view } = this.#interpreter;
    const type = view.getUint32(object + TYPE_OFFSET, true);
    switch (this.#types.get(type)) {
      case "_PyNone_Type":
        return null;
      case "PyBool_Type":
        return object === this.#interpreter.address("_Py_TrueStruct");
      case "PyLong_Type":
        return this.#integer(object);
      case "PyFloat_Type":
        return python.PyFloat_AsDouble(object);
      case "PyUnicode_Type":
        return this.#text(object);
      case "PyBytes_Type":
        return this.#bytes(object);
      case "PyComplex_Type":
        return new PythonComplex(
          python.PyComplex_RealAsDouble(object),
          python.PyComplex_ImagAsDouble(object),
        );
      case undefined:
        throw new LiteralError(`not data: ${this.typeName(object)}`);
    }
    if (this.#open.has(object)) throw new LiteralError("a cycle");
    this.#open.add(object);
    const value = this.#container(object, this.#types.get(type)!, depth + 1);
    this.#open.delete(object);
    return value;
  }

  #container(object: number, type: TypeName, depth: number): PythonValue {
    const { python } = this.#interpreter;
    switch (type) {
      case "PyList_Type":
        return this.#items(object, depth, "PyList_Size", "PyList_GetItem");
      case "PyTuple_Type":
        return new PythonTuple(
          this.#items(object, depth, "PyTuple_Size", "PyTuple_GetItem"),
        );
      case "PyDict_Type":
        this.#expect(2 * python.PyDict_Size(object));
        return this.#dict(object, depth);
      default:
        this.#expect(python.PySet_Size(object));
        return this.#set(object, type === "PyFrozenSet_Type", depth);
    }
  }

  #items(
    object: number,
    depth: number,
    size: "PyList_Size" | "PyTuple_Size",
    item: "PyList_GetItem" | "PyTuple_GetItem",
  ): PythonValue[] {
    const { python } = this.#interpreter;
    const length = python[size](object);
    this.#expect(length);
    const items: PythonValue[] = [];
    for (let index = 0; index < length; index++) {
      items.push(this.#value(python[item](object, index), depth));
    }
    return items;
  }

  #dict(object: number, depth: number): PythonDict {
    const { python, view } = this.#interpreter;
    const [position, key, value] = [0, 4, 8].map((at) => this.#scratch + at);
    const entries: [PythonValue, PythonValue][] = [];
    let at = 0;
    for (;;) {
      view.setUint32(position, at, true);
      if (python.PyDict_Next(object, position, key, value) === 0) break;
      at = view.getUint32(position, true);
      const valueObject = view.getUint32(value, true);
      const keyValue = this.#value(view.getUint32(key, true), depth);
      entries.push([keyValue, this.#value(valueObject, depth)]);
    }
    return new PythonDict(entries);
  }

  #set(object: number, isFrozen: boolean, depth: number): PythonSet {
    const { python, view } = this.#interpreter;
    const [position, key, hash] = [0, 4, 8].map((at) => this.#scratch + at);
    const items: PythonValue[] = [];
    let at = 0;
    for (;;) {
      view.setUint32(position, at, true);
      if (python._PySet_NextEntry(object, position, key, hash) === 0) break;
      at = view.getUint32(position, true);
      items.push(this.#value(view.getUint32(key, true), depth));
    }
    return new PythonSet(items, isFrozen);
  }

  #integer(object: number): bigint {
    const { python, view } = this.#interpreter;
    view.setInt32(this.#scratch, 0, true);
    const small = python.PyLong_AsLongAndOverflow(object, this.#scratch);
    if (view.getInt32(this.#scratch, true) === 0) return BigInt(small);
    // A decimal digit takes 3.32 bits: refuse before converting what is too long.
    if (
      python._PyLong_NumBits(object) > BigInt(4 * this.#limits.literalChars)
    ) {
      throw new LiteralError("too long");
    }
    const text = python.PyNumber_ToBase(object, 16);
    if (text === 0) throw this.#failed();
    const digits = this.#utf8(text, this.#limits.literalChars);
    python.Py_DecRef(text);
    return digits.startsWith("-") ? -BigInt(digits.slice(1)) : BigInt(digits);
  }

  #text(object: number): string {
    const length = this.#interpreter.python.PyUnicode_GetLength(object);
    this.#countChars(length);
    const text = this.#utf8(object, 4 * length);
    if (ADDRESS.test(text)) {
      throw new LiteralError("text with the address of an object");
    }
    return text;
  }

  #bytes(object: number): PythonBytes {
    const { python, bytes } = this.#interpreter;
    const length = python.PyBytes_Size(object);
    this.#countChars(length);
    const start = python.PyBytes_AsString(object);
    const content = bytes.subarray(start, start + length);
    return new PythonBytes(String.fromCharCode(...content));
  }

  #countChars(count: number): void {
    if (count < 0) throw new LiteralError("a length below zero"); // forged
    this.#chars += count;
    if (this.#chars > this.#limits.literalChars) {
      throw new LiteralError("too long");
    }
  }

  /** Refuses a container at once if its items can not fit. */
  #expect(items: number): void {
    if (items < 0) throw new LiteralError("a length below zero"); // forged
    if (this.#nodes + items > this.#limits.valueNodes) {
      throw new LiteralError("too many values");
    }
  }

  /** At most the first `length` bytes of a string's UTF-8. */
  #utf8(object: number, length: number): string {
    const { python, bytes, view } = this.#interpreter;
    const start = python.PyUnicode_AsUTF8AndSize(object, this.#scratch);
    if (start === 0) throw this.#failed();
    const size = Math.min(view.getUint32(this.#scratch, true), length);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(
      bytes.subarray(start, start + size),
    );
  }

  #cString(start: number, limit: number): string {
    const { bytes } = this.#interpreter;
    const end = bytes.subarray(start, start + limit).indexOf(0);
    const length = end < 0 ? limit : end;
    return new TextDecoder().decode(bytes.subarray(start, start + length));
  }

  /** The interpreter could not print: half a surrogate pair, or no memory. */
  #failed(): LiteralError {
    this.#interpreter.python.PyErr_Clear();
    return new LiteralError("a lone surrogate, or no memory left");
  }
}
