/**
 * What the parent sends to a child that runs JavaScript: the metered engine and,
 * if TypeScript is wanted, the metered type stripper. Both are made once.
 */

export interface QuickJsPayload {
  engine: Uint8Array<ArrayBuffer>;
  /** Empty when the child serves JavaScript only. */
  stripper: Uint8Array<ArrayBuffer>;
}

/** Returns the engine's length in four bytes, the engine, the stripper. */
export function writeQuickJsPayload(
  { engine, stripper }: QuickJsPayload,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 + engine.length + stripper.length);
  new DataView(bytes.buffer).setUint32(0, engine.length, true);
  bytes.set(engine, 4);
  bytes.set(stripper, 4 + engine.length);
  return bytes;
}

export function readQuickJsPayload(
  bytes: Uint8Array<ArrayBuffer>,
): QuickJsPayload {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const end = 4 + view.getUint32(0, true);
  return { engine: bytes.subarray(4, end), stripper: bytes.subarray(end) };
}
