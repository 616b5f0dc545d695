/**
 * Dirty pages: rewrites a WebAssembly module so that it notes every page of its
 * memory that it writes to.
 *
 * Restoring a snapshot by copying all of it costs a millisecond for a Python
 * interpreter; restoring only what a program touched costs a few per cent of
 * that. WebAssembly offers no page protection, so the notes are made by the
 * stores themselves: before each store the byte `map[address >> 10]` is read, and
 * if it is not set, the page is compared with what it should be and the byte is
 * set (see `python_expected.ts`).
 *
 * The map is in a second memory, which only the inserted instructions and functions
 * name. Every store of the interpreter itself, and so every store that a program can
 * bring about, names the first memory and traps beyond its end: no program can clear
 * a note.
 *
 * A store that begins on one page and ends on the next notes the first page
 * only: putting back copies {@link OVERLAP} bytes beyond each page.
 *
 * A module that imports its memory traps unless the page is noted: the only one,
 * CPython's trampoline, writes a variable that its caller has set.
 *
 * Left out: atomic stores, `memory.init` and lane stores of vectors, which the
 * interpreter does not use; meeting one is an error.
 */

import {
  appended,
  concatenate,
  countImports,
  encodeUnsigned,
  exportCode,
  localCount,
  MEMORY_KIND,
  nameCode,
  readSections,
  readUnsigned,
  SECTION,
  type Section,
  skipInstruction,
  skipInteger,
  skipLocals,
  skipType,
} from "../wasm/meter.ts";
import { encodeSigned } from "../wasm/assembler.ts";
import { patchModule } from "../wasm/patch.ts";
import {
  EXPECTED_START,
  expectedFunctions,
  PAGE_BYTES,
  PAGE_SHIFT,
} from "./python_expected.ts";

const WASM_PAGE = 65_536;

/** Name of the second memory: among the exports, or among the imports of `env`. */
export const PAGE_MAP = "__page_map";
/** Index of the second memory, and the alignment flag that says an index follows. */
const MAP_INDEX = 1;
const HAS_INDEX = 0x40;
/** An import of a memory of one page or more. */
const MAP_IMPORT = [
  ...nameCode("env"),
  ...nameCode(PAGE_MAP),
  MEMORY_KIND,
  0,
  1,
];

const I32 = 0x7f, I64 = 0x7e, F32 = 0x7d, F64 = 0x7c, V128 = 0x7b;

/** The type of the value that each store instruction takes. */
const STORED: Record<number, number> = {
  0x36: I32,
  0x37: I64,
  0x38: F32,
  0x39: F64,
  0x3a: I32,
  0x3b: I32,
  0x3c: I64,
  0x3d: I64,
  0x3e: I64,
};

/**
 * Rewrites `wasm`, whose memory gets exactly `heapBytes`, and which exports its
 * map as {@link PAGE_MAP}. A module that imports its memory imports the map too.
 */
export function trackPages(
  wasm: Uint8Array,
  heapBytes: number,
): Uint8Array<ArrayBuffer> {
  const sections = readSections(wasm);
  const parameters = parameterCounts(wasm, sections);
  const ownsMemory = sections.some(({ id }) => id === SECTION.memory);
  const firstAdded = countImports(wasm, sections).functions + parameters.length;
  const notePage = ownsMemory ? firstAdded : undefined;
  const parts: Uint8Array[] = [wasm.subarray(0, 8)];
  for (const section of sections) {
    const body = section.id === SECTION.memory
      ? fixedMemories(heapBytes)
      : section.id === SECTION.export && ownsMemory
      ? appended(wasm.subarray(section.start, section.end), [
        exportCode(PAGE_MAP, MEMORY_KIND, MAP_INDEX),
      ])
      : section.id === SECTION.import && !ownsMemory
      ? appended(wasm.subarray(section.start, section.end), [MAP_IMPORT])
      : section.id === SECTION.code
      ? rewriteCode(wasm, section, parameters, notePage)
      : wasm.subarray(section.start, section.end);
    parts.push(Uint8Array.of(section.id, ...encodeUnsigned(body.length)), body);
  }
  const tracked = concatenate(parts);
  if (!ownsMemory) return tracked;
  const functions = expectedFunctions(heapBytes / PAGE_BYTES);
  return patchModule(tracked, {
    functions,
    ...{ globals: {}, exchanges: [], names: {} },
  });
}

