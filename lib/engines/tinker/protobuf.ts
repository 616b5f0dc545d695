/**
 * Protobuf's wire format: fields with numbers, written and read as bytes.
 *
 * A message is a sequence of fields. Each begins with a varint: the field's number
 * times 8, plus how its value is written. A nested message is the bytes of its own
 * fields. Source: protobuf.dev, "Encoding".
 *
 * Left out: negative numbers, packed lists and groups, which the Tinker API has not.
 */

/** How values are written: as a varint, as 8 bytes, by length, as 4 bytes. */
const VARINT = 0;
const EIGHT_BYTES = 1;
const BY_LENGTH = 2;
const FOUR_BYTES = 5;

/** The values of a message by field number, in the order received. */
export type Fields = Map<number, (number | Uint8Array)[]>;

/** Writes a whole number of at least 0. A field of value 0 is left out, as protobuf 3 does. */
export function writeNumber(field: number, value: number): Uint8Array {
  if (value === 0) return new Uint8Array();
  return joinBytes([varint(field * 8 + VARINT), varint(value)]);
}

/** Writes bytes or a nested message; empty ones are written, since a list counts them. */
export function writeBytes(field: number, bytes: Uint8Array): Uint8Array {
  const head = [varint(field * 8 + BY_LENGTH), varint(bytes.length)];
  return joinBytes([...head, bytes]);
}

/** Writes a text in UTF-8. */
export function writeText(field: number, text: string): Uint8Array {
  return writeBytes(field, new TextEncoder().encode(text));
}

/** Writes a float of 64 bits. */
export function writeDouble(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return joinBytes([varint(field * 8 + EIGHT_BYTES), bytes]);
}

/** Writes a map as one nested message per entry, in the order of the keys. */
export function writeMap<T>(
  field: number,
  map: Record<string, T>,
  writeValue: (field: number, value: T) => Uint8Array,
): Uint8Array {
  const entries = Object.keys(map).sort().map((key) =>
    writeBytes(field, joinBytes([writeText(1, key), writeValue(2, map[key])]))
  );
  return joinBytes(entries);
}

export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(
    parts.reduce((length, part) => length + part.length, 0),
  );
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
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

function varint(value: number): Uint8Array {
  const bytes = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    bytes.push(rest % 128 + 128);
  }
  return Uint8Array.from([...bytes, rest]);
}
