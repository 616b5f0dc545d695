/**
 * The wire format of protocol buffers, as far as writing a message needs it.
 *
 * A message is its fields one after another; this file makes the bytes of one
 * field. Left out: reading, and the meaning of any field (saved_model.ts).
 */

/** Field `number` with an integer; negative ones take their 64-bit form. */
export function integerField(number: number, value: number): Uint8Array {
  return joined([varint(number << 3), varint(value)]);
}

/** Field `number` with a 32-bit float. */
export function floatField(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([varint(number << 3 | 5), bytes]);
}

/** Field `number` with bytes, a text or a message. */
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

/** Seven bits per byte, the lowest first; the top bit says that more follow. */
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
