/** The fields of a protobuf message whose form is not known, by number. */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** The values of a message by field number, in the order received. */
export type Fields = Map<number, (number | Uint8Array)[]>;

/** Reads a message. Throws on bytes that end early or are no protobuf. */
export function readFields(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Fields = new Map();
  while (reader.pos < reader.len) {
    const [field, form] = reader.tag();
    const values = fields.get(field) ?? [];
    fields.set(field, values);
    if (form === WireType.Varint) values.push(Number(reader.uint64()));
    else if (form === WireType.LengthDelimited) values.push(reader.bytes());
    else values.push(reader.skip(form, field));
  }
  return fields;
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
