/**
 * Python's `==` on values as data; nothing runs, so no program's own `__eq__` is asked.
 *
 * As in Python: `1`, `1.0`, `True` and `(1+0j)` are equal, at any depth; ints and
 * floats compare exactly; `0.0` equals `-0.0`; a list is not a tuple; a set equals
 * a frozenset, and dict keys or items the set of the same; a dict equals a
 * Counter, defaultdict or OrderedDict of the same entries, two OrderedDicts only in
 * the same order, and two Counters although one counts a zero that the other leaves
 * out; deques compare their items and not their maxlen, ranges the integers that
 * they hold; a namedtuple is a tuple.
 *
 * Against Python, in two points where its answer depends on which object it has:
 * `nan` equals `nan`, and the values of two dicts (`d.values()`) are equal if they
 * are so in order. Otherwise no answer to such a task could be right.
 *
 * A tolerance t calls numbers of which one is a float equal if they differ by at
 * most t·max(1, |a|, |b|). It is not applied to the keys of dicts nor to the
 * elements of sets.
 */

import { LiteralError } from "./literal.ts";
import {
  hashKey,
  PythonBytes,
  PythonComplex,
  type PythonDeque,
  PythonDict,
  PythonRange,
  PythonSet,
  type PythonTuple,
  type PythonValue,
  PythonView,
  rangeKey,
} from "./python_value.ts";

/** Tells whether `a == b`, with floats compared within a tolerance (0: exactly). */
export function equalPython(
  a: PythonValue,
  b: PythonValue,
  tolerance: number,
): boolean {
  if (isNumber(a) || isNumber(b)) {
    return isNumber(a) && isNumber(b) && equalNumbers(a, b, tolerance);
  }
  if (a === null || typeof a === "string") return a === b;
  if (b === null || typeof b === "string") return false;
  if (a instanceof PythonBytes) {
    return b instanceof PythonBytes && a.latin1 === b.latin1;
  }
  if (a instanceof PythonDict) {
    return b instanceof PythonDict && equalDicts(a, b, tolerance);
  }
  if (a instanceof PythonRange) {
    return b instanceof PythonRange && rangeKey(a) === rangeKey(b);
  }
  if (isSet(a) || isSet(b)) {
    return isSet(a) && isSet(b) && equalSets(a, b, tolerance);
  }
  return sequenceKind(a) === sequenceKind(b) &&
    equalItems(sequenceItems(a), sequenceItems(b), tolerance);
}

type PythonNumber = boolean | bigint | number | PythonComplex;

function isNumber(value: PythonValue): value is PythonNumber {
  return typeof value === "boolean" || typeof value === "bigint" ||
    typeof value === "number" || value instanceof PythonComplex;
}

function equalNumbers(
  a: PythonNumber,
  b: PythonNumber,
  tolerance: number,
): boolean {
  if (hashKey(a) === hashKey(b)) return true;
  const isExact = [a, b].every((value) =>
    typeof value === "boolean" || typeof value === "bigint"
  );
  if (tolerance === 0 || isExact) return false;
  const [first, second] = [parts(a), parts(b)];
  if (![...first, ...second].every(Number.isFinite)) return false;
  const difference = Math.hypot(first[0] - second[0], first[1] - second[1]);
  const size = Math.max(1, Math.hypot(...first), Math.hypot(...second));
  return difference <= tolerance * size;
}

function parts(value: PythonNumber): [real: number, imaginary: number] {
  return value instanceof PythonComplex
    ? [value.real, value.imaginary]
    : [Number(value), 0];
}

function equalDicts(a: PythonDict, b: PythonDict, tolerance: number): boolean {
  if (a.kind === "Counter" && b.kind === "Counter") {
    return countedAlike(a, b, tolerance) && countedAlike(b, a, tolerance);
  }
  if (a.entries.length !== b.entries.length) return false;
  const values = byKey(b);
  const isOrdered = a.kind === "OrderedDict" && b.kind === "OrderedDict";
  return a.entries.every(([key, value], i) => {
    const other = values.get(hashKey(key));
    return other !== undefined && equalPython(value, other, tolerance) &&
      (!isOrdered || hashKey(key) === hashKey(b.entries[i][0]));
  });
}

/** Tells whether every count in `a` equals the one in `b`, where an absent element counts 0. */
function countedAlike(
  a: PythonDict,
  b: PythonDict,
  tolerance: number,
): boolean {
  const values = byKey(b);
  return a.entries.every(([key, value]) =>
    equalPython(value, values.get(hashKey(key)) ?? 0n, tolerance)
  );
}

function byKey({ entries }: PythonDict): Map<string, PythonValue> {
  return new Map(entries.map(([key, value]) => [hashKey(key), value]));
}

type SetLike = PythonSet | PythonView;

function isSet(value: PythonValue): value is SetLike {
  return value instanceof PythonSet ||
    (value instanceof PythonView && value.kind !== "dict_values");
}

function equalSets(a: SetLike, b: SetLike, tolerance: number): boolean {
  if (a.items.length !== b.items.length) return false;
  if (a instanceof PythonView && b instanceof PythonView) {
    const [first, second] = [pairs(a), pairs(b)];
    if (first && second) return equalDicts(first, second, tolerance);
  }
  try {
    const known = new Set(b.items.map(hashKey));
    return a.items.every((item) => known.has(hashKey(item)));
  } catch (error) {
    // No set holds what cannot be hashed, and views may.
    if (error instanceof LiteralError) return false;
    throw error;
  }
}

/** Returns the dict behind `d.items()`. */
function pairs({ kind, items }: PythonView): PythonDict | null {
  if (kind !== "dict_items") return null;
  return new PythonDict(items.map((pair) => {
    const [key, value] = (pair as PythonTuple).items;
    return [key, value] as const;
  }));
}

type Sequence = readonly PythonValue[] | PythonTuple | PythonDeque | PythonView;

function sequenceKind(value: PythonValue): unknown {
  return Array.isArray(value) ? Array : value!.constructor;
}

function sequenceItems(value: PythonValue): readonly PythonValue[] {
  return Array.isArray(value)
    ? value
    : (value as Exclude<Sequence, readonly PythonValue[]>).items;
}

function equalItems(
  a: readonly PythonValue[],
  b: readonly PythonValue[],
  tolerance: number,
): boolean {
  return a.length === b.length &&
    a.every((item, i) => equalPython(item, b[i], tolerance));
}
