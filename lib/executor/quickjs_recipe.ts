/**
 * How the parent starts children that run JavaScript: reads the pinned
 * QuickJS module, checks its hash, meters it once and keeps the result.
 */

import { createHash } from "node:crypto";
import { createRequire } from "node:module";

import { meter } from "./meter.ts";
import type { EngineRecipe } from "./language_engine.ts";

const VERSION = "3.6.2";
const SHA256 =
  "d4c9375f2b1ca4dc95f72c8aa2982a7a9951ac8011490d79c6582df732b4bbd9";
/** 64 MiB. The guest's own limit is below it, so this is only a backstop. */
const MAXIMUM_PAGES = 1024;
/** Calls counted in `__calls`: tells a real allocation failure from a made-up error. */
export const COUNTED_EXPORTS = ["JS_ThrowOutOfMemory"];

/**
 * KiB. The guest's stack check must fire before V8's, in every compilation tier:
 * from 5000 on it does for 256 KiB of guest stack, and an 8 MiB thread holds 7000.
 */
const STACK_SIZE = 7000;

let metered: Uint8Array<ArrayBuffer> | null = null;

/** The recipe for JavaScript and TypeScript. Throws if the module is not the pinned one. */
export function quickjsRecipe(): EngineRecipe {
  metered ??= meter(pinnedModule(), {
    maximumPages: MAXIMUM_PAGES,
    countedExports: COUNTED_EXPORTS,
  }).bytes;
  return {
    name: "quickjs",
    languages: ["javascript", "typescript"],
    identity: { name: "quickjs-wasi", version: VERSION, sha256: SHA256 },
    permissions: [],
    v8Flags: [`--stack-size=${STACK_SIZE}`],
    payload: metered,
  };
}

function pinnedModule(): Uint8Array {
  const path = createRequire(import.meta.url).resolve(
    "quickjs-wasi/quickjs.wasm",
  );
  const bytes = Deno.readFileSync(path);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== SHA256) {
    throw new Error(
      `${path} is not quickjs-wasi ${VERSION} (sha256 ${sha256}): ` +
        "reinstall it with `deno install`, or verdicts would change",
    );
  }
  return bytes;
}
