/**
 * The Python image: everything a child needs to have a booted interpreter, as one
 * block of bytes that travels over its stdin.
 *
 * A running WebAssembly instance is a module, a memory, a few mutable globals and
 * a table of functions. Saving those four after the boot and putting them into a
 * new instance gives the same interpreter, without the 1.3 MB of JavaScript that
 * booted it, without files and without its half second of work.
 */

import { PAGE_BYTES } from "./python_expected.ts";

/** Memory of the interpreter, its heap included: 96 MiB, never growing. */
export const HEAP_BYTES = 96 * 1024 * 1024;

export interface PythonImage {
  /** The rewritten interpreter module. */
  wasm: Uint8Array<ArrayBuffer>;
  /** The rewritten helper module that calls C functions of any signature. */
  trampoline: Uint8Array<ArrayBuffer>;
  /** The booted interpreter, and its mirror image (see `python_mirror.ts`). */
  snapshots: Snapshot[];
}

/** What makes an instance of the module a booted interpreter. */
export interface Snapshot {
  /** Memory without its pages of zeros; see {@link packMemory}. */
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

/** The pages that are not all zeros: how many, their numbers, their contents. */
export function packMemory(memory: Uint8Array): Uint8Array<ArrayBuffer> {
  const words = new BigUint64Array(memory.buffer, memory.byteOffset);
  const perPage = PAGE_BYTES / 8;
  const pages: number[] = [];
  for (let page = 0; page * PAGE_BYTES < memory.length; page++) {
    const content = words.subarray(page * perPage, (page + 1) * perPage);
    if (content.some((word) => word !== 0n)) pages.push(page);
  }
  const head = Uint32Array.of(pages.length, ...pages);
  const packed = new Uint8Array(head.byteLength + pages.length * PAGE_BYTES);
  packed.set(new Uint8Array(head.buffer));
  pages.forEach((page, i) => {
    const content = memory.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
    packed.set(content, head.byteLength + i * PAGE_BYTES);
  });
  return packed;
}

/** Memory from address 0 to its last page that is not all zeros. */
export function unpackMemory(packed: Uint8Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(packed.buffer, packed.byteOffset);
  const count = view.getUint32(0, true);
  const pageAt = (i: number) => view.getUint32(4 + 4 * i, true);
  const memory = new Uint8Array((pageAt(count - 1) + 1) * PAGE_BYTES);
  for (let i = 0; i < count; i++) {
    const start = 4 + 4 * count + i * PAGE_BYTES;
    const content = packed.subarray(start, start + PAGE_BYTES);
    memory.set(content, pageAt(i) * PAGE_BYTES);
  }
  return memory;
}

export function writeImage(image: PythonImage): Uint8Array<ArrayBuffer> {
  const parts = [
    ...[image.wasm, image.trampoline],
    ...image.snapshots.flatMap(({ memory, state }) => [
      memory,
      new TextEncoder().encode(JSON.stringify(state)),
    ]),
  ];
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
  const [wasm, trampoline, ...rest] = parts;
  const snapshots: Snapshot[] = [];
  for (let i = 0; i + 1 < rest.length; i += 2) {
    const state = JSON.parse(new TextDecoder().decode(rest[i + 1]));
    snapshots.push({ memory: rest[i], state });
  }
  if (snapshots.length === 0) throw new Error("the Python image is incomplete");
  return { wasm, trampoline, snapshots };
}