/** Heap, and map with what the heap should be; each of one size. */
function fixedMemories(heapBytes: number): Uint8Array {
  const fixed = (bytes: number) => {
    const pages = encodeUnsigned(Math.ceil(bytes / WASM_PAGE));
    return [1, ...pages, ...pages];
  };
  const map = fixed(EXPECTED_START + heapBytes);
  return Uint8Array.from([2, ...fixed(heapBytes), ...map]);
}

/** How many parameters each defined function has, in order. */
function parameterCounts(
  wasm: Uint8Array,
  sections: readonly Section[],
): number[] {
  const types = functionTypes(wasm, sections);
  const counts: number[] = [];
  const section = sections.find((candidate) =>
    candidate.id === SECTION.function
  )!;
  let [left, position] = readUnsigned(wasm, section.start);
  for (; left > 0; left--) {
    const [type, next] = readUnsigned(wasm, position);
    counts.push(types[type]);
    position = next;
  }
  return counts;
}

/** The parameter count of each function type. */
function functionTypes(
  wasm: Uint8Array,
  sections: readonly Section[],
): number[] {
  const counts: number[] = [];
  const section = sections.find((candidate) => candidate.id === SECTION.type)!;
  let [left, position] = readUnsigned(wasm, section.start);
  for (; left > 0; left--) {
    if (wasm[position] !== 0x60) {
      throw new Error(
        `page tracking knows only function types, found 0x${
          wasm[position].toString(16)
        }`,
      );
    }
    const [inputs, first] = readUnsigned(wasm, position + 1);
    counts.push(inputs);
    position = skipTypes(wasm, first, inputs);
    const [outputs, second] = readUnsigned(wasm, position);
    position = skipTypes(wasm, second, outputs);
  }
  return counts;
}

/** The position after some value types. */
export function skipTypes(
  wasm: Uint8Array,
  position: number,
  count: number,
): number {
  for (; count > 0; count--) position = skipType(wasm, position);
  return position;
}

function rewriteCode(
  wasm: Uint8Array,
  section: Section,
  parameters: readonly number[],
  notePage: number | undefined,
): Uint8Array {
  const [count, first] = readUnsigned(wasm, section.start);
  const parts: Uint8Array[] = [Uint8Array.from(encodeUnsigned(count))];
  let position = first;
  for (let index = 0; index < count; index++) {
    const [length, start] = readUnsigned(wasm, position);
    const end = start + length;
    const pieces = rewriteFunction(
      wasm,
      start,
      end,
      parameters[index],
      notePage,
    );
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    parts.push(Uint8Array.from(encodeUnsigned(size)), ...pieces);
    position = end;
  }
  return concatenate(parts);
}

/** The scratch variables a function needs, added behind its own. */
class Scratch {
  readonly #types: number[] = [];
  readonly #indices = new Map<string, number>();
  readonly #firstIndex: number;

  constructor(firstIndex: number) {
    this.#firstIndex = firstIndex;
  }

  index(purpose: string, type: number): number[] {
    let index = this.#indices.get(purpose);
    if (index === undefined) {
      index = this.#firstIndex + this.#types.length;
      this.#types.push(type);
      this.#indices.set(purpose, index);
    }
    return encodeUnsigned(index);
  }

