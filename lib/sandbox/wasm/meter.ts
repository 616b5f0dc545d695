/**
 * Metering: rewrites a WebAssembly module so that it counts its own steps.
 *
 * One step is charged at every function entry and every loop iteration, one per 64
 * bytes moved by a bulk memory instruction, and one after 256 instructions without a
 * branch or a call, as the unrolled rounds of a hash function are. When the exported
 * global `__fuel` goes below zero the module traps, which no guest program can catch.
 * The count depends only on the module and its input: it is the same on every
 * machine and in every compilation tier, so a limit on it is a verdict and not a
 * race against a clock. A wall clock would be neither.
 *
 * The pass also fixes the largest size of the memory, and can count calls of
 * named exported functions in the exported global `__calls` (how the JavaScript
 * engine's allocation failures are told apart from errors a program made up).
 *
 * Left out: modules that import their memory, and any instruction newer than the
 * ones listed in `skipInstruction`, which fails with the function and offset.
 */

/** What to rewrite, beyond the fuel that is always added. */
export interface MeterOptions {
  /** Largest memory size in 64 KiB pages; the module's own maximum if absent. */
  maximumPages?: number;
  /** Exported functions whose calls are counted in `__calls`. */
  countedExports?: readonly string[];
}

/** A rewritten module, and how many places were charged. */
export interface MeteredModule {
  bytes: Uint8Array<ArrayBuffer>;
  functions: number;
  loops: number;
  bulkInstructions: number;
  /** Places in code without a branch or a call. */
  straight: number;
}

/** Names of the exported globals that the pass adds. */
export const FUEL_EXPORT = "__fuel";
export const CALLS_EXPORT = "__calls";

/** Bytes moved by one bulk instruction for each step charged, as a power of two. */
const BULK_SHIFT = 6;
/** Instructions without a branch or a call for each step charged. */
const STRAIGHT_INSTRUCTIONS = 256;

export const SECTION = {
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
};

export interface Section {
  id: number;
  start: number;
  end: number;
}

/** Rewrites `wasm` (the bytes of a module). Throws if it holds an unknown instruction. */
export function meter(
  wasm: Uint8Array,
  options: MeterOptions = {},
): MeteredModule {
  const sections = readSections(wasm);
  const imports = countImports(wasm, sections);
  const firstGlobal = imports.globals +
    vectorLength(wasm, sections, SECTION.global);
  const rewriter = new CodeRewriter(
    wasm,
    {
      fuel: firstGlobal,
      calls: firstGlobal + 1,
      scratch: firstGlobal + 2,
    },
    exportedFunctions(
      wasm,
      sections,
      options.countedExports ?? [],
      imports.functions,
    ),
  );
  const parts: Uint8Array[] = [wasm.subarray(0, 8)];
  for (const section of sections) {
    const body = wasm.subarray(section.start, section.end);
    const rewritten = rewriteSection(
      section,
      body,
      options,
      firstGlobal,
      rewriter,
    );
    parts.push(Uint8Array.of(section.id, ...encodeUnsigned(rewritten.length)));
    parts.push(rewritten);
  }
  return {
    bytes: concatenate(parts),
    functions: rewriter.functions,
    loops: rewriter.loops,
    bulkInstructions: rewriter.bulkInstructions,
    straight: rewriter.straight,
  };
}

function rewriteSection(
  section: Section,
  body: Uint8Array,
  options: MeterOptions,
  firstGlobal: number,
  rewriter: CodeRewriter,
): Uint8Array {
  switch (section.id) {
    case SECTION.memory:
      return options.maximumPages === undefined
        ? body
        : withMaximum(body, options.maximumPages);
    case SECTION.global: {
      // Three mutable 32-bit integers that start at zero: fuel, calls, scratch.
      const zero = [0x7f, 0x01, 0x41, 0x00, 0x0b];
      return appended(body, [zero, zero, zero]);
    }
    case SECTION.export:
      return appended(body, [
        exportCode(FUEL_EXPORT, GLOBAL_KIND, firstGlobal),
        exportCode(CALLS_EXPORT, GLOBAL_KIND, firstGlobal + 1),
      ]);
    case SECTION.code:
      return rewriter.rewrite(section);
    default:
      return body;
  }
}

