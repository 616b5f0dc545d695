/**
 * Values on their way into and out of the interpreter, by its C interface.
 *
 * Arguments are built object by object from parsed data: no source text is made
 * of them. Results are read the same way from the outside, by exact type and
 * within a budget: no code of the program, no method it defines and no builtin it
 * may have replaced takes part in saying what it returned. The types of the
 * collections module are read like builtin ones, and a namedtuple as its tuple;
 * any other class is not data.
 */

import { LiteralError, type LiteralLimits } from "../literals/literal.ts";
import {
  hashKey,
  PythonBytes,
  PythonComplex,
  PythonDeque,
  PythonDict,
  PythonRange,
  PythonSet,
  PythonTuple,
  type PythonValue,
  PythonView,
} from "../literals/python_value.ts";
import type { PythonInterpreter } from "./python_interpreter.ts";

/** Where an object keeps the address of its type: behind the reference count. */
export const TYPE_OFFSET = 4;

/** Text that names an object by where it lies in memory, as default `repr`s do. */
const ADDRESS = / at 0x[0-9a-f]{5,8}>/;

const TYPES = [
  ...["PyLong_Type", "PyFloat_Type", "PyUnicode_Type", "PyList_Type"],
  ...["PyTuple_Type", "PyDict_Type", "PySet_Type", "PyFrozenSet_Type"],
  ...["PyBytes_Type", "PyComplex_Type", "PyBool_Type", "_PyNone_Type"],
  ...["PyRange_Type", "PyODict_Type", "PyDictKeys_Type", "PyDictValues_Type"],
  ...["PyDictItems_Type", "PyODictKeys_Type", "PyODictValues_Type"],
  "PyODictItems_Type",
] as const;
/** Types of the module `collections` that the interpreter does not export. */
const COLLECTIONS = ["Counter", "defaultdict", "deque"] as const;
type TypeName = typeof TYPES[number] | typeof COLLECTIONS[number];

/** Builtin types as factories of a defaultdict, by the names that literals use. */
const FACTORIES: Record<string, string> = {
  PyBool_Type: "bool",
  PyBytes_Type: "bytes",
  PyDict_Type: "dict",
  PyFloat_Type: "float",
  PyLong_Type: "int",
  PyList_Type: "list",
  PySet_Type: "set",
  PyUnicode_Type: "str",
  PyTuple_Type: "tuple",
};

/** Fields of CPython's objects and types, in bytes from their start. */
const VIEW_DICT_OFFSET = 8;
const RANGE_OFFSET = 8;
const TYPE_SIZE_OFFSET = 16;
const TYPE_BASE_OFFSET = 128;
const TYPE_DICT_OFFSET = 132;
/** Most bases that are looked through for a namedtuple. */
const MOST_BASES = 16;

/** Addresses of all types that are data. */
export function typeAddresses(
  interpreter: PythonInterpreter,
  cString: (text: string) => number,
): Map<number, TypeName> {
  const { python } = interpreter;
  const module = python.PyImport_AddModule(cString("collections"));
  const namespace = python.PyModule_GetDict(module);
  return new Map<number, TypeName>([
    ...TYPES.map((name) => [interpreter.address(name), name] as const),
    ...COLLECTIONS.map((name) =>
      [python.PyDict_GetItemString(namespace, cString(name)), name] as const
    ),
  ]);
}

/** The interpreter could not make the object: it is out of memory, or of fuel. */
export class BuildError extends Error {
  override name = "BuildError";
}

/** Makes Python objects of parsed values. */
export class ObjectBuilder {
  readonly #interpreter: PythonInterpreter;
  readonly #types: ReadonlyMap<string, number>;

  constructor(
    interpreter: PythonInterpreter,
    types: ReadonlyMap<number, TypeName>,
  ) {
    this.#interpreter = interpreter;
    this.#types = new Map([...types].map(([address, name]) => [name, address]));
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
    if (value instanceof PythonSet) return this.#set(value);
    if (value instanceof PythonDict) return this.#anyDict(value);
    if (value instanceof PythonRange) {
      const { start, stop, step } = value;
      return this.#construct("PyRange_Type", [start, stop, step]);
    }
    if (value instanceof PythonDeque) {
      return this.#construct("deque", [[...value.items], value.maximum]);
    }
    throw new LiteralError(`${value.kind} can be no argument`);
  }

  /** A new reference to a dict of keywords. */
  keywords(entries: readonly (readonly [string, PythonValue])[]): number {
    return this.#dict(entries);
  }

