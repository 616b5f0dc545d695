/**
 * Patching: adds functions and globals to a WebAssembly module, puts functions in
 * place of its own, and exchanges instructions inside of them.
 *
 * No index of the module changes: what is added comes last, and a replaced
 * function's body moves there too, so that its replacement can call it. Calls,
 * tables and exports therefore need no rewriting.
 */

import {
  assemble,
  type Names,
  VALUE_TYPES,
  type ValueType,
} from "./assembler.ts";
import {
  appended,
  concatenate,
  countImports,
  encodeUnsigned,
  exportCode,
  FUNCTION_KIND,
  GLOBAL_KIND,
  localCount,
  readSections,
  readUnsigned,
  SECTION,
  type Section,
  skipInstruction,
  skipLocals,
} from "./meter.ts";

/** A function to add, in the assembler's text. */
export interface AddedFunction {
  name: string;
  /** For example `{ object: "i32" }`; the order counts. */
  parameters: Record<string, ValueType>;
  result?: ValueType;
  variables?: Record<string, ValueType>;
  code: string;
  /**
   * Index of the function in whose place it comes; that one's old body is called
   * by the same name with `old_` before it.
   */
  replaces?: number;
  /** The name under which it is exported. */
  exported?: string;
}

/** An exchange of instructions inside a function of the module. */
export interface Exchange {
  function: number;
  from: string;
  /** What comes instead: a text for each time that `from` is found, in order. */
  to: readonly string[];
  /** Names of 32-bit variables to add, and how many parameters there are. */
  added?: { parameters: number; variables: readonly string[] };
}

export interface Patch {
  /** Mutable 32-bit integers that start at zero: their names in texts and as exports. */
  globals: Record<string, string>;
  functions: readonly AddedFunction[];
  exchanges: readonly Exchange[];
  /** Functions of the module and constants that the texts name. */
  names: Names;
}

/** Returns the patched module. Throws if an exchange is not found as often as it says. */
export function patchModule(
  wasm: Uint8Array,
  patch: Patch,
): Uint8Array<ArrayBuffer> {
  const sections = readSections(wasm);
  const imports = countImports(wasm, sections);
  const counts = {
    types: vectorCount(wasm, sections, SECTION.type),
    functions: vectorCount(wasm, sections, SECTION.function),
    globals: imports.globals + vectorCount(wasm, sections, SECTION.global),
  };
  const firstAdded = imports.functions + counts.functions;
  const globals = Object.keys(patch.globals);
  const names: Record<string, number> = { ...patch.names };
  globals.forEach((name, i) => names[name] = counts.globals + i);
  patch.functions.forEach(({ name, replaces }, i) => {
    names[name] = replaces ?? firstAdded + i;
    if (replaces !== undefined) names[`old_${name}`] = firstAdded + i;
  });
  const bodies = functionBodies(wasm, sections);
  for (const exchange of patch.exchanges) {
    const index = exchange.function - imports.functions;
    bodies[index] = exchanged(bodies[index], exchange, names);
  }
  for (const added of patch.functions) {
    const body = functionBody(added, names);
    if (added.replaces === undefined) bodies.push(body);
    else {
      const index = added.replaces - imports.functions;
      bodies.push(bodies[index]);
      bodies[index] = body;
    }
  }
  const more: Record<number, number[][]> = {
    [SECTION.type]: patch.functions.map(typeCode),
    [SECTION.function]: patch.functions.map((_, i) =>
      encodeUnsigned(counts.types + i)
    ),
    [SECTION.global]: globals.map(() => [VALUE_TYPES.i32, 1, 0x41, 0, 0x0b]),
    [SECTION.export]: [
      ...globals.map((name) =>
        exportCode(patch.globals[name], GLOBAL_KIND, names[name])
      ),
      ...patch.functions.flatMap(({ name, exported }) =>
        exported ? [exportCode(exported, FUNCTION_KIND, names[name])] : []
      ),
    ],
  };
  return concatenate([
    wasm.subarray(0, 8),
    ...sections.flatMap((section) => {
      const body = wasm.subarray(section.start, section.end);
      const rewritten = section.id === SECTION.code
        ? codeSection(bodies)
        : section.id in more
        ? appended(body, more[section.id])
        : body;
      const header = [section.id, ...encodeUnsigned(rewritten.length)];
      return [Uint8Array.from(header), rewritten];
    }),
  ]);
}

