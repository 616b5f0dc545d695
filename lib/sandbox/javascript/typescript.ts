/**
 * TypeScript: types are blanked out by SWC's stripper, inside the child.
 *
 * The stripper is a WebAssembly module too, metered like the engines: a source
 * that would overflow its recursive parser, or keep it busy, ends in a trap that
 * is caught here, and its memory is put back. Positions do not change, and a
 * syntax that is more than types (enum, namespace, parameter properties, `<T>x`)
 * is refused with its name.
 *
 * Left out: checking the types.
 */

import { FUEL_EXPORT } from "../wasm/meter.ts";
import type { Limits, Outcome } from "../outcome.ts";

/** The JavaScript text, or the syntax outcome. */
export type TypeStripper = (source: string) => string | SyntaxOutcome;

type SyntaxOutcome = Extract<Outcome, { kind: "syntax" }>;

/** The package's own glue between JavaScript strings and its module. */
interface Glue {
  initSync(options: { module: WebAssembly.Module }): StripperExports;
  transformSync(
    source: string,
    options: { mode: "strip-only"; module: boolean },
  ): { code: string };
}

interface StripperExports {
  memory: WebAssembly.Memory;
  [FUEL_EXPORT]: WebAssembly.Global;
  __wbindgen_add_to_stack_pointer(bytes: number): number;
}

const BOOT_FUEL = 0x7fffffff;
/** Of a refusal's text, the first line's start is enough. */
const MESSAGE_CHARS = 300;

/** Loads the package's glue; by path, since a child resolves no packages. */
export async function loadStripperGlue(): Promise<Glue> {
  return await import(
    "../../../node_modules/@swc/wasm-typescript-esm/wasm.js"
  ) as unknown as Glue;
}

/** Makes the stripper from its metered module; it is compiled at its first use. */
export function typeStripper(
  metered: Uint8Array<ArrayBuffer>,
  glue: Glue,
  limits: Limits,
): TypeStripper {
  let stripper: ResettableStripper | null = null;
  return (source) => {
    stripper ??= new ResettableStripper(metered, glue);
    return stripper.strip(source, limits.fuel);
  };
}

class ResettableStripper {
  readonly #glue: Glue;
  readonly #exports: StripperExports;
  readonly #snapshot: Uint8Array;
  readonly #stackPointer: number;

  constructor(metered: Uint8Array<ArrayBuffer>, glue: Glue) {
    this.#glue = glue;
    const module = new WebAssembly.Module(metered);
    this.#exports = glue.initSync({ module });
    this.#exports[FUEL_EXPORT].value = BOOT_FUEL;
    this.#strip("let warm: number");
    this.#snapshot = new Uint8Array(this.#exports.memory.buffer).slice();
    this.#stackPointer = this.#exports.__wbindgen_add_to_stack_pointer(0);
  }

  strip(source: string, fuel: number): string | SyntaxOutcome {
    this.#exports[FUEL_EXPORT].value = fuel;
    try {
      return this.#strip(source);
    } catch (error) {
      const isTrap = error instanceof WebAssembly.RuntimeError ||
        error instanceof RangeError;
      this.#restore();
      return {
        kind: "syntax",
        message: isTrap ? "too deeply nested TypeScript" : messageOf(error),
      };
    }
  }

  #strip(source: string): string {
    const options = { mode: "strip-only", module: false } as const;
    return this.#glue.transformSync(source, options).code;
  }

  #restore(): void {
    this.#exports[FUEL_EXPORT].value = BOOT_FUEL;
    const memory = new Uint8Array(this.#exports.memory.buffer);
    memory.set(this.#snapshot);
    memory.fill(0, this.#snapshot.length);
    const now = this.#exports.__wbindgen_add_to_stack_pointer(0);
    this.#exports.__wbindgen_add_to_stack_pointer(this.#stackPointer - now);
  }
}

function messageOf(error: unknown): string {
  const { message } = error as { message?: unknown };
  const text = typeof message === "string" ? message : String(error);
  return text.slice(0, MESSAGE_CHARS);
}
