/** Every write is noted where no write reaches, and nothing else of a module changes. */

import assert from "node:assert/strict";

import { pythonRecipe } from "../../lib/sandbox/python/python_recipe.ts";
import {
  HEAP_BYTES,
  readImage,
} from "../../lib/sandbox/python/python_image.ts";
import {
  PAGE_BYTES,
  PAGE_MAP,
  trackPages,
} from "../../lib/sandbox/python/python_pages.ts";
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
    map: new Uint8Array((exports[PAGE_MAP] as WebAssembly.Memory)?.buffer ?? 0),
    globals: Object.entries(exports).filter(([name]) =>
      name.startsWith(MUTABLE_GLOBAL)
    ),
  };
}

/** Pages that a call noted. */
function noted(module: ReturnType<typeof instance>, act: () => void): number[] {
  module.map.fill(0);
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

Deno.test("the interpreter's helper notes what it writes for whoever calls it", async () => {
  const { trampoline } = readImage((await pythonRecipe()).payload);
  const memory = new WebAssembly.Memory({ initial: HEAP_BYTES / 65_536 });
  const map = new WebAssembly.Memory({ initial: 1 });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  const env = { memory, [PAGE_MAP]: map, __indirect_function_table: table };
  const { instance } = await WebAssembly.instantiate(trampoline, { env });
  const call = instance.exports.trampoline_call as CallableFunction;
  call(7 * PAGE_BYTES, 0, 0, 0, 0);
  assert.equal(new Uint8Array(map.buffer)[7], 1);
});

/** Instructions of each function of a module: where they begin, one array a function. */
function* instructions(wasm: Uint8Array): Generator<number[]> {
  const { start } = readSections(wasm).find(({ id }) => id === 10)!;
  let [count, position] = readUnsigned(wasm, start);
  for (; count > 0; count--) {
    const [length, body] = readUnsigned(wasm, position);
    position = body + length;
    const starts: number[] = [];
    for (let at = skipLocals(wasm, body); at < position;) {
      starts.push(at);
      at = skipInstruction(wasm, at);
    }
    yield starts;
  }
}

/** What an instruction does to a memory: writes to the first one, or notes that. */
function effect(wasm: Uint8Array, at: number): "write" | "note" | undefined {
  const [code, next] = [wasm[at], wasm[at + 1]];
  const isVectorStore = code === 0xfd && [11, 88, 89, 90, 91].includes(next);
  if ((code >= 0x36 && code <= 0x3e) || isVectorStore) {
    return (wasm[isVectorStore ? at + 2 : at + 1] & 0x40) === 0
      ? "write"
      : "note";
  }
  if (code === 0xfe) return "write"; // atomic: none is known to the notes
  if (code !== 0xfc || ![8, 10, 11].includes(next)) return undefined;
  const memory = next === 8 ? skipInteger(wasm, at + 2) : at + 2;
  return wasm[memory] === 0 ? "write" : "note";
}

Deno.test("no instruction of the interpreter writes to its memory without a note before", async () => {
  const { wasm, trampoline } = readImage((await pythonRecipe()).payload);
  let writes = 0;
  for (const module of [wasm, trampoline]) {
    for (const starts of instructions(module)) {
      let isNoted = false;
      for (const at of starts) {
        const what = effect(module, at);
        if (what === "write") {
          assert.ok(isNoted, `the instruction at byte ${at}`);
          writes++;
        }
        if (what !== undefined) isNoted = what === "note";
      }
    }
  }
  assert.ok(writes > 100_000, `${writes} instructions`);
});