function vectorCount(
  wasm: Uint8Array,
  sections: readonly Section[],
  id: number,
): number {
  const section = sections.find((candidate) => candidate.id === id)!;
  return readUnsigned(wasm, section.start)[0];
}

/** Returns the bodies of the functions that the module defines, without their lengths. */
function functionBodies(
  wasm: Uint8Array,
  sections: readonly Section[],
): Uint8Array[] {
  const section = sections.find(({ id }) => id === SECTION.code)!;
  let [left, position] = readUnsigned(wasm, section.start);
  const bodies: Uint8Array[] = [];
  for (; left > 0; left--) {
    const [length, start] = readUnsigned(wasm, position);
    position = start + length;
    bodies.push(wasm.subarray(start, position));
  }
  return bodies;
}

function codeSection(bodies: readonly Uint8Array[]): Uint8Array {
  return concatenate([
    Uint8Array.from(encodeUnsigned(bodies.length)),
    ...bodies.flatMap((body) => [
      Uint8Array.from(encodeUnsigned(body.length)),
      body,
    ]),
  ]);
}

function typeCode({ parameters, result }: AddedFunction): number[] {
  const inputs = Object.values(parameters).map((type) => VALUE_TYPES[type]);
  const outputs = result ? [VALUE_TYPES[result]] : [];
  return [0x60, inputs.length, ...inputs, outputs.length, ...outputs];
}

function functionBody(added: AddedFunction, names: Names): Uint8Array {
  const variables = Object.entries(added.variables ?? {});
  const locals = [
    ...Object.keys(added.parameters),
    ...variables.map(([name]) => name),
  ];
  return Uint8Array.from([
    ...encodeUnsigned(variables.length),
    ...variables.flatMap(([, type]) => [1, VALUE_TYPES[type]]),
    ...assemble(added.code, names, locals),
    0x0b,
  ]);
}

/** Returns the body with other sequences of instructions in place of one. */
function exchanged(
  body: Uint8Array,
  { function: index, from, to, added }: Exchange,
  names: Names,
): Uint8Array {
  const locals: string[] = [];
  const first = (added?.parameters ?? 0) + localCount(body, 0);
  added?.variables.forEach((name, i) => locals[first + i] = name);
  const old = assemble(from, names);
  const start = skipLocals(body, 0);
  const pieces = [withVariables(body, start, added?.variables.length ?? 0)];
  let copied = start;
  let found = 0;
  for (let at = start; at < body.length;) {
    if (old.every((byte, i) => body[at + i] === byte)) {
      const text = to[found++] ?? "";
      pieces.push(body.subarray(copied, at));
      pieces.push(Uint8Array.from(assemble(text, names, locals)));
      copied = at + old.length;
      at = copied;
    } else at = skipInstruction(body, at);
  }
  if (found !== to.length) {
    throw new Error(`function ${index} holds "${from}" ${found} times`);
  }
  return concatenate([...pieces, body.subarray(copied)]);
}

/** Returns the declaration of a body's variables with `count` more of 32 bits. */
function withVariables(
  body: Uint8Array,
  end: number,
  count: number,
): Uint8Array {
  const [groups, first] = readUnsigned(body, 0);
  return Uint8Array.from([
    ...encodeUnsigned(groups + 1),
    ...body.subarray(first, end),
    ...[...encodeUnsigned(count), VALUE_TYPES.i32],
  ]);
}
