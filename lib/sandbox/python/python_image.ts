/**
 * The Python image: everything a child needs to have a booted interpreter, as one
 * block of bytes that travels over its stdin.
 *
 * A running WebAssembly instance is a module, a memory, a few mutable globals and
 * a table of functions. Saving those four after the boot and putting them into a
 * new instance gives the same interpreter, without the 1.3 MB of JavaScript that
 * booted it, without files and without its half second of work.
 */

/** Memory of the interpreter, its heap included: 96 MiB, never growing. */
export const HEAP_BYTES = 96 * 1024 * 1024;

export interface PythonImage {
  /** The rewritten interpreter module. */
  wasm: Uint8Array<ArrayBuffer>;
  /** The rewritten helper module that calls C functions of any signature. */
  trampoline: Uint8Array<ArrayBuffer>;
  /** Memory from address 0 to the last byte that is not zero. */
  memory: Uint8Array<ArrayBuffer>;
  state: InstanceState;
}

/** What an instance holds besides its memory. */
export interface InstanceState {
  /** Values of the mutable globals, by exported name. */
  globals: Record<string, number>;
  /** Function table entries beyond the module's own: exported functions by name. */
  tableExports: [slot: number, name: string][];
  /** Table entry of the trampoline. */
  trampolineSlot: number;
  /** Size of the function table. */
  tableLength: number;
  /** Imported globals, by name; all are addresses of functions. */
  importedGlobals: Record<string, number>;
}

/** How many bytes of a memory there are before it is zero to its end. */
export function usedLength(memory: Uint8Array): number {
  const words = new BigUint64Array(memory.buffer, memory.byteOffset);
  let last = words.length - 1;
  while (last >= 0 && words[last] === 0n) last--;
  return 8 * (last + 1);
}

export function writeImage(image: PythonImage): Uint8Array<ArrayBuffer> {
  const state = new TextEncoder().encode(JSON.stringify(image.state));
  const parts = [state, image.wasm, image.trampoline, image.memory];
  const total = parts.reduce((sum, part) => sum + 4 + part.length, 0);
  const bytes = new Uint8Array(total);
  const view = new DataView(bytes.buffer);
  let position = 0;
  for (const part of parts) {
    view.setUint32(position, part.length, true);
    bytes.set(part, position + 4);
    position += 4 + part.length;
  }
  return bytes;
}

export function readImage(bytes: Uint8Array<ArrayBuffer>): PythonImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let position = 0; position < bytes.length;) {
    const length = view.getUint32(position, true);
    parts.push(bytes.subarray(position + 4, position + 4 + length));
    position += 4 + length;
  }
  if (parts.length !== 4) throw new Error("the Python image is incomplete");
  return {
    state: JSON.parse(new TextDecoder().decode(parts[0])),
    wasm: parts[1],
    trampoline: parts[2],
    memory: parts[3],
  };
}
