/**
 * Protobuf's wire format: fields with numbers, written and read as bytes.
 *
 * A message is its fields one after another. Each begins with a varint: the field's
 * number times 8, plus how its value is written. A nested message is the bytes of its
 * own fields. Source: protobuf.dev, "Encoding".
 *
 * Left out: reading negative numbers, packed lists and groups.
 */

/** How values are written: as a varint, as 8 bytes, by length, as 4 bytes. */
const VARINT = 0;
const EIGHT_BYTES = 1;
const BY_LENGTH = 2;
const FOUR_BYTES = 5;

/** The values of a message by field number, in the order received. */
export type Fields = Map<number, (number | Uint8Array)[]>;

/** Returns field `number` with an integer as a varint; a negative one takes its 64-bit form. */
export function varintField(number: number, value: number): Uint8Array {
  return joined([varint(number * 8 + VARINT), varint(value)]);
}

/** Returns field `number` with a 32-bit float. */
export function floatField(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([varint(number * 8 + FOUR_BYTES), bytes]);
}

/** Returns field `number` with a 64-bit float. */
export function doubleField(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return joined([varint(number * 8 + EIGHT_BYTES), bytes]);
}

/** Returns field `number` with bytes, a text or a message. */
export function bytesField(
  number: number,
  value: Uint8Array | string,
): Uint8Array {
  const bytes = typeof value === "string"
    ? new TextEncoder().encode(value)
    : value;
  return joined([varint(number * 8 + BY_LENGTH), varint(bytes.length), bytes]);
}

/** Returns a map: field `number` once for each entry, in the order of the keys. */
export function mapField<T>(
  number: number,
  map: Readonly<Record<string, T>>,
  valueField: (number: number, value: T) => Uint8Array,
): Uint8Array {
  const entries = Object.keys(map).sort().map((key) =>
    bytesField(number, joined([bytesField(1, key), valueField(2, map[key])]))
  );
  return joined(entries);
}

/** Returns a message made of fields. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const result = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** Reads a message. Throws `RangeError` on bytes that end early or are no protobuf. */
export function readFields(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  let offset = 0;
  const take = (length: number) => {
    const part = bytes.subarray(offset, offset + length);
    offset += length;
    if (part.length === length) return part;
    throw new RangeError(
      `the message ends ${offset - bytes.length} bytes early`,
    );
  };
  const number = () => {
    for (let value = 0, scale = 1; scale < 2 ** 63; scale *= 128) {
      const [byte] = take(1);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError(`a number ending at byte ${offset} is too long`);
  };
  while (offset < bytes.length) {
    const tag = number();
    const field = Math.floor(tag / 8);
    const values = fields.get(field) ?? [];
    fields.set(field, values);
    values.push(value(tag % 8));
  }
  return fields;

  function value(form: number): number | Uint8Array {
    if (form === VARINT) return number();
    if (form === EIGHT_BYTES) return take(8);
    if (form === BY_LENGTH) return take(number());
    if (form === FOUR_BYTES) return take(4);
    throw new RangeError(`a field before byte ${offset} has the form ${form}`);
  }
}

/** Returns a field's last number; 0 where the message has none. */
export function readNumber(fields: Fields, field: number): number {
  const value = fields.get(field)?.at(-1) ?? 0;
  if (typeof value === "number") return value;
  throw new RangeError(`field ${field} holds bytes instead of a number`);
}

/** Returns all byte values of a field: bytes, texts or nested messages. */
export function readBytes(fields: Fields, field: number): Uint8Array[] {
  return (fields.get(field) ?? []).map((value) => {
    if (typeof value !== "number") return value;
    throw new RangeError(`field ${field} holds a number instead of bytes`);
  });
}

/** Returns a map's entries, each with its key and the bytes of its value. */
export function readMap(fields: Fields, field: number): [string, Uint8Array][] {
  return readBytes(fields, field).map((bytes) => {
    const entry = readFields(bytes);
    const [key = new Uint8Array()] = readBytes(entry, 1);
    const [value = new Uint8Array()] = readBytes(entry, 2);
    return [new TextDecoder().decode(key), value];
  });
}

/** Writes an integer with seven bits per byte, the lowest first; the top bit says that more bytes follow. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
