/** Every write is noted where no write reaches, and nothing else of a module changes. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";

import { pythonRecipe } from "../../lib/sandbox/python/python_recipe.ts";
import {
  HEAP_BYTES,
  readImage,
} from "../../lib/sandbox/python/python_image.ts";
import {
  EXPECTED_START,
  NOTE_EXPORT,
  OVERLAP,
  PAGE_BYTES,
  PAGE_SHIFT,
  PUT_BACK_EXPORT,
} from "../../lib/sandbox/python/python_expected.ts";
import { PAGE_MAP, trackPages } from "../../lib/sandbox/python/python_pages.ts";
import { randomStream } from "../../lib/random.ts";
import {
  readSections,
  readUnsigned,
  skipInstruction,
  skipInteger,
  skipLocals,
} from "../../lib/sandbox/wasm/meter.ts";
import {
  exportMutableGlobals,
  MUTABLE_GLOBAL,
  sealTables,
} from "../../lib/sandbox/python/python_seal.ts";

const I32 = 0x7f, FUNCREF = 0x70;
const BYTES = 4 * 65_536;

const vector = (items: readonly number[][]) => [items.length, ...items.flat()];
const section = (
  id: number,
  body: readonly number[],
) => [id, body.length, ...body];
const code = (...bytes: number[]) => [bytes.length, 0, ...bytes.slice(1)];
const exported = (name: string, kind: number, index: number) => [
  name.length,
  ...new TextEncoder().encode(name),
  ...[kind, index],
];

/** `store`, `fill`, `copy` and `grow` of a memory, `put` of a table, `set` of a global. */
// deno-fmt-ignore
function wholeModule(): Uint8Array<ArrayBuffer> {
  const three = [0x20, 0, 0x20, 1, 0x20, 2];
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, vector([[0x60, 3, I32, I32, I32, 0]])),
    ...section(3, vector([[0], [0], [0], [0], [0], [0]])),
    ...section(4, vector([[FUNCREF, 0, 1]])),
    ...section(5, vector([[0, 1]])),
    ...section(6, vector([[I32, 0, 0x41, 5, 0x0b], [I32, 1, 0x41, 6, 0x0b]])),
    ...section(7, vector([exported("store", 0, 0), exported("fill", 0, 1), exported("copy", 0, 2),
      exported("grow", 0, 3), exported("put", 0, 4), exported("set", 0, 5), exported("memory", 2, 0)])),
    ...section(10, vector([
      code(0, 0x20, 0, 0x20, 1, 0x36, 0, 8, 0x0b), // at address + 8
      code(0, ...three, 0xfc, 11, 0, 0x0b),
      code(0, ...three, 0xfc, 10, 0, 0, 0x0b),
      code(0, 0x20, 0, 0x40, 0, 0x1a, 0x0b),
      code(0, 0x20, 0, 0xd0, FUNCREF, 0x26, 0, 0x0b),
      code(0, 0x20, 0, 0x24, 1, 0x0b),
    ])),
  ]);
}

type Call = (a: number, b?: number, c?: number) => void;

function instance(bytes: Uint8Array<ArrayBuffer>) {
  const module = new WebAssembly.Module(bytes);
  const exports = new WebAssembly.Instance(module).exports;
  return {
    ...exports as unknown as Record<
      "store" | "fill" | "copy" | "grow" | "put" | "set",
      Call
    >,
    bytes: new Uint8Array((exports.memory as WebAssembly.Memory).buffer),
    ...secondMemory(exports),
    putBack: exports[PUT_BACK_EXPORT] as () => void,
    globals: Object.entries(exports).filter(([name]) =>
      name.startsWith(MUTABLE_GLOBAL)
    ),
  };
}

