/**
 * Makes the Python image, in a process of its own: boots Pyodide on the rewritten
 * WebAssembly module, executes the boot text, and writes the module and the state
 * of the booted interpreter to stdout.
 *
 * Only trusted code runs here; no program ever does. The children that run
 * programs load the image alone: not a line of Pyodide's JavaScript reaches them.
 *
 * Arguments: the folder of the Pyodide package, and `mirror` for the second image
 * (see `python_mirror.ts`). Needs read permission for the folder.
 */

import process from "node:process";

import { FUEL_EXPORT, meter } from "../wasm/meter.ts";
import { BOOT_SOURCE } from "./python_boot.ts";
import { limitDepth } from "./python_depth.ts";
import {
  HEAP_BYTES,
  packMemory,
  type PythonImage,
  writeImage,
} from "./python_image.ts";
import { MIRROR_EXPORT, MOVED_BYTES } from "./python_mirror.ts";
import { PAGE_BYTES } from "./python_expected.ts";
import { PAGE_MAP, trackPages } from "./python_pages.ts";
import { patchPython } from "./python_patches.ts";
import {
  exportMutableGlobals,
  MUTABLE_GLOBAL,
  sealTables,
} from "./python_seal.ts";
import { widen, withdrawModules } from "./python_tables.ts";

/** More than any step of booting takes; refilled between them. */
const BOOT_FUEL = 0x7fffffff;

/** Instead of clocks and entropy while booting, so that every image is the same. */
const BOOT_TIME_MS = 946_684_800_000; // 2000-01-01
const BOOT_ENTROPY = 0x42;

/** The interpreter's own path; that of this script would end up in the image. */
const PROGRAM_PATH = "/usr/bin/python3";
/** All of the environment: what Emscripten would take from the machine included. */
const ENVIRONMENT = {
  PYTHONHASHSEED: "0",
  HOME: "/home/python",
  LANG: "C.UTF-8",
  TZ: "UTC",
  _: PROGRAM_PATH,
};

/** What is learnt about the interpreter while Pyodide sets it up. */
interface Boot {
  instance?: WebAssembly.Instance;
  wasm?: Uint8Array<ArrayBuffer>;
  imports?: WebAssembly.Imports;
  /** Length of the function table before anything is added to it. */
  ownTableLength: number;
  trampoline?: Uint8Array<ArrayBuffer>;
  trampolineCall?: WebAssembly.ExportValue;
}

/** The parts of Pyodide's interface that the boot uses. */
interface Pyodide {
  runPython(source: string): unknown;
}

if (import.meta.main) {
  const [folder, kind] = Deno.args;
  const image = await buildImage(folder, kind === "mirror");
  const bytes = writeImage(image);
  for (let done = 0; done < bytes.length;) {
    done += Deno.stdout.writeSync(bytes.subarray(done));
  }
}

/** Boots Pyodide from `folder` and takes the image of the interpreter. */
async function buildImage(
  folder: string,
  isMirror: boolean,
): Promise<PythonImage> {
  const boot = interceptBoot(isMirror);
  process.argv.splice(1, Infinity, PROGRAM_PATH);
  const { loadPyodide } = await import(
    new URL(`file://${folder}/pyodide.mjs`).href
  );
  const python: Pyodide = await loadPyodide({
    indexURL: `${folder}/`,
    stdout: () => {},
    stderr: () => {},
    env: ENVIRONMENT,
  });
  refill(boot);
  python.runPython(BOOT_SOURCE);
  refill(boot);
  withdrawModules(boot.instance!);
  widen(boot.instance!);
  return takeImage(boot);
}

function refill(boot: Boot): void {
  const fuel = boot.instance!.exports[FUEL_EXPORT] as WebAssembly.Global;
  fuel.value = BOOT_FUEL;
}

/** Puts the rewritten module in place of Pyodide's own, and notes what it meets. */
function interceptBoot(isMirror: boolean): Boot {
  const boot: Boot = { ownTableLength: 0 };
  const instantiate = WebAssembly.instantiate;
  const substitute = async (
    source: BufferSource,
    imports: WebAssembly.Imports,
  ) => {
    const original = bytesOf(source);
    if (boot.instance || original.length < 1_000_000) {
      return await instantiate(source, imports);
    }
    const metered = meter(limitDepth(patchPython(original))).bytes;
    boot.wasm = exportMutableGlobals(trackPages(metered, HEAP_BYTES));
    boot.imports = imports;
    const module = await WebAssembly.compile(boot.wasm);
    boot.instance = await instantiate(module, constantImports(imports, boot));
    boot.ownTableLength = functionTable(boot.instance).length;
    refill(boot);
    noteAllPages(boot.instance);
    if (isMirror) becomeMirror(boot.instance);
    return { module, instance: boot.instance };
  };
  WebAssembly.instantiate = substitute as typeof WebAssembly.instantiate;
  WebAssembly.Module = new Proxy(WebAssembly.Module, {
    construct(target, [source]: [BufferSource]) {
      noteTrampoline(bytesOf(source), boot);
      return new target(source);
    },
  });
  WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
    construct(target, [module, imports]: [WebAssembly.Module, never]) {
      const instance = new target(module, imports);
      if (instance.exports.trampoline_call) {
        boot.trampolineCall = instance.exports.trampoline_call;
      }
      return instance;
    },
  });
  Math.random = () => 0.5;
  Date.now = () => BOOT_TIME_MS;
  performance.now = () => 0;
  return boot;
}

