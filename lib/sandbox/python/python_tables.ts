/**
 * Changes of the booted interpreter's tables, before its image is taken: modules
 * that no program may import, and what is as wide as on 64 bits.
 *
 * Addresses are those of the one module whose hash `python_recipe.ts` checks.
 */

import { REFUSE_SIZE_EXPORT } from "./python_width.ts";

const WITHDRAWN_MODULES =
  /^(_test|_xxtest|_pyodide_core$|_ctypes$|_socket$|_remote_debugging$)/;

/** Words of a descriptor in the array module: letter, size, functions, format. */
const ARRAY_WORDS = 8;
const ARRAY_LETTERS = [..."lLqQ"].map((letter) => letter.charCodeAt(0));
/** Address of the text `__sizeof__` in tables of methods; `METH_NOARGS`. */
const SIZEOF_NAME = 251006;
const NO_ARGUMENTS = 4;

/**
 * Takes modules out of the table of built-in ones, of which the interpreter has made
 * a copy: their names become empty. They test CPython's insides, or lead to the host.
 */
export function withdrawModules({ exports }: WebAssembly.Instance): void {
  const { buffer } = exports.memory as WebAssembly.Memory;
  const bytes = new Uint8Array(buffer);
  const words = new Uint32Array(buffer);
  const wordOf = (name: string) => (exports[name] as WebAssembly.Global).value;
  const withdrawn = new Map<number, { start: number; nameEnd: number }>();
  for (
    let at = words[wordOf("PyImport_Inittab") >> 2] >> 2;
    words[at];
    at += 2
  ) {
    const nameEnd = bytes.indexOf(0, words[at]);
    const name = new TextDecoder().decode(bytes.subarray(words[at], nameEnd));
    if (!WITHDRAWN_MODULES.test(name)) continue;
    withdrawn.set(words[at], { start: words[at + 1], nameEnd });
  }
  for (let at = 0; at + 1 < words.length; at++) {
    const entry = withdrawn.get(words[at]);
    if (entry?.start === words[at + 1]) words[at] = entry.nameEnd;
  }
}

/** Gives arrays of `l` and `L` the 64 bits of `q` and `Q`; has `__sizeof__` refused. */
export function widen({ exports }: WebAssembly.Instance): void {
  const { buffer } = exports.memory as WebAssembly.Memory;
  const words = new Uint32Array(buffer);
  const table = exports.__indirect_function_table as WebAssembly.Table;
  const refusing = table.grow(1);
  table.set(refusing, exports[REFUSE_SIZE_EXPORT] as CallableFunction);
  let found = 0;
  for (let at = 0; at + ARRAY_WORDS * 4 < words.length; at++) {
    if (
      ARRAY_LETTERS.every((code, i) => words[at + ARRAY_WORDS * i] === code)
    ) {
      for (const i of [0, 1]) {
        const [from, to] = [i + 2, i].map((n) => at + ARRAY_WORDS * n + 1);
        words.copyWithin(to, from, from + ARRAY_WORDS - 1);
      }
      found++;
    }
    // Of a method: its name, function and flags.
    if (words[at] === SIZEOF_NAME && words[at + 2] === NO_ARGUMENTS) {
      words[at + 1] = refusing;
      found++;
    }
  }
  if (found < 20) throw new Error(`widening found ${found} places`);
}
