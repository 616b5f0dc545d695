/**
 * How the parent starts children that run JavaScript and TypeScript: reads the
 * pinned modules, checks their hashes, meters them once and keeps the result.
 */

import { createHash } from "node:crypto";

import type { EngineIdentity, EngineRecipe } from "../language_engine.ts";
import { meter } from "../wasm/meter.ts";
import type { Language } from "../outcome.ts";
import { writeQuickJsPayload } from "./quickjs_payload.ts";

/** A module that decides verdicts, and so may not change unnoticed. */
interface PinnedModule {
  name: string;
  version: string;
  file: string;
  sha256: string;
}

const QUICKJS: PinnedModule = {
  name: "quickjs-wasi",
  version: "3.6.2",
  file: "quickjs-wasi/quickjs.wasm",
  sha256: "d4c9375f2b1ca4dc95f72c8aa2982a7a9951ac8011490d79c6582df732b4bbd9",
};
const STRIPPER: PinnedModule = {
  name: "@swc/wasm-typescript-esm",
  version: "1.15.33",
  file: "@swc/wasm-typescript-esm/wasm_bg.wasm",
  sha256: "7ad377bc8ae04c7b7aa5bd689d08044048d7494b887af4013c09fa0d663547a6",
};

/** 64 MiB. The guest's own limit is below it, so this is only a backstop. */
const MAXIMUM_PAGES = 1024;

/**
 * KiB. The guest's stack check must fire before V8's, in every compilation tier:
 * from 5000 on it does for 256 KiB of guest stack, and an 8 MiB thread holds 7000.
 */
const STACK_SIZE = 7000;

const NOTHING = new Uint8Array(0);
let meteredEngine: Uint8Array<ArrayBuffer> | null = null;
let meteredStripper: Uint8Array<ArrayBuffer> | null = null;

/** QuickJS, metered; its failed allocations are counted in `__calls`. */
export function meteredQuickJs(): Uint8Array<ArrayBuffer> {
  return meteredEngine ??= meter(pinnedBytes(QUICKJS), {
    maximumPages: MAXIMUM_PAGES,
    countedExports: ["JS_ThrowOutOfMemory"],
  }).bytes;
}

/** Returns the type stripper, metered. */
function meteredTypeStripper(): Uint8Array<ArrayBuffer> {
  return meteredStripper ??= meter(pinnedBytes(STRIPPER)).bytes;
}

/** Returns the recipe for one or both languages. Throws if a module is not the pinned one. */
export function quickJsRecipe(languages: readonly Language[]): EngineRecipe {
  const hasTypes = languages.includes("typescript");
  return {
    name: "quickjs",
    languages,
    identity: identityOf(QUICKJS),
    parts: hasTypes ? { stripper: identityOf(STRIPPER) } : {},
    permissions: [],
    v8Flags: [`--stack-size=${STACK_SIZE}`],
    payload: writeQuickJsPayload({
      engine: meteredQuickJs(),
      stripper: hasTypes ? meteredTypeStripper() : NOTHING,
    }),
  };
}

function identityOf({ name, version, sha256 }: PinnedModule): EngineIdentity {
  return { name, version, sha256 };
}

function pinnedBytes(
  { name, version, file, sha256 }: PinnedModule,
): Uint8Array {
  // By path, as in the child: packages do not export their modules by name.
  const path = new URL(`../../../node_modules/${file}`, import.meta.url);
  const bytes = Deno.readFileSync(path);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) {
    throw new Error(
      `${path.pathname} is not ${name} ${version} (sha256 ${found}): ` +
        "reinstall it with `deno install`, or verdicts would change",
    );
  }
  return bytes;
}
