/**
 * The guest's edges: what of QuickJS's module is called, what its imports do, and
 * what its globals are made to be before any program runs.
 */

/** Exports of the metered module that are used; pointers and handles are numbers. */
export interface QuickJsExports {
  memory: WebAssembly.Memory;
  __stack_pointer: WebAssembly.Global;
  __fuel: WebAssembly.Global;
  __calls: WebAssembly.Global;
  _initialize(): void;
  qjs_init2(intrinsics: number): number;
  qjs_set_memory_limit(bytes: number): void;
  qjs_set_max_stack_size(bytes: number): void;
  qjs_run_gc(): void;
  qjs_get_context_ptr(): number;
  qjs_get_global(): number;
  qjs_get_undefined(): number;
  qjs_eval(source: number, length: number, name: number, flags: number): number;
  qjs_call(f: number, self: number, count: number, argv: number): number;
  qjs_get_array_buffer(buffer: number, length: number): number;
  qjs_get_exception(): number;
  qjs_get_prop_string(object: number, name: number): number;
  qjs_get_string_len(value: number, length: number): number;
  qjs_is_exception(value: number): number;
  qjs_is_error(value: number): number;
  qjs_is_function(value: number): number;
  qjs_is_null(value: number): number;
  qjs_is_promise(value: number): number;
  qjs_is_string(value: number): number;
  qjs_is_symbol(value: number): number;
  wasm_malloc(bytes: number): number;
  JS_AtomToValue(context: number, atom: number): bigint;
  JS_EvalFunction(context: number, compiled: bigint): bigint;
  JS_ReadObject(
    context: number,
    bytes: number,
    length: number,
    flags: number,
  ): bigint;
  JS_WriteObject(
    context: number,
    sizePointer: number,
    value: bigint,
    flags: number,
  ): number;
}

/** Run once before the snapshot: takes away what varies or is missing elsewhere. */
export const HARDEN = `(function () {
  "use strict";
  const remove = (object, names) => { for (const name of names) delete object[name]; };
  remove(globalThis, ["SharedArrayBuffer", "Atomics", "WeakRef", "FinalizationRegistry",
    "performance", "navigator", "gc", "print"]);
  remove(Object.prototype, ["toLocaleString"]);
  remove(Array.prototype, ["toLocaleString"]);
  remove(Number.prototype, ["toLocaleString"]);
  remove(BigInt.prototype, ["toLocaleString"]);
  remove(String.prototype, ["localeCompare", "toLocaleLowerCase", "toLocaleUpperCase"]);
  remove(Object.getPrototypeOf(Uint8Array.prototype), ["toLocaleString"]);
  const define = (object, name, value) => Object.defineProperty(object, name,
    { value, writable: true, enumerable: false, configurable: true });
  define(Math, "random", function random() {
    throw new TypeError("Math.random is not available: results must be reproducible");
  });
  const quiet = {};
  for (const name of ["log", "info", "warn", "error", "debug", "trace", "assert", "table"]) {
    quiet[name] = function () {};
  }
  define(globalThis, "console", quiet);
})()`;

/** What the guest can call: nothing that varies, nothing that reaches outside. */
export function hostImports(
  view: () => DataView,
  bytes: () => Uint8Array,
): WebAssembly.Imports {
  const BAD_DESCRIPTOR = 8;
  const NOT_SUPPORTED = 52;
  const INVALID_ARGUMENT = 28;
  const MOST_VECTORS = 1024; // POSIX's IOV_MAX
  return {
    env: {
      host_call() {
        throw new Error("the guest has no host functions");
      },
      host_interrupt: () => 0,
      host_promise_rejection() {},
      host_module_normalize: () => 0,
      host_module_load: () => 0,
      host_get_timezone_offset: () => 0,
    },
    wasi_snapshot_preview1: {
      clock_time_get(_clock: number, _precision: bigint, pointer: number) {
        view().setBigUint64(pointer, 946684800000000000n, true);
        return 0;
      },
      random_get(pointer: number, length: number) {
        bytes().fill(0x42, pointer, pointer + length);
        return 0;
      },
      fd_write(
        _descriptor: number,
        vectors: number,
        count: number,
        out: number,
      ) {
        if (count < 0 || count > MOST_VECTORS) return INVALID_ARGUMENT;
        let total = 0;
        for (let i = 0; i < count; i++) {
          total += view().getUint32(vectors + 8 * i + 4, true);
        }
        view().setUint32(out, total, true);
        return 0;
      },
      fd_close: () => NOT_SUPPORTED,
      fd_fdstat_get: () => BAD_DESCRIPTOR,
      fd_seek: () => NOT_SUPPORTED,
    },
  };
}
