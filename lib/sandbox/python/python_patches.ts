/**
 * All that is changed in the interpreter's own code: hashes of 64 bits, sizes that
 * do not fit refused, and the mirror image.
 *
 * Numbers of functions and addresses are those of the one module whose hash
 * `python_recipe.ts` checks. Exported functions are found by name, the others by
 * the slots of the types that hold them and by what they call.
 */

import { patchModule } from "../wasm/patch.ts";
import { HASH_GLOBALS, HASH_NAMES } from "./python_hash_places.ts";
import { HASH_EXCHANGES, HASH_FUNCTIONS } from "./python_hash_use.ts";
import {
  MIRROR_EXCHANGES,
  MIRROR_EXPORT,
  MIRROR_FUNCTIONS,
  MIRROR_NAMES,
} from "./python_mirror.ts";
import {
  REFUSAL_EXPORT,
  WIDTH_EXCHANGES,
  WIDTH_FUNCTIONS,
  WIDTH_NAMES,
} from "./python_width.ts";

/** Patches the interpreter's module. */
export function patchPython(wasm: Uint8Array): Uint8Array<ArrayBuffer> {
  return patchModule(wasm, {
    globals: {
      mirror: MIRROR_EXPORT,
      refusal: REFUSAL_EXPORT,
      ...Object.fromEntries(HASH_GLOBALS.map((name) => [name, `__${name}`])),
    },
    functions: [...HASH_FUNCTIONS, ...WIDTH_FUNCTIONS, ...MIRROR_FUNCTIONS],
    exchanges: [...HASH_EXCHANGES, ...WIDTH_EXCHANGES, ...MIRROR_EXCHANGES],
    names: { ...HASH_NAMES, ...WIDTH_NAMES, ...MIRROR_NAMES },
  });
}
