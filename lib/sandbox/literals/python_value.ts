/**
 * Python values as data: what a literal denotes and a program may return.
 *
 * `bigint` is an int, `number` a float; the other kinds have classes here. What
 * the collections module adds is kept with its kind, since Python's `==` and a
 * program that takes such a value as an argument both ask for it. A namedtuple is
 * the tuple it derives from: its literals cannot be told from calls.
 */

import { LiteralError } from "./literal.ts";

export type PythonValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | PythonValue[]
  | PythonBytes
  | PythonComplex
  | PythonTuple
  | PythonDict
  | PythonSet
  | PythonDeque
  | PythonRange
  | PythonView;

export class PythonBytes {
  /** One character, U+0000 to U+00FF, for each byte. */
  constructor(readonly latin1: string) {}
}

export class PythonComplex {
  constructor(readonly real: number, readonly imaginary: number) {
    // Adding zero takes the sign from a negative zero.
    this.real = real + 0;
    this.imaginary = imaginary + 0;
  }
}

export class PythonTuple {
  constructor(readonly items: readonly PythonValue[]) {}
}

export type DictKind = "dict" | "Counter" | "OrderedDict" | "defaultdict";

export class PythonDict {
  /**
   * Later entries replace the values, and keep the keys, of equal earlier ones.
   * `factory` names what a defaultdict calls for a missing key: a builtin type,
   * `None`, or `...` for anything else.
   */
  constructor(
    readonly entries: readonly (readonly [PythonValue, PythonValue])[],
    readonly kind: DictKind = "dict",
    readonly factory: string = "None",
  ) {
    const byKey = new Map<string, [PythonValue, PythonValue]>();
    for (const [key, value] of entries) {
      const identity = hashKey(key);
      const known = byKey.get(identity);
      if (known) known[1] = value;
      else byKey.set(identity, [key, value]);
    }
    this.entries = [...byKey.values()];
  }
}

export class PythonSet {
  constructor(
    readonly items: readonly PythonValue[],
    readonly isFrozen: boolean,
  ) {
    const byKey = new Map<string, PythonValue>();
    for (const item of items) {
      const identity = hashKey(item);
      if (!byKey.has(identity)) byKey.set(identity, item);
    }
    this.items = [...byKey.values()];
  }
}

export class PythonDeque {
  /** `maximum` is its maxlen, or null. */
  constructor(
    readonly items: readonly PythonValue[],
    readonly maximum: bigint | null = null,
  ) {}
}

export class PythonRange {
  /** Throws a LiteralError for a step of zero. */
  constructor(
    readonly start: bigint,
    readonly stop: bigint,
    readonly step: bigint,
  ) {
    if (step === 0n) throw new LiteralError("range takes no step of zero");
  }

  /** Number of integers in the range. */
  get length(): bigint {
    const { start, stop, step } = this;
    const span = step > 0n ? stop - start : start - stop;
    const size = step > 0n ? step : -step;
    return span > 0n ? (span + size - 1n) / size : 0n;
  }
}

export type ViewKind = "dict_keys" | "dict_values" | "dict_items";

/** The view of `d.keys()`, `d.values()` or `d.items()`; items are pairs. */
export class PythonView {
  constructor(
    readonly kind: ViewKind,
    readonly items: readonly PythonValue[],
  ) {}
}

/** Returns a text of a key; keys that are equal in Python have equal texts. */
export function hashKey(value: PythonValue): string {
  if (typeof value === "boolean") return value ? "n1" : "n0";
  if (typeof value === "bigint") return `n${value}`;
  if (typeof value === "number") {
    return Number.isInteger(value) ? `n${BigInt(value)}` : `n${value}`;
  }
  if (value === null) return "None";
  if (typeof value === "string") return `s${JSON.stringify(value)}`;
  if (value instanceof PythonBytes) return `b${JSON.stringify(value.latin1)}`;
  if (value instanceof PythonComplex) {
    return value.imaginary === 0
      ? hashKey(value.real)
      : `c${value.real},${value.imaginary}`;
  }
  if (value instanceof PythonTuple) {
    return `(${value.items.map(hashKey).join()})`;
  }
  if (value instanceof PythonSet && value.isFrozen) {
    return `{${value.items.map(hashKey).sort().join()}}`;
  }
  if (value instanceof PythonRange) return rangeKey(value);
  throw new LiteralError(
    "a list, dict or set cannot be a key or a set's element",
  );
}

/** Ranges are equal if they hold the same integers. */
export function rangeKey({ start, step, length }: PythonRange): string {
  if (length === 0n) return "r0";
  return length === 1n ? `r1,${start}` : `r${length},${start},${step}`;
}
