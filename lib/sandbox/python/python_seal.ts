/**
 * What a program can change of a running module besides its memory, and the end
 * of that: rewrites a WebAssembly module so that its tables are fixed and its
 * mutable globals can be put back.
 *
 * An instance is its memories, globals and tables. The memory is restored page by
 * page; the globals are few, so all are exported and set before every program. A
 * table of functions is what an interpreter calls through: a program that made it
 * call the function that writes a table entry would change every later program, so
 * the instructions that write tables trap in the module that programs meet. The
 * boot, which needs some of them, runs before {@link sealTables}.
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
  skipType,
} from "../wasm/meter.ts";

/** Exported names of the mutable globals: this and their index. */
export const MUTABLE_GLOBAL = "__mutable_";

/** `wasm` with every mutable global that it defines exported. */
export function exportMutableGlobals(
  wasm: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const sections = readSections(wasm);
  const first = countImports(wasm, sections).globals;
  const section = sections.find(({ id }) => id === SECTION.global)!;
  const indices = mutableGlobals(wasm, section).map((index) => first + index);
  const codes = indices.map((index) =>
    exportCode(`${MUTABLE_GLOBAL}${index}`, GLOBAL_KIND, index)
  );
  return withBody(
    wasm,
    sections,
    SECTION.export,
    (body) => appended(body, codes),
  );
}

/** Places among the module's own globals of those that can change. */
function mutableGlobals(wasm: Uint8Array, section: Section): number[] {
  const found: number[] = [];
  const [count, first] = readUnsigned(wasm, section.start);
  let position = first;
  for (let index = 0; index < count; index++) {
    position = skipType(wasm, position);
    if (wasm[position++] === 1) found.push(index);
    while (wasm[position] !== 0x0b) position = skipInstruction(wasm, position);
    position++;
  }
  return found;
}

/**
 * `wasm` with a trap before each instruction that writes or grows a table or grows
 * the memory. Throws if the module sets a global that it imports.
 */
export function sealTables(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  const sections = readSections(wasm);
  const imported = countImports(wasm, sections).globals;
  return withBody(wasm, sections, SECTION.code, (_, { start }) => {
    const [count, first] = readUnsigned(wasm, start);
    const parts: Uint8Array[] = [Uint8Array.from(encodeUnsigned(count))];
    let position = first;
    for (let index = 0; index < count; index++) {
      const [length, body] = readUnsigned(wasm, position);
      const sealed = sealedFunction(wasm, body, body + length, imported);
      parts.push(Uint8Array.from(encodeUnsigned(sealed.length)), sealed);
      position = body + length;
    }
    return concatenate(parts);
  });
}

function sealedFunction(
  wasm: Uint8Array,
  start: number,
  end: number,
  importedGlobals: number,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let copied = start;
  for (let position = skipLocals(wasm, start); position < end;) {
    if (changesTable(wasm, position)) {
      pieces.push(wasm.subarray(copied, position), Uint8Array.of(0x00));
      copied = position;
    }
    const isSet = wasm[position] === 0x24;
    if (isSet && readUnsigned(wasm, position + 1)[0] < importedGlobals) {
      throw new Error("sealing: a function sets a global that is imported");
    }
    position = skipInstruction(wasm, position);
  }
  return concatenate([...pieces, wasm.subarray(copied, end)]);
}

/** table.set, memory.grow; table.init, elem.drop, table.copy, table.grow, table.fill. */
function changesTable(wasm: Uint8Array, position: number): boolean {
  const operation = wasm[position];
  if (operation === 0x26 || operation === 0x40) return true;
  if (operation !== 0xfc) return false;
  return [12, 13, 14, 15, 17].includes(readUnsigned(wasm, position + 1)[0]);
}

function withBody(
  wasm: Uint8Array,
  sections: readonly Section[],
  id: number,
  rewrite: (body: Uint8Array, section: Section) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [wasm.subarray(0, 8)];
  for (const section of sections) {
    const old = wasm.subarray(section.start, section.end);
    const body = section.id === id ? rewrite(old, section) : old;
    parts.push(Uint8Array.of(section.id, ...encodeUnsigned(body.length)), body);
  }
  return concatenate(parts);
}