/** The notes of a module's pages, and what its memory should be. */
function secondMemory(exports: WebAssembly.Exports) {
  const memory = exports[PAGE_MAP] as WebAssembly.Memory | undefined;
  const { buffer } = memory ?? { buffer: new ArrayBuffer(EXPECTED_START) };
  return {
    map: new Uint8Array(buffer, 0, BYTES / PAGE_BYTES),
    expected: new Uint8Array(buffer, EXPECTED_START),
  };
}

type Module = ReturnType<typeof instance>;

/** Makes the memory what it should be, with no page noted. */
function settle(module: Module): void {
  module.map.fill(0);
  module.expected.set(module.bytes);
}

/** Pages that a call noted. */
function noted(module: Module, act: () => void): number[] {
  settle(module);
  act();
  return [...module.map.keys()].filter((page) => module.map[page] === 1);
}

Deno.test("stores, fills and copies note their pages, and the map is not in the memory", () => {
  const module = instance(trackPages(wholeModule(), BYTES));
  assert.equal(module.bytes.length, BYTES);
  assert.deepEqual(noted(module, () => module.store(3 * PAGE_BYTES, 7)), [3]);
  assert.equal(module.bytes[3 * PAGE_BYTES + 8], 7);
  // The address and the offset together decide.
  assert.deepEqual(noted(module, () => module.store(2 * PAGE_BYTES - 8, 7)), [
    2,
  ]);
  assert.deepEqual(noted(module, () => module.fill(PAGE_BYTES - 1, 9, 2)), [
    0,
    1,
  ]);
  assert.deepEqual(noted(module, () => module.fill(0, 9, 0)), []);
  const copy = () => module.copy(5 * PAGE_BYTES, 0, 2 * PAGE_BYTES);
  assert.deepEqual(noted(module, copy), [5, 6]);
});

Deno.test("a write beyond the memory traps and changes nothing, wherever it aims", () => {
  const module = instance(trackPages(wholeModule(), BYTES));
  for (
    const address of [
      BYTES - 11,
      BYTES - 8,
      BYTES,
      2 ** 28,
      2 ** 31,
      2 ** 32 - 4,
    ]
  ) {
    assert.throws(
      () => module.store(address, -1),
      WebAssembly.RuntimeError,
      `${address}`,
    );
  }
  assert.throws(() => module.fill(BYTES - 1, 1, 2), WebAssembly.RuntimeError);
  assert.throws(() => module.fill(0, 1, -1), WebAssembly.RuntimeError);
  assert.throws(() => module.copy(BYTES - 1, 0, 2), WebAssembly.RuntimeError);
  assert.ok(module.bytes.every((byte) => byte === 0));
  module.store(BYTES - 12, -1);
  assert.equal(module.bytes[BYTES - 1], 255);
});

Deno.test("a page that is not as it should be traps before its first write", () => {
  const module = instance(trackPages(wholeModule(), BYTES));
  const page = 7 * PAGE_BYTES;
  const writes: [name: string, write: () => void][] = [
    ["store", () => module.store(page + 90, 1)],
    ["fill", () => module.fill(page - 3 * PAGE_BYTES, 1, 5 * PAGE_BYTES)],
    ["copy", () => module.copy(page + 5, 0, 9)],
  ];
  const damaged = (at: number, act: () => void) => {
    settle(module);
    module.bytes[at] ^= 1;
    act();
    module.bytes[at] ^= 1;
  };
  for (const [name, write] of writes) {
    for (let at = page; at < page + PAGE_BYTES + OVERLAP; at++) {
      damaged(
        at,
        () =>
          assert.throws(write, WebAssembly.RuntimeError, `${name}, byte ${at}`),
      );
    }
  }
  const [, store] = writes[0];
  for (const at of [page - 1, page + PAGE_BYTES + OVERLAP]) damaged(at, store);
});

