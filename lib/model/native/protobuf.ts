/**
 * Writes messages in the wire format of protocol buffers.
 *
 * A message is its fields one after another, and the functions here make the bytes of one
 * field. Left out: reading, and the meaning of the fields (graph.ts).
 */

/** Returns field `number` with an integer; a negative one takes its 64-bit form. */
export function integerField(number: number, value: number): Uint8Array {
  return joined([varint(number << 3), varint(value)]);
}

/** Returns field `number` with a 32-bit float. */
export function floatField(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([varint(number << 3 | 5), bytes]);
}

/** Returns field `number` with bytes, a text or a message. */
export function bytesField(
  number: number,
  value: Uint8Array | string,
): Uint8Array {
  const bytes = typeof value === "string"
    ? new TextEncoder().encode(value)
    : value;
  return joined([varint(number << 3 | 2), varint(bytes.length), bytes]);
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
