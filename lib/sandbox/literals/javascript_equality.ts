/**
 * JavaScript's equality on values as data; nothing runs.
 *
 * The language compares objects by identity, so it has no equality of values to
 * take over. This one compares primitives as `===` does and everything else part
 * by part: `0` equals `-0`; `1`, `1n`, `"1"` and `true` all differ, and so do
 * `null` and `undefined`; a hole equals `undefined`; `{a:undefined}` differs from
 * `{}`; order counts in arrays, and not in objects, maps and sets; an array, a
 * plain object, a map and a set are never equal to each other.
 *
 * Against `===` in one point: `NaN` equals `NaN`, since no answer could be right
 * otherwise.
 *
 * A tolerance t calls numbers equal if they differ by at most t·max(1, |a|, |b|);
 * not bigints, nor what is inside a map's keys or a set's elements.
 */

import {
  type DataObject,
  type DataValue,
  printJavaScript,
} from "./literal_javascript.ts";
import type { LiteralLimits } from "./literal.ts";

/** Tells whether two values are equal, with numbers compared within a tolerance (0: exactly). */
export function equalJavaScript(
  a: DataValue,
  b: DataValue,
  tolerance: number,
  limits: LiteralLimits,
): boolean {
  const equal = (a: DataValue, b: DataValue): boolean => {
    if (typeof a === "number" && typeof b === "number") {
      return equalNumbers(a, b, tolerance);
    }
    if (!isComposed(a) || !isComposed(b)) return a === b;
    if (Array.isArray(a) || Array.isArray(b)) {
      return Array.isArray(a) && Array.isArray(b) && a.length === b.length &&
        a.every((item, i) => equal(item, b[i]));
    }
    const [first, second] = [
      sortedEntries(a, limits),
      sortedEntries(b, limits),
    ];
    return kindOf(a) === kindOf(b) && first.length === second.length &&
      first.every(([key, value], i) =>
        key === second[i][0] && equal(value, second[i][1])
      );
  };
  return equal(a, b);
}

type Composed = DataValue[] | Keyed;
type Keyed = DataObject | Map<DataValue, DataValue> | Set<DataValue>;

function isComposed(value: DataValue): value is Composed {
  return typeof value === "object" && value !== null;
}

function kindOf(value: Keyed): unknown {
  return value instanceof Map || value instanceof Set
    ? value.constructor
    : Object;
}

/** Entries by the text of their keys; a set's elements have no values. */
function sortedEntries(
  value: Keyed,
  limits: LiteralLimits,
): [key: string, value: DataValue][] {
  const text = (key: DataValue) =>
    printJavaScript(withoutNegativeZero(key), limits).canonical;
  const entries: [string, DataValue][] = value instanceof Map
    ? [...value].map(([key, item]) => [text(key), item])
    : value instanceof Set
    ? [...value].map((item) => [text(item), undefined])
    : Object.entries(value);
  return entries.sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0);
}

function equalNumbers(a: number, b: number, tolerance: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return false;
  const size = Math.max(1, Math.abs(a), Math.abs(b));
  return Math.abs(a - b) <= tolerance * size;
}

/** Returns a copy in which every `-0` is `0`. */
function withoutNegativeZero(value: DataValue): DataValue {
  if (typeof value === "number") return value + 0;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNegativeZero);
  if (value instanceof Set) {
    return new Set([...value].map(withoutNegativeZero));
  }
  if (value instanceof Map) {
    return new Map(
      [...value].map((entry) =>
        entry.map(withoutNegativeZero) as [DataValue, DataValue]
      ),
    );
  }
  const copy: DataObject = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    copy[key] = withoutNegativeZero(item);
  }
  return copy;
}