Deno.test("what a noted page's last store reached of the next page is no difference", () => {
  const module = instance(trackPages(wholeModule(), BYTES));
  settle(module);
  module.store(3 * PAGE_BYTES - 10, -1); // its last two bytes lie on page 3
  assert.equal(module.map[3], 0);
  module.store(3 * PAGE_BYTES, 5);
  assert.deepEqual([...module.map.subarray(2, 5)], [1, 1, 0]);
  module.putBack();
  assert.ok(module.bytes.every((byte) => byte === 0));
});

Deno.test("putting back leaves every byte as it should be, whatever was written", () => {
  const module = instance(trackPages(wholeModule(), BYTES));
  const random = randomStream(1, "pages put back");
  for (let i = 0; i < BYTES; i++) module.bytes[i] = random.integer(0, 255);
  settle(module);
  for (let round = 0; round < 200; round++) {
    for (let left = random.integer(1, 40); left > 0; left--) {
      const address = random.integer(0, BYTES - 12);
      const length = random.integer(0, Math.min(5000, BYTES - address));
      const kind = random.integer(0, 9);
      if (kind === 0) module.fill(address, 170, length);
      else if (kind === 1) module.copy(address, BYTES - length, length);
      else module.store(address, 1 + round);
    }
    assert.notEqual(Buffer.compare(module.bytes, module.expected), 0);
    module.putBack();
    assert.equal(Buffer.compare(module.bytes, module.expected), 0);
    module.map.fill(0);
  }
});

Deno.test("a sealed module changes no table and no size; its globals can be put back", () => {
  const open = instance(exportMutableGlobals(wholeModule()));
  open.put(0);
  const sealed = instance(sealTables(exportMutableGlobals(wholeModule())));
  assert.throws(() => sealed.put(0), WebAssembly.RuntimeError);
  assert.throws(() => sealed.grow(1), WebAssembly.RuntimeError);
  const [[name, global], ...others] = sealed.globals;
  assert.deepEqual(
    [name, others],
    [`${MUTABLE_GLOBAL}1`, []],
    "the constant is not among them",
  );
  sealed.set(17);
  assert.equal((global as WebAssembly.Global).value, 17);
});

Deno.test("the interpreter's helper writes only where its caller has written before", async () => {
  const { trampoline } = readImage((await pythonRecipe()).payload);
  const memory = new WebAssembly.Memory({ initial: HEAP_BYTES / 65_536 });
  const map = new WebAssembly.Memory({ initial: 2 });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  const env = { memory, [PAGE_MAP]: map, __indirect_function_table: table };
  const { instance } = await WebAssembly.instantiate(trampoline, { env });
  const call = instance.exports.trampoline_call as CallableFunction;
  const write = () => call(7 * PAGE_BYTES, 0, 0, 0, 0);
  assert.throws(write, WebAssembly.RuntimeError);
  new Uint8Array(map.buffer)[7] = 1;
  write();
});

type Instruction = [at: number, code: number];

/** Instructions of each function of a module, one array a function. */
function* instructions(wasm: Uint8Array): Generator<Instruction[]> {
  const { start } = readSections(wasm).find(({ id }) => id === 10)!;
  let [count, position] = readUnsigned(wasm, start);
  for (; count > 0; count--) {
    const [length, body] = readUnsigned(wasm, position);
    position = body + length;
    const found: Instruction[] = [];
    for (let at = skipLocals(wasm, body); at < position;) {
      found.push([at, wasm[at]]);
      at = skipInstruction(wasm, at);
    }
    yield found;
  }
}

/** The first memory is written: by a store, by many bytes at once, or as it should be. */
function written(
  wasm: Uint8Array,
  at: number,
): "store" | "range" | "put back" | undefined {
  const [code, next] = [wasm[at], wasm[at + 1]];
  const isVectorStore = code === 0xfd && [11, 88, 89, 90, 91].includes(next);
  if ((code >= 0x36 && code <= 0x3e) || isVectorStore) {
    const isFirst = (wasm[isVectorStore ? at + 2 : at + 1] & 0x40) === 0;
    return isFirst ? "store" : undefined;
  }
  if (code === 0xfe) return "store"; // atomic: none is known to the notes
  if (code !== 0xfc || ![8, 10, 11].includes(next)) return undefined;
  const memory = next === 8 ? skipInteger(wasm, at + 2) : at + 2;
  if (wasm[memory] !== 0) return undefined;
  return next === 10 && wasm[memory + 1] === 1 ? "put back" : "range";
}