  #anyDict({ entries, kind, factory }: PythonDict): number {
    if (kind === "dict") return this.#dict(entries);
    const plain = new PythonDict(entries);
    if (kind === "OrderedDict") return this.#construct("PyODict_Type", [plain]);
    if (kind === "Counter") return this.#construct("Counter", [plain]);
    const type = Object.keys(FACTORIES).find((name) =>
      FACTORIES[name] === factory
    );
    if (type === undefined && factory !== "None") {
      throw new LiteralError(
        "a defaultdict of this factory can be no argument",
      );
    }
    const first = type === undefined ? null : this.#types.get(type)!;
    return this.#construct("defaultdict", [plain], first);
  }

  /** Calls a type; `first`, if given, is an object before the other arguments. */
  #construct(
    type: string,
    items: readonly PythonValue[],
    first?: number | null,
  ): number {
    const { python } = this.#interpreter;
    const all = first === undefined ? items : [null, ...items];
    const tuple = this.tuple(all);
    if (first) {
      // Types are never freed, so that the tuple may drop a reference too many.
      python.PyTuple_SetItem(tuple, 0, first);
    }
    const object = python.PyObject_Call(this.#types.get(type)!, tuple, 0);
    python.Py_DecRef(tuple);
    return this.#made(object);
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

  #dict(entries: PythonDict["entries"]): number {
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

  /** Strings: by `_fields` a namedtuple is known. */
  readonly #names: { fields: number; maxlen: number };

  constructor(
    interpreter: PythonInterpreter,
    limits: LiteralLimits,
    types: ReadonlyMap<number, TypeName>,
    cString: (text: string) => number,
  ) {
    this.#interpreter = interpreter;
    this.#limits = limits;
    this.#types = types;
    this.#scratch = interpreter.python.malloc(16);
    this.#names = { fields: cString("_fields"), maxlen: cString("maxlen") };
  }

  /** Throws a LiteralError for what is not data, cyclic or over the limits. */
  read(object: number): PythonValue {
    // Written from here, past the map of pages.
    this.#interpreter.noteWritten(this.#scratch, 16);
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
    const { python } = this.#interpreter;
    const type = this.#typeOf(object);
    switch (type) {
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
    const value = this.#container(object, type, depth + 1);
    this.#open.delete(object);
    return value;
  }

  /** The exact type; a namedtuple counts as a tuple. */
  #typeOf(object: number): TypeName | undefined {
    const { python, view } = this.#interpreter;
    const type = view.getUint32(object + TYPE_OFFSET, true);
    const known = this.#types.get(type);
    if (known !== undefined) return known;
    let isNamed = false;
    let base = type;
    for (let i = 0; i < MOST_BASES && base !== 0; i++) {
      const name = this.#types.get(base);
      if (name !== undefined) {
        return name === "PyTuple_Type" && isNamed ? name : undefined;
      }
      const dict = view.getUint32(base + TYPE_DICT_OFFSET, true);
      isNamed ||= dict !== 0 &&
        python.PyDict_GetItemString(dict, this.#names.fields) !== 0;
      base = view.getUint32(base + TYPE_BASE_OFFSET, true);
    }
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
        return new PythonDict(this.#entries(object, depth));
      case "Counter":
        return new PythonDict(this.#entries(object, depth), "Counter");
      case "defaultdict":
        return new PythonDict(
          this.#entries(object, depth),
          "defaultdict",
          this.#factory(object),
        );
      case "PyODict_Type":
        return new PythonDict(this.#entries(object, depth), "OrderedDict");
      case "PyRange_Type":
        return this.#range(object);
      case "deque":
        return this.#deque(object, depth);
      case "PySet_Type":
      case "PyFrozenSet_Type":
        this.#expect(python.PySet_Size(object));
        return this.#set(object, type === "PyFrozenSet_Type", depth);
      default:
        return this.#view(object, type, depth);
    }
  }

  #range(object: number): PythonRange {
    const { view } = this.#interpreter;
    const [start, stop, step] = [0, 4, 8].map((at) =>
      this.#integer(view.getUint32(object + RANGE_OFFSET + at, true))
    );
    return new PythonRange(start, stop, step);
  }

  #deque(object: number, depth: number): PythonDeque {
    const { python } = this.#interpreter;
    this.#expect(python.PyObject_Size(object));
    const items = this.#listed(object, depth);
    // The type is immutable: no code of the program answers for the attribute.
    const maximum = python.PyObject_GetAttrString(object, this.#names.maxlen);
    if (maximum === 0) throw this.#failed();
    const value = this.#value(maximum, depth);
    python.Py_DecRef(maximum);
    return new PythonDeque(items, value as bigint | null);
  }

  /** What iterating over an object of an immutable type gives. */
  #listed(object: number, depth: number): PythonValue[] {
    const { python } = this.#interpreter;
    const list = python.PySequence_List(object);
    if (list === 0) throw this.#failed();
    const items = this.#items(list, depth, "PyList_Size", "PyList_GetItem");
    python.Py_DecRef(list);
    return items;
  }

  #factory(object: number): string {
    const { view } = this.#interpreter;
    const dict = this.#interpreter.address("PyDict_Type");
    const offset = view.getUint32(dict + TYPE_SIZE_OFFSET, true);
    const factory = view.getUint32(object + offset, true);
    const isNone = factory === 0 ||
      factory === this.#interpreter.address("_Py_NoneStruct");
    const name = this.#types.get(factory);
    return isNone ? "None" : FACTORIES[name ?? ""] ?? "...";
  }

  #view(object: number, type: TypeName, depth: number): PythonView {
    const dict = this.#interpreter.view
      .getUint32(object + VIEW_DICT_OFFSET, true);
    const entries = this.#entries(dict, depth);
    if (type.endsWith("Keys_Type")) {
      return new PythonView("dict_keys", entries.map(([key]) => key));
    }
    return type.endsWith("Values_Type")
      ? new PythonView("dict_values", entries.map(([, value]) => value))
      : new PythonView(
        "dict_items",
        entries.map((pair) => new PythonTuple(pair)),
      );
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

  /** The entries of a dict of any kind, an OrderedDict's in its own order. */
  #entries(object: number, depth: number): [PythonValue, PythonValue][] {
    const { python, view } = this.#interpreter;
    this.#expect(2 * python.PyDict_Size(object));
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
    return this.#typeOf(object) === "PyODict_Type"
      ? this.#inOrder(object, entries, depth)
      : entries;
  }

  /** Its keys are data by now, so that iterating runs no code of the program. */
  #inOrder(
    object: number,
    entries: readonly [PythonValue, PythonValue][],
    depth: number,
  ): [PythonValue, PythonValue][] {
    const [nodes, chars] = [this.#nodes, this.#chars];
    this.#nodes = this.#chars = 0;
    const keys = this.#listed(object, depth);
    [this.#nodes, this.#chars] = [nodes, chars];
    const known = new Map(entries.map((entry) => [hashKey(entry[0]), entry]));
    return keys.map((key) => known.get(hashKey(key))!);
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
