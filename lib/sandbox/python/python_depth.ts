/**
 * Stack depth as a count: rewrites a WebAssembly module so that calls nested too
 * deeply trap at the same depth everywhere.
 *
 * Without it the machine's own stack would end first, at a depth that depends on
 * how V8 happened to compile the functions on it, and so would the program's fuel
 * and outcome. Each function adds an estimate of its frame in the largest tier to
 * the exported global `__depth` and takes it off again at every exit; an exception
 * handler sets what its own function had. A program over the limit traps.
 *
 * Left out: functions with several results, of which the interpreter has none.
 */

import {
  appended,
  concatenate,
  countImports,
  encodeUnsigned,
  exportCode,
  GLOBAL_KIND,
  readSections,
  readUnsigned,
  SECTION,
  type Section,
  skipInstruction,
  skipLocals,
} from "../wasm/meter.ts";
import { encodeSigned, localCount, skipTypes } from "./python_pages.ts";

export const DEPTH_EXPORT = "__depth";

/** Bytes of estimated frames; V8's stack of 7 MB holds it in every tier. */
export const DEPTH_LIMIT = 3_500_000;
/** A frame: what every one has, and what each variable adds. */
const FRAME_BYTES = 96;
const VARIABLE_BYTES = 8;

interface FunctionType {
  parameters: number;
  /** Block type of the results: a value type, or 0x40 for none. */
  result: number;
}

/** Rewrites `wasm`. Throws if it lacks a global or export section. */
export function limitDepth(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const sections = readSections(wasm);
  const types = definedFunctionTypes(wasm, sections);
  const globals = sections.find(({ id }) => id === SECTION.global)!;
  // The module imports globals too; the index follows those and its own.
  const depth = countImports(wasm, sections).globals +
    readUnsigned(wasm, globals.start)[0];
  const parts: Uint8Array[] = [wasm.subarray(0, 8)];
  for (const section of sections) {
    const body = wasm.subarray(section.start, section.end);
    const rewritten = section.id === SECTION.global
      ? appended(body, [[0x7f, 0x01, 0x41, 0x00, 0x0b]])
      : section.id === SECTION.export
      ? appended(body, [exportCode(DEPTH_EXPORT, GLOBAL_KIND, depth)])
      : section.id === SECTION.code
      ? rewriteCode(wasm, section, types, depth)
      : body;
    parts.push(
      Uint8Array.of(section.id, ...encodeUnsigned(rewritten.length)),
      rewritten,
    );
  }
  return concatenate(parts);
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
  depth: number,
): Uint8Array {
  const [count, first] = readUnsigned(wasm, section.start);
  const parts: Uint8Array[] = [Uint8Array.from(encodeUnsigned(count))];
  let position = first;
  for (let index = 0; index < count; index++) {
    const [length, start] = readUnsigned(wasm, position);
    const end = start + length;
    const pieces = rewriteFunction(wasm, start, end, types[index], depth);
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
  depth: number,
): Uint8Array[] {
  const bodyStart = skipLocals(wasm, start);
  const [groups, firstGroup] = readUnsigned(wasm, start);
  const variables = parameters + localCount(wasm, start);
  const saved = encodeUnsigned(variables);
  const global = encodeUnsigned(depth);
  const cost = encodeSigned(FRAME_BYTES + VARIABLE_BYTES * variables);
  const enter = [0x20, ...saved, 0x41, ...cost, 0x6a, 0x24, ...global];
  const leave = Uint8Array.from([0x20, ...saved, 0x24, ...global]);
  const prologue = Uint8Array.from([
    ...[0x23, ...global, 0x21, ...saved, ...enter],
    ...[0x23, ...global, 0x41, ...encodeSigned(DEPTH_LIMIT), 0x4b],
    ...[0x04, 0x40, 0x00, 0x0b, 0x02, result],
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
