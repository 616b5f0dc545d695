/**
 * Stack depth as a count: rewrites a WebAssembly module so that calls nested too
 * deeply end at the same depth everywhere.
 *
 * Without it the machine's own stack would end first, at a depth that depends on
 * how V8 happened to compile the functions on it, and so would the program's fuel
 * and outcome. Each function takes an estimate of its frame in the largest tier from
 * the module's own stack pointer and gives it back at every exit; an exception
 * handler sets what its own function had. So CPython, which compares that pointer
 * with its limits, sees the real depth: it raises RecursionError, and puts off the
 * freeing of long chains, before the depth is reached that traps.
 *
 * Left out: functions with several results, of which the interpreter has none.
 */

import {
  concatenate,
  countImports,
  encodeUnsigned,
  localCount,
  readSections,
  readUnsigned,
  SECTION,
  type Section,
  skipInstruction,
  skipLocals,
} from "../wasm/meter.ts";
import { encodeSigned } from "../wasm/assembler.ts";
import { skipTypes } from "./python_pages.ts";
import { REFUSAL_EXPORT, REFUSED_DEPTH } from "./python_width.ts";

/** Bytes of frames; V8's stack of 7 MB holds those estimated in every tier. */
const DEPTH_LIMIT = 3_500_000;
/** A frame: what every one has, and what each variable adds; a multiple of 16. */
const FRAME_BYTES = 96;
const VARIABLE_BYTES = 8;
/** Functions whose purpose is to move the stack pointer. */
const STACK_FUNCTIONS = [
  "_emscripten_stack_restore",
  "_emscripten_stack_alloc",
];

/** What the code needs to know of the module. */
interface Places {
  stackPointer: number[];
  refusal: number[];
  /** Lowest address that the stack may reach. */
  limit: number;
  /** Indices, among the defined functions, of those left alone. */
  exempt: ReadonlySet<number>;
}

interface FunctionType {
  parameters: number;
  /** Block type of the results: a value type, or 0x40 for none. */
  result: number;
}

/** Rewrites `wasm`, which exports its stack pointer and the global of refusals. */
export function limitDepth(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const sections = readSections(wasm);
  const types = definedFunctionTypes(wasm, sections);
  const places = placesIn(wasm, sections);
  const parts: Uint8Array[] = [wasm.subarray(0, 8)];
  for (const section of sections) {
    const rewritten = section.id === SECTION.code
      ? rewriteCode(wasm, section, types, places)
      : wasm.subarray(section.start, section.end);
    parts.push(
      Uint8Array.of(section.id, ...encodeUnsigned(rewritten.length)),
      rewritten,
    );
  }
  return concatenate(parts);
}

function placesIn(wasm: Uint8Array, sections: readonly Section[]): Places {
  const imports = countImports(wasm, sections);
  const exported = exportIndices(wasm, sections);
  const stackPointer = exported.get("__stack_pointer")!;
  const top = initialValue(wasm, sections, stackPointer - imports.globals);
  return {
    stackPointer: encodeUnsigned(stackPointer),
    refusal: encodeUnsigned(exported.get(REFUSAL_EXPORT)!),
    limit: top - DEPTH_LIMIT,
    exempt: new Set(
      STACK_FUNCTIONS.map((name) => exported.get(name)! - imports.functions),
    ),
  };
}

function exportIndices(
  wasm: Uint8Array,
  sections: readonly Section[],
): Map<string, number> {
  const section = sections.find(({ id }) => id === SECTION.export)!;
  const indices = new Map<string, number>();
  let [left, position] = readUnsigned(wasm, section.start);
  for (; left > 0; left--) {
    const [length, start] = readUnsigned(wasm, position);
    const name = wasm.subarray(start, start + length);
    const [index, next] = readUnsigned(wasm, start + length + 1);
    indices.set(new TextDecoder().decode(name), index);
    position = next;
  }
  return indices;
}

/** Of a global that the module defines: a positive constant of 32 bits. */
function initialValue(
  wasm: Uint8Array,
  sections: readonly Section[],
  index: number,
): number {
  const section = sections.find(({ id }) => id === SECTION.global)!;
  let [, position] = readUnsigned(wasm, section.start);
  for (; index > 0; index--) {
    position += 2; // type, mutability
    while (wasm[position] !== 0x0b) position = skipInstruction(wasm, position);
    position++;
  }
  return readUnsigned(wasm, position + 3)[0];
}

