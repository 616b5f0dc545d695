/**
 * What a JavaScript or TypeScript job may ask for besides the plain call, as a text
 * of this file that the guest evaluates before the program: seeded `Math.random`,
 * standard input by `readline()` (a line, or null at the end), captured output of
 * `console` and `print`, and for tests a `console.assert` that throws.
 *
 * The output lies in an array buffer that no name of the program reaches, and is
 * read out of the guest's memory from outside: a run that ended in a trap has it
 * too. Strings are printed as they are, other values as JSON where they have any.
 */

import type { RunSetting } from "../language_engine.ts";
import type { DataValue } from "../literals/literal_javascript.ts";
import type { Details, Limits } from "../outcome.ts";

/**
 * A function of the seed, the input, the most units of output and whether this is a
 * test; each may be undefined. Returns the buffer of the output: its length in a
 * 32-bit word, and the UTF-16 units. The generator is sfc32, by Chris Doty-Humphrey.
 */
export const PRELUDE = `(function (seed, stdin, units, isTest) {
  "use strict";
  const define = (object, name, value) => Object.defineProperty(object, name,
    { value, writable: true, enumerable: false, configurable: true });
  if (seed !== undefined) {
    let a = 0, b = 0, c = seed | 0, d = 1;
    const next = () => {
      const t = (a + b | 0) + d | 0;
      d = d + 1 | 0;
      a = b ^ b >>> 9;
      b = c + (c << 3) | 0;
      c = (c << 21 | c >>> 11) + t | 0;
      return (t >>> 0) / 4294967296;
    };
    for (let i = 0; i < 12; i++) next();
    define(Math, "random", function random() { return next(); });
  }
  if (stdin !== undefined) {
    let at = 0;
    define(globalThis, "readline", function readline() {
      if (at >= stdin.length) return null;
      const found = stdin.indexOf("\\n", at);
      const end = found < 0 ? stdin.length : found;
      const line = stdin.slice(at, end);
      at = end + 1;
      return line;
    });
  }
  if (isTest) {
    define(console, "assert", function assert(holds, ...about) {
      if (holds) return;
      const error = new Error(["assertion failed", ...about].join(" "));
      error.name = "AssertionError";
      throw error;
    });
  }
  if (units === undefined) return undefined;
  const kept = new Uint16Array(units + 2);
  const length = new Uint32Array(kept.buffer, 0, 1);
  const shown = (value) => {
    if (typeof value === "object" && value !== null) {
      try {
        return JSON.stringify(value);
      } catch {}
    }
    return String(value);
  };
  const print = (...values) => {
    const text = values.map(shown).join(" ") + "\\n";
    for (let i = 0; i < text.length; i++) {
      const at = length[0]++;
      if (at < units) kept[at + 2] = text.charCodeAt(i);
    }
  };
  for (const name of ["log", "info", "warn", "error", "debug"]) {
    define(console, name, print);
  }
  define(globalThis, "print", print);
  return kept.buffer;
})`;

/** What the prelude is called with; null if the run needs none of it. */
export function preludeArguments(
  { seed, stdin, captureStdout, testSetup }: RunSetting,
  { stdoutChars }: Limits,
): DataValue[] | null {
  const isTest = testSetup !== undefined;
  const units = captureStdout ? stdoutChars : undefined;
  const isNeeded = isTest || [seed, stdin, units].some((x) => x !== undefined);
  return isNeeded ? [seed, stdin, units, isTest] : null;
}

/** Returns the output in a buffer at `start` of the guest's memory. */
export function readOutput(
  memory: Uint8Array,
  start: number,
  { stdoutChars }: Limits,
): Details {
  const view = new DataView(memory.buffer, memory.byteOffset + start);
  const length = view.getUint32(0, true);
  let stdout = "";
  for (let i = 0; i < Math.min(length, stdoutChars); i++) {
    stdout += String.fromCharCode(view.getUint16(4 + 2 * i, true));
  }
  return length > stdoutChars ? { stdout, stdoutCut: true } : { stdout };
}

/** Where in the test code an error was made: its innermost frame of there. */
export function failedAt(stack: string): Details {
  const match = /\b(setup|case):(\d+)/.exec(stack);
  if (match === null) return {};
  const text = match[1] as "setup" | "case";
  return { failedAt: { text, line: Number(match[2]) } };
}
