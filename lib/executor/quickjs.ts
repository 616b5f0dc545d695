/**
 * The JavaScript engine: QuickJS in WebAssembly, booted once and then put back to
 * the same bytes before every program.
 *
 * The linear memory of the booted engine is kept as a snapshot and copied back
 * (about 10 µs), so a program cannot leave anything behind and every program
 * starts from a bit-identical engine: one execution is enough to know its result.
 * Fuel (see `meter.ts`) stops what does not end; the trap cannot be caught by the
 * program, and the next copy repairs whatever it interrupted.
 *
 * Order of one run: source compiled and evaluated, argument evaluated, `f` called,
 * result serialised by the engine's own C code and decoded here with budgets.
 * Promises are refused and their pending jobs are dropped with the memory.
 *
 * Missing in the guest on purpose: Date, Intl and everything locale-dependent,
 * timers, performance, crypto, WeakRef, FinalizationRegistry, SharedArrayBuffer,
 * Atomics, WebAssembly, modules. `Math.random` throws; `console` does nothing.
 */

import { BytecodeValueReader } from "./bytecode_value.ts";
import { type DataValue, LiteralError, printJavaScript } from "./literal.ts";
import type { LanguageEngine } from "./language_engine.ts";
import type { Language, Limits, Outcome } from "./outcome.ts";

/** Exports of the metered module that are used; pointers and handles are numbers. */
interface QuickJsExports {
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
  qjs_get_exception(): number;
  qjs_get_prop_string(object: number, name: number): number;
  qjs_get_prop_uint32(object: number, index: number): number;
  qjs_get_float64(value: number): number;
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
  JS_WriteObject(
    context: number,
    sizePointer: number,
    value: bigint,
    flags: number,
  ): number;
}

/** Eval, RegExp, JSON, Proxy, Map and Set, typed arrays, Promise, BigInt. */
const INTRINSICS = 0x1fe;
/** Guest stack. At 256 KiB every kind of recursion ends in the guest's own RangeError. */
const STACK_BYTES = 256 * 1024;
/** Most arguments of a call. */
const MAXIMUM_ARGUMENTS = 12;
const SOURCE_BUFFER_BYTES = 64 * 1024;
const COMPILE_ONLY = 1 << 5;
/** Write shared objects once and refer to them: without it a DAG of depth n takes 2ⁿ steps. */
const WRITE_REFERENCES = 1 << 3;
const PAGE = 4096;
const MESSAGE_CHARS = 300;
const NAME_CHARS = 80;
const BOOT_FUEL = 0x7fffffff;