/** The type of each function that the module defines, in order. */
function definedFunctionTypes(
  wasm: Uint8Array,
  sections: readonly Section[],
): FunctionType[] {
  const types = functionTypes(wasm, sections);
  const section = sections.find(({ id }) => id === SECTION.function)!;
  let [left, position] = readUnsigned(wasm, section.start);
  const defined: FunctionType[] = [];
  for (; left > 0; left--) {
    const [type, next] = readUnsigned(wasm, position);
    defined.push(types[type]);
    position = next;
  }
  return defined;
}

function functionTypes(
  wasm: Uint8Array,
  sections: readonly Section[],
): FunctionType[] {
  const section = sections.find(({ id }) => id === SECTION.type)!;
  let [left, position] = readUnsigned(wasm, section.start);
  const types: FunctionType[] = [];
  for (; left > 0; left--) {
    const [parameters, first] = readUnsigned(wasm, position + 1);
    position = skipTypes(wasm, first, parameters);
    const [results, second] = readUnsigned(wasm, position);
    if (results > 1) throw new Error("depth: a function with several results");
    types.push({ parameters, result: results === 1 ? wasm[second] : 0x40 });
    position = skipTypes(wasm, second, results);
  }
  return types;
}

function rewriteCode(
  wasm: Uint8Array,
  section: Section,
  types: readonly FunctionType[],
  places: Places,
): Uint8Array {
  const [count, first] = readUnsigned(wasm, section.start);
  const parts: Uint8Array[] = [Uint8Array.from(encodeUnsigned(count))];
  let position = first;
  for (let index = 0; index < count; index++) {
    const [length, start] = readUnsigned(wasm, position);
    const end = start + length;
    const pieces = places.exempt.has(index)
      ? [wasm.subarray(start, end)]
      : rewriteFunction(wasm, start, end, types[index], places);
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    parts.push(Uint8Array.from(encodeUnsigned(size)), ...pieces);
    position = end;
  }
  return concatenate(parts);
}

/** The body in a block, so that every way out but `return` ends behind it. */
function rewriteFunction(
  wasm: Uint8Array,
  start: number,
  end: number,
  { parameters, result }: FunctionType,
  { stackPointer, refusal, limit }: Places,
): Uint8Array[] {
  const bodyStart = skipLocals(wasm, start);
  const [groups, firstGroup] = readUnsigned(wasm, start);
  const variables = parameters + localCount(wasm, start);
  const saved = encodeUnsigned(variables);
  const frame = FRAME_BYTES + VARIABLE_BYTES * variables;
  const cost = encodeSigned(Math.ceil(frame / 16) * 16);
  const enter = [
    ...[0x20, ...saved, 0x41, ...cost, 0x6b, 0x24, ...stackPointer],
  ];
  const leave = Uint8Array.from([0x20, ...saved, 0x24, ...stackPointer]);
  const refuse = [0x41, REFUSED_DEPTH, 0x24, ...refusal, 0x00];
  const prologue = Uint8Array.from([
    ...[0x23, ...stackPointer, 0x21, ...saved, ...enter],
    ...[0x23, ...stackPointer, 0x41, ...encodeSigned(limit), 0x48],
    ...[0x04, 0x40, ...refuse, 0x0b, 0x02, result],
  ]);
  const pieces = [
    Uint8Array.from(encodeUnsigned(groups + 1)),
    wasm.subarray(firstGroup, bodyStart),
    Uint8Array.of(1, 0x7f),
    prologue,
  ];
  let copied = bodyStart;
  for (let position = bodyStart; position < end;) {
    const next = skipInstruction(wasm, position);
    const operation = wasm[position];
    const isExit = operation === 0x0f || operation === 0x12 ||
      operation === 0x13;
    if (isExit) {
      pieces.push(wasm.subarray(copied, position), leave);
      copied = position;
    } else if (operation === 0x07 || operation === 0x19) { // catch, catch_all
      pieces.push(wasm.subarray(copied, next), Uint8Array.from(enter));
      copied = next;
    } else if (operation === 0x1f) {
      throw new Error("depth: a try_table, whose handlers it does not know");
    }
    position = next;
  }
  pieces.push(wasm.subarray(copied, end), leave, Uint8Array.of(0x0b));
  return pieces;
}
