/**
 * Values as plain JSON in the form that Plotly reads.
 *
 * The kernel refuses typed arrays, BigInts, Maps and Dates with messages that name
 * neither the value nor its place. This file converts such values, and names the path of
 * a value that has no JSON form.
 */

import { Buffer } from "node:buffer";

/** A typed array as Plotly reads it: base64 of little-endian numbers. */
interface PackedNumbers {
  dtype: string;
  bdata: string;
}

/** Plotly's names of the element types. */
const DTYPES = new Map<unknown, string>([
  [Int8Array, "i1"],
  [Uint8Array, "u1"],
  [Uint8ClampedArray, "u1c"],
  [Int16Array, "i2"],
  [Uint16Array, "u2"],
  [Int32Array, "i4"],
  [Uint32Array, "u4"],
  [Float32Array, "f4"],
  [Float64Array, "f8"],
]);

/**
 * Converts a value to plain JSON. NaN and infinities become null, BigInts numbers, Dates
 * ISO text, Sets lists, Maps objects. Members that are `undefined` are left out. Throws a
 * TypeError with the path of functions and symbols.
 */
export function plainJson(value: unknown, path = "figure"): unknown {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : null;
    case "bigint":
      return Number(value);
    case "function":
    case "symbol":
      throw new TypeError(`${path}: a ${typeof value} cannot be displayed`);
    case "object":
      return value === null ? null : plainObject(value, path);
    default:
      return value;
  }
}

function plainObject(value: object, path: string): unknown {
  if (ArrayBuffer.isView(value)) return packNumbers(value, path);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) || value instanceof Set) {
    return [...value].map((item, i) =>
      plainJson(item ?? null, `${path}[${i}]`)
    );
  }
  const entries = value instanceof Map
    ? [...value].map(([key, item]) => [String(key), item] as const)
    : Object.entries(value);
  return Object.fromEntries(
    entries.filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, plainJson(item, `${path}.${key}`)]),
  );
}

function packNumbers(
  array: ArrayBufferView,
  path: string,
): PackedNumbers | number[] {
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
    return [...array].map(Number);
  }
  const dtype = DTYPES.get(array.constructor);
  if (!dtype) {
    const name = array.constructor.name;
    throw new TypeError(`${path}: a ${name} cannot be displayed`);
  }
  const { buffer, byteOffset, byteLength } = array;
  const bytes = Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
  return { dtype, bdata: bytes.toString("base64") };
}