  /** The declaration of the function's variables with these added. */
  declaration(wasm: Uint8Array, start: number, end: number): Uint8Array {
    const [groups, first] = readUnsigned(wasm, start);
    const added = this.#types.flatMap((type) => [1, type]);
    return concatenate([
      Uint8Array.from(encodeUnsigned(groups + this.#types.length)),
      wasm.subarray(first, end),
      Uint8Array.from(added),
    ]);
  }
}

function rewriteFunction(
  wasm: Uint8Array,
  start: number,
  end: number,
  parameters: number,
  notePage: number | undefined,
): Uint8Array[] {
  const bodyStart = skipLocals(wasm, start);
  const scratch = new Scratch(parameters + localCount(wasm, start));
  const pieces: Uint8Array[] = [];
  let copied = bodyStart;
  let position = bodyStart;
  while (position < end) {
    const next = skipInstruction(wasm, position);
    const before = codeBefore(wasm, position, scratch, notePage);
    if (before) {
      pieces.push(wasm.subarray(copied, position), Uint8Array.from(before));
      copied = position;
    }
    position = next;
  }
  pieces.push(wasm.subarray(copied, end));
  return [scratch.declaration(wasm, start, bodyStart), ...pieces];
}

/** What to insert before the instruction at `position`; nothing for most. */
function codeBefore(
  wasm: Uint8Array,
  position: number,
  scratch: Scratch,
  notePage: number | undefined,
): number[] | undefined {
  const operation = wasm[position];
  const type = STORED[operation];
  if (type !== undefined) {
    const offset = readUnsigned(wasm, skipInteger(wasm, position + 1))[0];
    return noteStore(offset, type, scratch, notePage);
  }
  if (operation === 0xfc) {
    const [bulk] = readUnsigned(wasm, position + 1);
    if (bulk === 10 || bulk === 11) return noteRange(scratch, notePage);
    if (bulk === 8) throw new Error("page tracking met memory.init");
  } else if (operation === 0xfd) {
    const [vector, next] = readUnsigned(wasm, position + 1);
    if (vector === 11) {
      const offset = readUnsigned(wasm, skipInteger(wasm, next))[0];
      return noteStore(offset, V128, scratch, notePage);
    }
    if (vector >= 88 && vector <= 91) {
      throw new Error("page tracking met a lane store");
    }
  } else if (operation === 0xfe) {
    throw new Error("page tracking met an atomic instruction");
  }
}

const LOCAL_GET = 0x20, LOCAL_SET = 0x21, LOCAL_TEE = 0x22, CALL = 0x10;
const I32_CONST = 0x41, I32_ADD = 0x6a, I32_SHR_U = 0x76, I32_EQZ = 0x45;
const IF = [0x04, 0x40], UNREACHABLE = 0x00, END = 0x0b;

/** Operands are the address and the value: park the value, note the page if it is not noted, go on. */
function noteStore(
  offset: number,
  type: number,
  scratch: Scratch,
  notePage: number | undefined,
): number[] {
  const value = scratch.index(`value ${type}`, type);
  const address = scratch.index("address", I32);
  const addOffset = offset === 0
    ? []
    : [I32_CONST, ...encodeSigned(offset), I32_ADD];
  const page = scratch.index("page", I32);
  const note = notePage === undefined
    ? [UNREACHABLE]
    : [LOCAL_GET, ...page, CALL, ...encodeUnsigned(notePage)];
  return [
    ...[LOCAL_SET, ...value, LOCAL_TEE, ...address],
    ...[LOCAL_GET, ...address, ...addOffset],
    ...[I32_CONST, PAGE_SHIFT, I32_SHR_U, LOCAL_TEE, ...page],
    ...[0x2d, HAS_INDEX, MAP_INDEX, 0], // i32.load8_u of the map
    ...[I32_EQZ, ...IF, ...note, END, LOCAL_GET, ...value],
  ];
}

/** Operands are the destination, a source or value, and the length. */
function noteRange(scratch: Scratch, notePage: number | undefined): number[] {
  if (notePage === undefined) throw new Error("page tracking met a bulk move");
  const length = scratch.index("length", I32);
  const source = scratch.index(`value ${I32}`, I32);
  const address = scratch.index("address", I32);
  return [
    ...[LOCAL_SET, ...length, LOCAL_SET, ...source, LOCAL_TEE, ...address],
    ...[LOCAL_GET, ...length, CALL, ...encodeUnsigned(notePage + 1)],
    ...[LOCAL_GET, ...address, LOCAL_GET, ...source, LOCAL_GET, ...length],
  ];
}