/** Run once before the snapshot: takes away what varies or is missing elsewhere. */
const HARDEN = `(function () {
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

/** The program's fault, found while running it: ends the run with this outcome. */
class EndOfRun extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/** A booted engine. Not reentrant: one program at a time. */
export class QuickJsEngine implements LanguageEngine {
  /** How often a grown or broken memory was thrown away for a new instance. */
  instances = 0;
  readonly #module: WebAssembly.Module;
  readonly #limits: Limits;
  readonly #reader: BytecodeValueReader;
  readonly #atomTexts = new Map<number, string | null>();
  #exports!: QuickJsExports;
  #memory: Uint8Array = new Uint8Array(0);
  #snapshot = new Uint8Array(0);
  /** Where the snapshot starts: everything below is stack. */
  #base = 0;
  #bootLength = 0;
  #stackPointer = 0;
  #context = 0;
  #global = 0;
  #undefined = 0;
  #sourceBuffer = 0;
  #scratch = 0;
  #names = { file: 0, f: 0, name: 0, message: 0, length: 0 };

  /** Boots from the metered module. */
  constructor(metered: Uint8Array<ArrayBuffer>, limits: Limits) {
    this.#module = new WebAssembly.Module(metered);
    this.#limits = limits;
    this.#reader = new BytecodeValueReader(
      limits,
      (atom) => this.#predefinedAtom(atom),
    );
    this.#boot();
  }

  run(_language: Language, source: string, argument: string): Outcome {
    return this.#guarded(
      () => this.#callWith(this.#load(source), argument),
      true,
    );
  }

  /**
   * Runs a step on a restored engine. A trap with fuel left is the engine's fault:
   * tried once more on a new instance, then reported as such.
   */
  #guarded(step: () => Outcome, mayRetry: boolean): Outcome {
    this.#restore();
    this.#exports.__fuel.value = this.#limits.fuel;
    this.#exports.__calls.value = 0;
    try {
      return step();
    } catch (error) {
      if (error instanceof EndOfRun) return error.outcome;
      if (this.#exports.__fuel.value < 0) {
        return { kind: "fuel", fuel: this.#limits.fuel };
      }
      if (error instanceof LiteralError) {
        return { kind: "refused", reason: error.message, fuel: this.#used() };
      }
      this.#instantiateFromSnapshot();
      if (mayRetry) return this.#guarded(step, false);
      return { kind: "infrastructure", reason: `engine trap: ${error}` };
    }
  }

  /** Compiles and evaluates the source; returns a handle of its function. */
  #load(source: string): number {
    const quickjs = this.#exports;
    const compiled = this.#evaluate(asProgram(source), COMPILE_ONLY);
    if (quickjs.qjs_is_exception(compiled)) throw this.#thrown("compile");
    const result = this.#scratch + 8;
    this.#setValue(
      result,
      quickjs.JS_EvalFunction(this.#context, this.#valueAt(compiled)),
    );
    if (quickjs.qjs_is_exception(result)) throw this.#thrown("run");
    let f = quickjs.qjs_get_prop_string(this.#global, this.#names.f);
    if (quickjs.qjs_is_function(f)) return f;
    if (quickjs.qjs_is_function(result)) return result;
    f = this.#evaluate("f", 0); // `const f = …` is not a property of the global object
    if (quickjs.qjs_is_exception(f) || !quickjs.qjs_is_function(f)) {
      throw new EndOfRun({
        kind: "thrown",
        name: "NoFunction",
        message: "the program defines no function f",
        fuel: this.#used(),
      });
    }
    return f;
  }

  /** Calls `f` with the values of a safe list of literals. */
  #callWith(f: number, argument: string): Outcome {
    const quickjs = this.#exports;
    const values = this.#evaluate(`[${argument}]`, 0);
    if (quickjs.qjs_is_exception(values)) throw this.#thrown("run");
    const length = quickjs.qjs_get_prop_string(values, this.#names.length);
    const count = quickjs.qjs_get_float64(length);
    if (count > MAXIMUM_ARGUMENTS) {
      throw new EndOfRun({
        kind: "badArgument",
        reason: `more than ${MAXIMUM_ARGUMENTS} arguments`,
      });
    }
    const argv = this.#scratch + 16;
    for (let i = 0; i < count; i++) {
      const value = quickjs.qjs_get_prop_uint32(values, i);
      this.#view().setUint32(argv + 4 * i, value, true);
    }
    const result = quickjs.qjs_call(f, this.#undefined, count, argv);
    if (quickjs.qjs_is_exception(result)) throw this.#thrown("run");
    const printed = printJavaScript(this.#decode(result), this.#limits);
    return { kind: "value", ...printed, fuel: this.#used() };
  }

  #decode(result: number): DataValue {
    const quickjs = this.#exports;
    if (quickjs.qjs_is_function(result)) throw new LiteralError("a function");
    if (quickjs.qjs_is_symbol(result)) throw new LiteralError("a symbol");
    if (quickjs.qjs_is_promise(result)) throw new LiteralError("a promise");
    const bytes = this.#serialised(this.#valueAt(result));
    if (bytes === null) {
      const ended = this.#thrown("run").outcome;
      if (ended.kind !== "thrown") throw new EndOfRun(ended);
      throw new LiteralError(`not data: ${ended.message || ended.name}`);
    }
    return this.#reader.read(bytes);
  }

  /** The engine's serialisation of a value, in its memory; null if it threw. */
  #serialised(value: bigint): Uint8Array | null {
    const start = this.#exports.JS_WriteObject(
      this.#context,
      this.#scratch,
      value,
      WRITE_REFERENCES,
    );
    if (start === 0) return null;
    const size = this.#view().getUint32(this.#scratch, true);
    return this.#bytes().subarray(start, start + size);
  }

  /** Turns the pending exception into the outcome it means. */
  #thrown(phase: "compile" | "run"): EndOfRun {
    const quickjs = this.#exports;
    const outOfMemory = quickjs.__calls.value > 0;
    const exception = quickjs.qjs_get_exception();
    let name = "NonError";
    let message = "";
    if (quickjs.qjs_is_error(exception)) {
      name = this.#property(exception, this.#names.name, NAME_CHARS) ?? "Error";
      message = this.#property(exception, this.#names.message, MESSAGE_CHARS) ??
        "";
    } else if (quickjs.qjs_is_string(exception)) {
      message = this.#text(exception, MESSAGE_CHARS);
    }
    const fuel = this.#used();
    const isMemory = outOfMemory && (quickjs.qjs_is_null(exception) ||
      (name === "InternalError" && message === "out of memory"));
    if (isMemory) return new EndOfRun({ kind: "memory", fuel });
    if (phase === "compile" && name === "SyntaxError") {
      return new EndOfRun({ kind: "syntax", message });
    }
    return new EndOfRun({ kind: "thrown", name, message, fuel });
  }

  #property(object: number, name: number, chars: number): string | null {
    const value = this.#exports.qjs_get_prop_string(object, name);
    return this.#exports.qjs_is_string(value) ? this.#text(value, chars) : null;
  }

  /** At most the first `chars` bytes of a string value. */
  #text(value: number, chars: number): string {
    const start = this.#exports.qjs_get_string_len(value, this.#scratch);
    if (start === 0) return "";
    const size = Math.min(this.#view().getUint32(this.#scratch, true), chars);
    const bytes = this.#bytes().subarray(start, start + size);
    return new TextDecoder().decode(bytes);
  }

  #evaluate(source: string, flags: number): number {
    const [start, length] = this.#writeSource(source);
    return this.#exports.qjs_eval(start, length, this.#names.file, flags);
  }

  #writeSource(source: string): [start: number, length: number] {
    let start = this.#sourceBuffer;
    let room = SOURCE_BUFFER_BYTES;
    if (3 * source.length >= room) {
      room = 3 * source.length + 1;
      start = this.#exports.wasm_malloc(room);
      if (start === 0) {
        throw new EndOfRun({ kind: "memory", fuel: this.#used() });
      }
    }
    const target = this.#bytes().subarray(start, start + room);
    const { written } = new TextEncoder().encodeInto(source, target);
    target[written] = 0;
    return [start, written];
  }

  #used(): number {
    return this.#limits.fuel - this.#exports.__fuel.value;
  }

  #boot(): void {
    this.#instantiate();
    const quickjs = this.#exports;
    quickjs._initialize();
    if (quickjs.qjs_init2(INTRINSICS) !== 0) {
      throw new Error("QuickJS did not start");
    }
    quickjs.qjs_set_memory_limit(this.#limits.memoryBytes);
    quickjs.qjs_set_max_stack_size(STACK_BYTES);
    this.#names = {
      file: this.#permanentText("program"),
      f: this.#permanentText("f"),
      name: this.#permanentText("name"),
      message: this.#permanentText("message"),
      length: this.#permanentText("length"),
    };
    this.#scratch = quickjs.wasm_malloc(128);
    this.#sourceBuffer = quickjs.wasm_malloc(SOURCE_BUFFER_BYTES);
    this.#context = quickjs.qjs_get_context_ptr();
    if (quickjs.qjs_is_exception(this.#evaluate(HARDEN, 0))) {
      throw new Error(
        `QuickJS refused its preparation: ${this.#thrown("run").outcome}`,
      );
    }
    this.#global = quickjs.qjs_get_global();
    this.#undefined = quickjs.qjs_get_undefined();
    quickjs.qjs_run_gc();
    this.#takeSnapshot();
    this.#learnAtoms();
  }

  #takeSnapshot(): void {
    this.#stackPointer = this.#exports.__stack_pointer.value;
    this.#base = this.#stackPointer - (this.#stackPointer % PAGE);
    const memory = this.#bytes();
    this.#bytes().fill(
      0,
      this.#sourceBuffer,
      this.#sourceBuffer + SOURCE_BUFFER_BYTES,
    );
    this.#bootLength = memory.length;
    let end = memory.length;
    while (end > this.#base && memory[end - 1] === 0) end--;
    this.#snapshot = memory.slice(this.#base, Math.ceil(end / PAGE) * PAGE);
  }

  #learnAtoms(): void {
    this.#restore();
    const object = this.#evaluate("({unlikely_key_:1})", 0);
    const bytes = this.#serialised(this.#valueAt(object));
    if (bytes === null) throw new Error("QuickJS cannot serialise");
    this.#reader.learnFirstAtom(bytes);
  }

  /** Text of an atom that every engine has; asked once, while a program's memory is live. */
  #predefinedAtom(atom: number): string | null {
    const known = this.#atomTexts.get(atom);
    if (known !== undefined) return known;
    const handle = this.#scratch + 8;
    this.#setValue(handle, this.#exports.JS_AtomToValue(this.#context, atom));
    const text = this.#exports.qjs_is_string(handle)
      ? this.#text(handle, NAME_CHARS)
      : null;
    this.#atomTexts.set(atom, text);
    return text;
  }

  /** Puts the memory back to its state after boot. A grown memory is never used again. */
  #restore(): void {
    const memory = this.#bytes();
    if (memory.length !== this.#bootLength) {
      this.#instantiateFromSnapshot();
      return;
    }
    memory.set(this.#snapshot, this.#base);
    memory.fill(0, this.#base + this.#snapshot.length);
    this.#exports.__stack_pointer.value = this.#stackPointer;
  }

  #instantiateFromSnapshot(): void {
    this.#instantiate();
    const missing = this.#bootLength - this.#bytes().length;
    if (missing > 0) this.#exports.memory.grow(missing / 65536);
    this.#bytes().set(this.#snapshot, this.#base);
    this.#exports.__stack_pointer.value = this.#stackPointer;
  }

  #instantiate(): void {
    this.instances++;
    const instance = new WebAssembly.Instance(
      this.#module,
      hostImports(() => this.#view(), () => this.#bytes()),
    );
    this.#exports = instance.exports as unknown as QuickJsExports;
    this.#exports.__fuel.value = BOOT_FUEL;
  }

  #permanentText(text: string): number {
    const bytes = new TextEncoder().encode(text + "\0");
    const start = this.#exports.wasm_malloc(bytes.length);
    this.#bytes().set(bytes, start);
    return start;
  }

  #valueAt(handle: number): bigint {
    return this.#view().getBigUint64(handle, true);
  }

  #setValue(handle: number, value: bigint): void {
    this.#view().setBigUint64(handle, value, true);
  }

  #bytes(): Uint8Array {
    const buffer = this.#exports.memory.buffer;
    if (this.#memory.buffer !== buffer) this.#memory = new Uint8Array(buffer);
    return this.#memory;
  }

  #view(): DataView {
    return new DataView(this.#exports.memory.buffer);
  }
}

/** Starts the engine in a child; see `child.ts`. */
export function startQuickJs(
  payload: Uint8Array<ArrayBuffer>,
  limits: Limits,
): Promise<LanguageEngine> {
  return Promise.resolve(new QuickJsEngine(payload, limits));
}

/** A lone anonymous `function` is a statement to the parser: make it an expression. */
function asProgram(source: string): string {
  return /^\s*(?:async\s+)?function\s*\*?\s*\(/.test(source)
    ? `(${source}\n)`
    : source;
}

/** What the guest can call: nothing that varies, nothing that reaches outside. */
function hostImports(
  view: () => DataView,
  bytes: () => Uint8Array,
): WebAssembly.Imports {
  const BAD_DESCRIPTOR = 8;
  const NOT_SUPPORTED = 52;
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