/** Codes before a store: its page's note is loaded; without one a function is called, or a trap comes. */
const STORE_NOTED = /21 22 20 (41 6a )?41 76 22 2d 45 4 (20 10|0) b 20$/;
/** Codes before a fill or a copy: a function is called. */
const RANGE_NOTED = /21 21 22 20 10 20 20 20$/;

/** Index of an exported function. */
function exportedIndex(wasm: Uint8Array, name: string): number | undefined {
  const { start } = readSections(wasm).find(({ id }) => id === 7)!;
  let [left, position] = readUnsigned(wasm, start);
  for (; left > 0; left--) {
    const [length, text] = readUnsigned(wasm, position);
    const found = new TextDecoder().decode(wasm.subarray(text, text + length));
    const [index, next] = readUnsigned(wasm, text + length + 1);
    if (found === name) return index;
    position = next;
  }
}

/** Throws unless the codes before the write at `found[i]` note what it writes. */
function checkNoted(
  wasm: Uint8Array,
  found: Instruction[],
  i: number,
  noteRange: number | undefined,
): void {
  const at = found[i][0];
  const isStore = written(wasm, at) === "store";
  const codes = found.slice(Math.max(0, i - 15), i)
    .map(([, code]) => code.toString(16)).join(" ");
  const match = (isStore ? STORE_NOTED : RANGE_NOTED).exec(codes);
  assert.ok(match, `${codes} before the write at byte ${at}`);
  const operand = (back: number) => readUnsigned(wasm, found[i - back][0] + 1);
  if (!isStore) return assert.equal(operand(4)[0], noteRange);
  const isCall = match[2] !== "0";
  if (isCall) assert.equal(operand(3)[0], noteRange! - 1);
  else assert.equal(noteRange, undefined, "only the helper may trap instead");
  const tee = isCall ? 8 : 7;
  const isVector = wasm[at] === 0xfd;
  const alignment = skipInteger(wasm, isVector ? at + 2 : at + 1);
  const [offset] = readUnsigned(wasm, alignment);
  const constant = match[1] ? found[i - tee - 4][0] + 1 : undefined;
  assert.equal(constant ? signedAt(wasm, constant) : 0, offset | 0, `${at}`);
  assert.equal(signedAt(wasm, found[i - tee - 2][0] + 1), PAGE_SHIFT);
}

Deno.test("no instruction of the interpreter writes to its memory without a note before", async () => {
  const { wasm, trampoline } = readImage((await pythonRecipe()).payload);
  let writes = 0;
  for (const module of [wasm, trampoline]) {
    const noteRange = exportedIndex(module, NOTE_EXPORT);
    let putBacks = 0;
    for (const found of instructions(module)) {
      for (let i = 0; i < found.length; i++) {
        const what = written(module, found[i][0]);
        if (what === undefined) continue;
        if (what === "put back") putBacks++;
        else {
          checkNoted(module, found, i, noteRange);
          writes++;
        }
      }
    }
    assert.equal(putBacks, module === wasm ? 1 : 0);
  }
  assert.ok(writes > 100_000, `${writes} instructions`);
});

/** Reads a signed integer of 32 bits in LEB128. */
function signedAt(wasm: Uint8Array, position: number): number {
  let value = 0;
  for (let shift = 0;; shift += 7) {
    const byte = wasm[position++];
    value |= (byte & 127) << shift;
    if (byte >= 128) continue;
    const bits = shift + 7;
    return bits < 32 ? value << (32 - bits) >> (32 - bits) : value;
  }
}