/** Inserts the charges into the code section. */
class CodeRewriter {
  functions = 0;
  loops = 0;
  bulkInstructions = 0;
  straight = 0;
  readonly #wasm: Uint8Array;
  readonly #counted: ReadonlySet<number>;
  readonly #chargeOne: Uint8Array;
  readonly #chargeBulk: Uint8Array;
  readonly #countCall: Uint8Array;

  /** `counted` holds indices among the functions the module defines itself. */
  constructor(
    wasm: Uint8Array,
    globals: { fuel: number; calls: number; scratch: number },
    counted: ReadonlySet<number>,
  ) {
    this.#wasm = wasm;
    this.#counted = counted;
    const get = (index: number) => [0x23, ...encodeUnsigned(index)];
    const set = (index: number) => [0x24, ...encodeUnsigned(index)];
    const trapBelowZero = [
      ...[...get(globals.fuel), 0x41, 0x00, 0x48], // fuel < 0 (signed)
      ...[0x04, 0x40, 0x00, 0x0b], // if unreachable end
    ];
    this.#chargeOne = Uint8Array.from([
      ...[...get(globals.fuel), 0x41, 0x01, 0x6b, ...set(globals.fuel)],
      ...trapBelowZero,
    ]);
    // The length is on top of the operand stack: park it, charge for it, put it back.
    this.#chargeBulk = Uint8Array.from([
      ...set(globals.scratch),
      ...[...get(globals.fuel), ...get(globals.scratch)],
      ...[0x41, BULK_SHIFT, 0x76, 0x6b, ...set(globals.fuel)],
      ...trapBelowZero,
      ...get(globals.scratch),
    ]);
    this.#countCall = Uint8Array.from([
      ...[...get(globals.calls), 0x41, 0x01, 0x6a, ...set(globals.calls)],
    ]);
  }

  rewrite(section: Section): Uint8Array {
    const [count, first] = readUnsigned(this.#wasm, section.start);
    const parts: Uint8Array[] = [Uint8Array.from(encodeUnsigned(count))];
    let position = first;
    for (let index = 0; index < count; index++) {
      const [length, start] = readUnsigned(this.#wasm, position);
      const pieces = this.#rewriteFunction(index, start, start + length);
      const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
      parts.push(Uint8Array.from(encodeUnsigned(size)));
      for (const piece of pieces) parts.push(piece);
      position = start + length;
    }
    return concatenate(parts);
  }

  #rewriteFunction(index: number, start: number, end: number): Uint8Array[] {
    const wasm = this.#wasm;
    const pieces: Uint8Array[] = [];
    let copied = start;
    const insert = (position: number, code: Uint8Array) => {
      pieces.push(wasm.subarray(copied, position), code);
      copied = position;
    };
    let position = skipLocals(wasm, start);
    insert(position, this.#chargeOne);
    this.functions++;
    if (this.#counted.has(index)) insert(position, this.#countCall);
    let uncharged = 0;
    while (position < end) {
      const next = skipInstruction(wasm, position);
      uncharged = isBranchOrCall(wasm[position]) ? 0 : uncharged + 1;
      if (uncharged === STRAIGHT_INSTRUCTIONS) {
        insert(position, this.#chargeOne);
        this.straight++;
        uncharged = 0;
      }
      if (wasm[position] === 0x03) {
        insert(next, this.#chargeOne);
        this.loops++;
      } else if (isBulkMove(wasm, position)) {
        insert(position, this.#chargeBulk);
        this.bulkInstructions++;
      }
      position = next;
    }
    if (position !== end) {
      throw new Error(
        `metering lost its place in function ${index}, byte ${position}`,
      );
    }
    pieces.push(wasm.subarray(copied, end));
    return pieces;
  }
}

/** Whether an instruction begins or ends a block, branches, returns or calls. */
function isBranchOrCall(code: number): boolean {
  return code >= 0x02 && code <= 0x1f && code !== 0x1a && code !== 0x1b &&
    code !== 0x1c;
}

/** memory.copy and memory.fill: one instruction, any amount of work. */
function isBulkMove(wasm: Uint8Array, position: number): boolean {
  if (wasm[position] !== 0xfc) return false;
  const [operation] = readUnsigned(wasm, position + 1);
  return operation === 10 || operation === 11;
}

export function readSections(wasm: Uint8Array): Section[] {
  const sections: Section[] = [];
  let position = 8;
  while (position < wasm.length) {
    const id = wasm[position];
    const [length, start] = readUnsigned(wasm, position + 1);
    sections.push({ id, start, end: start + length });
    position = start + length;
  }
  return sections;
}

function vectorLength(
  wasm: Uint8Array,
  sections: readonly Section[],
  id: number,
): number {
  const section = sections.find((candidate) => candidate.id === id);
  if (!section) throw new Error(`metering needs a module with section ${id}`);
  return readUnsigned(wasm, section.start)[0];
}

/** How many functions and globals are imported: they come first in the index spaces. */
export function countImports(
  wasm: Uint8Array,
  sections: readonly Section[],
): { functions: number; globals: number } {
  const counts = { functions: 0, globals: 0 };
  const section = sections.find((candidate) => candidate.id === SECTION.import);
  if (!section) return counts;
  let [left, position] = readUnsigned(wasm, section.start);
  for (; left > 0; left--) {
    position = skipName(wasm, skipName(wasm, position));
    const kind = wasm[position++];
    if (kind === 0) {
      counts.functions++;
      position = skipInteger(wasm, position);
    } else if (kind === 1) {
      position = skipLimits(wasm, skipType(wasm, position));
    } else if (kind === 2) {
      position = skipLimits(wasm, position);
    } else if (kind === 3) {
      counts.globals++;
      position = skipType(wasm, position) + 1;
    } else { // an exception tag
      position = skipInteger(wasm, position + 1);
    }
  }
  return counts;
}

/** Returns the places of exported functions among those that the module defines. */
function exportedFunctions(
  wasm: Uint8Array,
  sections: readonly Section[],
  names: readonly string[],
  importedFunctions: number,
): Set<number> {
  const wanted = new Set(names);
  const found = new Set<number>();
  const section = sections.find((candidate) => candidate.id === SECTION.export);
  if (!section || wanted.size === 0) return found;
  let [left, position] = readUnsigned(wasm, section.start);
  for (; left > 0; left--) {
    const [length, start] = readUnsigned(wasm, position);
    const name = new TextDecoder().decode(wasm.subarray(start, start + length));
    const kind = wasm[start + length];
    const [index, next] = readUnsigned(wasm, start + length + 1);
    if (kind === 0 && wanted.delete(name)) found.add(index - importedFunctions);
    position = next;
  }
  if (wanted.size > 0) {
    throw new Error(
      `metering found no exported function ${[...wanted].join(", ")}`,
    );
  }
  return found;
}

function withMaximum(memorySection: Uint8Array, pages: number): Uint8Array {
  const [, limits] = readUnsigned(memorySection, 0);
  const [minimum] = readUnsigned(memorySection, limits + 1);
  return Uint8Array.from([
    1,
    1,
    ...encodeUnsigned(minimum),
    ...encodeUnsigned(pages),
  ]);
}

/** Returns a section that is a vector, with more elements. */
export function appended(
  body: Uint8Array,
  elements: readonly (readonly number[])[],
): Uint8Array {
  const [count, first] = readUnsigned(body, 0);
  return concatenate([
    Uint8Array.from(encodeUnsigned(count + elements.length)),
    body.subarray(first),
    Uint8Array.from(elements.flat()),
  ]);
}

/** Kinds of exports and imports. */
export const FUNCTION_KIND = 0x00, MEMORY_KIND = 0x02, GLOBAL_KIND = 0x03;

/** Returns an element of the export section. */
export function exportCode(
  name: string,
  kind: number,
  index: number,
): number[] {
  return [...nameCode(name), kind, ...encodeUnsigned(index)];
}

export function nameCode(name: string): number[] {
  const bytes = new TextEncoder().encode(name);
  return [...encodeUnsigned(bytes.length), ...bytes];
}

export function concatenate(
  parts: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(length);
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}

/** Reads an unsigned LEB128 integer: [value, position after it]. */
export function readUnsigned(
  bytes: Uint8Array,
  position: number,
): [number, number] {
  let value = 0;
  let factor = 1;
  for (;;) {
    const byte = bytes[position++];
    value += (byte & 127) * factor;
    if (byte < 128) return [value, position];
    factor *= 128;
  }
}

export function encodeUnsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const low = value % 128;
    value = Math.floor(value / 128);
    bytes.push(value > 0 ? low + 128 : low);
  } while (value > 0);
  return bytes;
}

/** Returns the position after a LEB128 integer of any sign and width. */
export function skipInteger(bytes: Uint8Array, position: number): number {
  while (bytes[position] >= 128) position++;
  return position + 1;
}

function skipName(bytes: Uint8Array, position: number): number {
  const [length, start] = readUnsigned(bytes, position);
  return start + length;
}

function skipLimits(bytes: Uint8Array, position: number): number {
  const hasMaximum = (bytes[position] & 1) === 1;
  position = skipInteger(bytes, position + 1);
  return hasMaximum ? skipInteger(bytes, position) : position;
}

/** Returns a value type: one byte, or two for a typed reference. */
export function skipType(bytes: Uint8Array, position: number): number {
  const isReference = bytes[position] === 0x63 || bytes[position] === 0x64;
  return isReference ? skipInteger(bytes, position + 1) : position + 1;
}

export function skipLocals(bytes: Uint8Array, position: number): number {
  let [groups, next] = readUnsigned(bytes, position);
  for (; groups > 0; groups--) next = skipType(bytes, skipInteger(bytes, next));
  return next;
}

/** How many variables a function declares, its parameters not included. */
export function localCount(wasm: Uint8Array, start: number): number {
  let [groups, position] = readUnsigned(wasm, start);
  let total = 0;
  for (; groups > 0; groups--) {
    const [count, type] = readUnsigned(wasm, position);
    total += count;
    position = skipType(wasm, type);
  }
  return total;
}

function skipBlockType(bytes: Uint8Array, position: number): number {
  const byte = bytes[position];
  if (byte === 0x40 || (byte >= 0x6f && byte <= 0x7f)) return position + 1;
  if (byte === 0x63 || byte === 0x64) return skipInteger(bytes, position + 1);
  return skipInteger(bytes, position);
}

/** Returns the position after the instruction at `position`, or an error for an unknown one. */
export function skipInstruction(bytes: Uint8Array, position: number): number {
  const operation = bytes[position++];
  if (operation >= 0x28 && operation <= 0x3e) {
    return skipAddress(bytes, position);
  }
  if (operation >= 0x45 && operation <= 0xc4) return position; // arithmetic
  switch (operation) {
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0a: // throw_ref
    case 0x0b: // end
    case 0x0f: // return
    case 0x19: // catch_all
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
      return position;
    case 0x02: // block
    case 0x03: // loop
    case 0x04: // if
    case 0x06: // try
      return skipBlockType(bytes, position);
    case 0x07: // catch
    case 0x08: // throw
    case 0x09: // rethrow
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x12: // return_call
    case 0x18: // delegate
    case 0x20: // local.get
    case 0x21: // local.set
    case 0x22: // local.tee
    case 0x23: // global.get
    case 0x24: // global.set
    case 0x25: // table.get
    case 0x26: // table.set
    case 0x41: // i32.const
    case 0x42: // i64.const
    case 0xd2: // ref.func
      return skipInteger(bytes, position);
    case 0x11: // call_indirect
    case 0x13: // return_call_indirect
      return skipInteger(bytes, skipInteger(bytes, position));
    case 0x0e: // br_table
      return skipBranchTable(bytes, position);
    case 0x1c: // select with types
      return skipTypes(bytes, position);
    case 0x1f: // try_table
      return skipTryTable(bytes, position);
    case 0x3f: // memory.size
    case 0x40: // memory.grow
    case 0xd0: // ref.null
      return position + 1;
    case 0x43: // f32.const
      return position + 4;
    case 0x44: // f64.const
      return position + 8;
    case 0xfb:
      return skipReference(bytes, position);
    case 0xfc:
      return skipBulk(bytes, position);
    case 0xfd:
      return skipVector(bytes, position);
    case 0xfe:
      return skipAtomic(bytes, position);
  }
  throw new Error(
    `metering does not know instruction 0x${operation.toString(16)} at byte ${
      position - 1
    }`,
  );
}

/** Alignment, the memory's index if it is not the first, and the offset. */
function skipAddress(bytes: Uint8Array, position: number): number {
  const hasIndex = (bytes[position] & 0x40) !== 0;
  const next = skipInteger(bytes, position);
  return skipInteger(bytes, hasIndex ? skipInteger(bytes, next) : next);
}

/** Tests and casts of references: the others are not known. */
function skipReference(bytes: Uint8Array, position: number): number {
  const [operation, next] = readUnsigned(bytes, position);
  if (operation < 20 || operation > 23) {
    throw new Error(`metering does not know instruction 0xfb ${operation}`);
  }
  return skipInteger(bytes, next);
}

function skipBranchTable(bytes: Uint8Array, position: number): number {
  let [targets, next] = readUnsigned(bytes, position);
  for (; targets >= 0; targets--) next = skipInteger(bytes, next);
  return next;
}

function skipTypes(bytes: Uint8Array, position: number): number {
  let [types, next] = readUnsigned(bytes, position);
  for (; types > 0; types--) next = skipType(bytes, next);
  return next;
}

function skipTryTable(bytes: Uint8Array, position: number): number {
  let [clauses, next] = readUnsigned(bytes, skipBlockType(bytes, position));
  for (; clauses > 0; clauses--) {
    const hasTag = bytes[next++] < 2;
    if (hasTag) next = skipInteger(bytes, next);
    next = skipInteger(bytes, next);
  }
  return next;
}

function skipBulk(bytes: Uint8Array, position: number): number {
  const [operation, next] = readUnsigned(bytes, position);
  if (operation <= 7) return next; // saturating truncations
  if (operation === 8) return skipInteger(bytes, next) + 1; // memory.init
  if (operation === 10) return next + 2; // memory.copy
  if (operation === 11) return next + 1; // memory.fill
  if (operation === 12 || operation === 14) { // table.init, table.copy
    return skipInteger(bytes, skipInteger(bytes, next));
  }
  return skipInteger(bytes, next); // data.drop, elem.drop, table.grow/size/fill
}

function skipVector(bytes: Uint8Array, position: number): number {
  const [operation, next] = readUnsigned(bytes, position);
  const isMemory = operation <= 11 || operation === 92 || operation === 93;
  if (isMemory) return skipAddress(bytes, next);
  if (operation === 12 || operation === 13) return next + 16; // constant, shuffle
  if (operation >= 21 && operation <= 34) return next + 1; // lanes
  if (operation >= 84 && operation <= 91) {
    return skipAddress(bytes, next) + 1;
  }
  return next;
}

function skipAtomic(bytes: Uint8Array, position: number): number {
  const [operation, next] = readUnsigned(bytes, position);
  return operation === 3
    ? next + 1
    : skipInteger(bytes, skipInteger(bytes, next));
}