/** While booting nothing is expected of pages, so none is looked at. */
function noteAllPages({ exports }: WebAssembly.Instance): void {
  const { buffer } = exports[PAGE_MAP] as WebAssembly.Memory;
  new Uint8Array(buffer, 0, HEAP_BYTES / PAGE_BYTES).fill(1);
}

/** Before anything has run: other hashes from the first one on, and other places. */
function becomeMirror({ exports }: WebAssembly.Instance): void {
  (exports[MIRROR_EXPORT] as WebAssembly.Global).value = -1;
  (exports.malloc as CallableFunction)(MOVED_BYTES);
}

function functionTable(instance: WebAssembly.Instance): WebAssembly.Table {
  return instance.exports.__indirect_function_table as WebAssembly.Table;
}

function bytesOf(source: BufferSource): Uint8Array<ArrayBuffer> {
  return source instanceof ArrayBuffer
    ? new Uint8Array(source)
    : new Uint8Array(
      source.buffer as ArrayBuffer,
      source.byteOffset,
      source.byteLength,
    );
}

/** CPython's trampoline is the one small module with that export. */
function noteTrampoline(bytes: Uint8Array, boot: Boot): void {
  const text = new TextDecoder().decode(bytes);
  if (text.includes("trampoline_call")) {
    boot.trampoline = Uint8Array.from(bytes);
  }
}

/** The imports, with constants for what would differ from boot to boot. */
function constantImports(
  imports: WebAssembly.Imports,
  boot: Boot,
): WebAssembly.Imports {
  const memory = () =>
    (boot.instance!.exports.memory as WebAssembly.Memory).buffer;
  const entropy = (address: number, length: number) => {
    new Uint8Array(memory(), address, length).fill(BOOT_ENTROPY);
    return 0;
  };
  const clock = (_clock: number, _precision: bigint, address: number) => {
    const nanoseconds = BigInt(BOOT_TIME_MS) * 1_000_000n;
    new DataView(memory()).setBigUint64(address, nanoseconds, true);
    return 0;
  };
  return {
    ...imports,
    env: { ...imports.env, emscripten_date_now: () => BOOT_TIME_MS },
    wasi_snapshot_preview1: {
      ...imports.wasi_snapshot_preview1,
      random_get: entropy,
      clock_time_get: clock,
    },
  };
}

function takeImage(boot: Boot): PythonImage {
  const { instance, wasm, imports, trampoline, trampolineCall } = boot;
  if (!instance || !wasm || !imports || !trampoline || !trampolineCall) {
    throw new Error(
      "Pyodide booted in an unknown way; its version must be the pinned one",
    );
  }
  const { exports } = instance;
  const memory = exports.memory as WebAssembly.Memory;
  const table = functionTable(instance);
  const names = new Map<unknown, string>();
  for (const [name, value] of Object.entries(exports)) names.set(value, name);
  const added = addedEntries(table, boot.ownTableLength, names, trampolineCall);
  const heap = new Uint8Array(memory.buffer, 0, HEAP_BYTES);
  const state = {
    globals: mutableGlobals(exports),
    tableLength: table.length,
    ...added,
    importedGlobals: Object.fromEntries(
      Object.entries(imports["GOT.func"]).map((
        [name, value],
      ) => [name, (value as WebAssembly.Global).value]),
    ),
  };
  return {
    wasm: sealTables(wasm),
    trampoline: sealTables(trackPages(trampoline, HEAP_BYTES)),
    snapshots: [{ memory: packMemory(heap), state }],
  };
}

function mutableGlobals(exports: WebAssembly.Exports): Record<string, number> {
  return Object.fromEntries(
    Object.entries(exports)
      .filter(([name]) => name.startsWith(MUTABLE_GLOBAL))
      .map(([name, value]) => [name, (value as WebAssembly.Global).value]),
  );
}

/** Table entries that are exported functions, and the trampoline. */
function addedEntries(
  table: WebAssembly.Table,
  from: number,
  names: ReadonlyMap<unknown, string>,
  trampolineCall: WebAssembly.ExportValue,
) {
  const tableExports: [number, string][] = [];
  let trampolineSlot = -1;
  for (let slot = from; slot < table.length; slot++) {
    const entry = table.get(slot);
    if (entry === trampolineCall) trampolineSlot = slot;
    const name = names.get(entry);
    if (name !== undefined) tableExports.push([slot, name]);
  }
  if (trampolineSlot < 0) throw new Error("the trampoline is not in the table");
  return { tableExports, trampolineSlot };
}
