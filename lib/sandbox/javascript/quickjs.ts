/**
 * Runs JavaScript in QuickJS, compiled to WebAssembly, booted once and put back to
 * the same bytes before every program.
 *
 * The linear memory of the booted engine is kept as a snapshot and copied back, which
 * takes a few microseconds. So a program leaves nothing behind, and every program
 * starts from the same bytes: one run is enough to know a program's result. Fuel (see
 * `meter.ts`) ends programs that do not end themselves. No program can catch the
 * trap at the end of the fuel, and the next copy repairs what the trap interrupted.
 *
 * Order of one run: the source is compiled and evaluated, the arguments are built and
 * the result is serialised by the engine's own C code. The result is decoded here,
 * within limits. Promises are refused; their pending jobs end with the memory.
 *
 * Missing in the guest on purpose: Date, Intl and everything locale-dependent,
 * timers, performance, crypto, WeakRef, FinalizationRegistry, SharedArrayBuffer,
 * Atomics, WebAssembly, modules. `Math.random` throws; `console` does nothing.
 */

import { Buffer } from "node:buffer";

import { BytecodeValueReader } from "../python/bytecode_value.ts";
import { writeBytecodeValue } from "../python/bytecode_writer.ts";
import {
  type DataValue,
  parseJavaScriptList,
  printJavaScript,
} from "../literals/literal_javascript.ts";
import { LiteralError } from "../literals/literal.ts";
import { parseEntry } from "../entry.ts";
import type { LanguageEngine, RunSetting } from "../language_engine.ts";
import {
  type Language,
  type Limits,
  type Outcome,
  SCRIPT,
} from "../outcome.ts";
import { HARDEN, hostImports, type QuickJsExports } from "./quickjs_guest.ts";
import { readQuickJsPayload } from "./quickjs_payload.ts";
import {
  failedAt,
  PRELUDE,
  preludeArguments,
  readOutput,
} from "./quickjs_setting.ts";
import {
  loadStripperGlue,
  type TypeStripper,
  typeStripper,
} from "./typescript.ts";

/** Eval, RegExp, JSON, Proxy, Map and Set, typed arrays, Promise, BigInt. */
const INTRINSICS = 0x1fe;
/** Guest stack. At 256 KiB every kind of recursion ends in the guest's own RangeError. */
const STACK_BYTES = 256 * 1024;
/** Most arguments of a call. */
const MAXIMUM_ARGUMENTS = 12;
const COMPILE_ONLY = 1 << 5;
/** Write shared objects once and refer to them: without it a DAG of depth n takes 2ⁿ steps. */
const WRITE_REFERENCES = 1 << 3;
const WASM_PAGE = 65536;
/** The linker puts the stack below 1 MiB, growing down, and everything else above. */
const HEAP_START = 1024 * 1024;
/**
 * Sources and arguments are handed over in the part of the stack that a guest
 * limited to 256 KiB never reaches: it needs no restoring and no allocation.
 */
const EXCHANGE_START = 64 * 1024;
const EXCHANGE_END = 640 * 1024;
const UTF8 = new TextEncoder();
/** Values whose serialisation is checked at start-up. */
const FORMAT_SAMPLES = [
  '[null,undefined,true,false,1,-1,1.5,"a","é😀",12n,-300n]',
  '{"1":2,"a":{"length":[]},"b":"c"}',
  "new Map([[1,new Set([2])]])",
];
const MESSAGE_CHARS = 300;
const STACK_CHARS = 2000;
const NAME_CHARS = 80;
const BOOT_FUEL = 0x7fffffff;

/** Ends a run with an outcome that is the program's own doing. */
class EndOfRun extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/** Holds what belongs to one run besides the memory. */
interface Run {
  limits: Limits;
  setting: RunSetting;
  /** Address of the buffer of the run's output; 0 where no output is kept. */
  output: number;
  /** Handle of the object on which the program's function is called. */
  self: number;
}

/** Holds a memory to go back to. */
interface Snapshot {
  /** Bytes from the base of the heap to the last byte that is not zero. */
  bytes: Uint8Array;
  memoryLength: number;
  /** Counts at the time when the snapshot was taken. */
  fuel: number;
  allocationFailures: number;
}

/** Runs one program at a time in a booted engine. */
export class QuickJsEngine implements LanguageEngine {
  /** Number of instances made; each but the first replaced a grown or broken one. */
  instances = 0;
  readonly #module: WebAssembly.Module;
  readonly #limits: Limits;
  readonly #reader: BytecodeValueReader;
  readonly #stripTypes: TypeStripper;
  readonly #atomTexts = new Map<number, string | null>();
  readonly #boot: Snapshot;
  #exports!: QuickJsExports;
  #memory: Uint8Array = new Uint8Array(0);
  #memoryView: DataView = new DataView(new ArrayBuffer(0));
  #stackPointer = 0;
  #context = 0;
  #global = 0;
  #undefined = 0;
  /** Address of a few words for sizes, values and argument lists. */
  #scratch = 0;
  #names = { file: 0, f: 0, name: 0, message: 0 };
  /** The run at work. */
  #run: Run;

  /** Boots from the metered module; `stripTypes` is what TypeScript needs. */
  constructor(
    metered: Uint8Array<ArrayBuffer>,
    limits: Limits,
    stripTypes: TypeStripper,
  ) {
    this.#module = new WebAssembly.Module(metered);
    this.#limits = limits;
    this.#run = { limits, setting: {}, output: 0, self: 0 };
    this.#stripTypes = stripTypes;
    this.#reader = new BytecodeValueReader(
      limits,
      (atom) => this.#predefinedAtom(atom),
    );
    this.#boot = this.#start();
    this.#learnAtoms();
    this.#checkFormat();
  }

  /**
   * Runs one program on several arguments, with the outcomes of separate runs. The
   * source is compiled and evaluated once; the memory after that is put back for each
   * argument.
   */
  *runEach(
    language: Language,
    source: string,
    argumentTexts: readonly string[],
    limits: Limits = this.#limits,
    setting: RunSetting = {},
  ): Generator<Outcome, void> {
    const run = { limits, setting, output: 0, self: 0 };
    this.#run = run;
    const isTyped = language === "typescript";
    const script = (text: string) => isTyped ? this.#stripTypes(text) : text;
    const isTest = setting.testSetup !== undefined;
    const lists = argumentTexts.map((text) =>
      isTest ? script(text) : encodedArguments(text, limits)
    );
    const texts = [script(source), script(setting.testSetup ?? "")];
    const wrong = texts.find((text) => typeof text !== "string");
    if (wrong) return yield* lists.map(() => wrong as Outcome);
    const [text, setup] = texts as string[];
    let f = 0;
    let loaded: Snapshot | null = null;
    const load = () => {
      this.#prepare();
      f = this.#load(text, setup);
    };
    const failure = this.#guarded(this.#boot, () => {
      load();
      if (lists.length > 1) loaded = this.#snapshot();
    });
    const failed = failure && { ...failure, ...this.#printed() };
    let from: Snapshot | null = null; // the first meets the memory as loading left it
    for (const list of lists) {
      if (typeof list !== "string" && !Array.isArray(list)) {
        yield list;
        from = loaded; // an audit may have come in between
      } else if (failed !== null) {
        yield failed;
      } else {
        this.#run = run; // others may have run in between
        const step = () =>
          Array.isArray(list) ? this.#call(f, list) : this.#runCase(list);
        const outcome = this.#guarded(from, step, load)!;
        yield { ...outcome, ...this.#printed() };
        from = loaded;
      }
    }
  }

  /** Asks for no early audit: a trap other than that of fuel costs the instance at once. */
  readonly isSuspect = false;

  /** Puts the memory back and compares every byte of the heap; makes a new instance if one differs. */
  audit(): boolean {
    this.#restore(this.#boot);
    const memory = this.#bytes();
    const end = HEAP_START + this.#boot.bytes.length;
    const isGood = memory.length === this.#boot.memoryLength &&
      Buffer.compare(memory.subarray(HEAP_START, end), this.#boot.bytes) === 0;
    if (!isGood) this.#instantiateFrom(this.#boot);
    return isGood;
  }

  /** Does what a run asks for before its program is loaded, into a fresh engine. */
  #prepare(): void {
    const quickjs = this.#exports;
    this.#run.output = 0;
    this.#run.self = this.#undefined;
    const { memoryBytes } = this.#run.setting.limits ?? {};
    if (memoryBytes !== undefined) quickjs.qjs_set_memory_limit(memoryBytes);
    const list = preludeArguments(this.#run.setting, this.#run.limits);
    if (list !== null) {
      quickjs.__fuel.value = BOOT_FUEL;
      const prelude = this.#evaluate(PRELUDE, 0);
      const result = this.#apply(prelude, list.map(writeBytecodeValue));
      if (quickjs.qjs_is_exception(result)) {
        throw new EndOfRun({ kind: "memory", fuel: 0 });
      }
      if (this.#run.setting.captureStdout) {
        const length = this.#scratch;
        this.#run.output = quickjs.qjs_get_array_buffer(result, length);
      }
    }
    quickjs.__fuel.value = this.#run.limits.fuel;
  }

  #printed() {
    if (this.#run.output === 0) return {};
    return readOutput(this.#bytes(), this.#run.output, this.#run.limits);
  }

  /**
   * Runs a step from a snapshot, or from where the engine is. Returns the outcome if
   * the step ended the run. A trap with fuel left is the engine's fault: the step is
   * tried once more on a new instance, after `again`; a second trap becomes an
   * infrastructure outcome.
   */
  #guarded(
    from: Snapshot | null,
    step: () => void,
    again: () => void = () => {},
    mayRetry = true,
  ): Outcome | null {
    if (from !== null) this.#restore(from);
    try {
      step();
      return null;
    } catch (error) {
      if (error instanceof EndOfRun) return error.outcome;
      if (this.#exports.__fuel.value < 0) {
        return { kind: "fuel", fuel: this.#run.limits.fuel };
      }
      if (error instanceof LiteralError) {
        return { kind: "refused", reason: error.message, fuel: this.#used() };
      }
      this.#instantiateFrom(this.#boot);
      if (!mayRetry) {
        return { kind: "infrastructure", reason: `engine trap: ${error}` };
      }
      const repeated = () => {
        again();
        step();
      };
      return this.#guarded(null, repeated, () => {}, false);
    }
  }

  /** Loads a program, and of a test its shared code; returns what is to be called. */
  #load(source: string, setup: string): number {
    const { entry, testSetup } = this.#run.setting;
    const result = this.#runText(asProgram(source), this.#names.file);
    if (testSetup === undefined) {
      return entry === SCRIPT ? 0 : this.#entry(entry ?? "f", result);
    }
    if (entry !== undefined) this.#bindCandidate(entry);
    this.#runText(setup, this.#permanentText("setup"));
    return 0;
  }

  /** Makes the entry known to test code. */
  #bindCandidate(entry: string): void {
    const { owner, name } = parseEntry(entry)!;
    const text = owner === null
      ? `globalThis.candidate = ${name}`
      : `{ const owner = ${made(owner)};
           globalThis.candidate = owner.${name}.bind(owner) }`;
    this.#runText(text, this.#names.file);
  }

  /** Runs a test's case. The outcome is the value undefined if the case came to its end. */
  #runCase(code: string): never {
    this.#runText(code, this.#permanentText("case"));
    const printed = printJavaScript(undefined, this.#run.limits);
    throw new EndOfRun({ kind: "value", ...printed, fuel: this.#used() });
  }

  /** Compiles and evaluates a text; returns a handle of its value. */
  #runText(source: string, name: number): number {
    const quickjs = this.#exports;
    const compiled = this.#evaluate(source, COMPILE_ONLY, name);
    if (quickjs.qjs_is_exception(compiled)) throw this.#thrown("compile");
    const result = quickjs.wasm_malloc(8);
    if (result === 0) {
      throw new EndOfRun({ kind: "memory", fuel: this.#used() });
    }
    this.#setValue(
      result,
      quickjs.JS_EvalFunction(this.#context, this.#valueAt(compiled)),
    );
    if (quickjs.qjs_is_exception(result)) throw this.#thrown("run");
    return result;
  }

  /** Returns what an entry names, or without an entry the program's value if it is a function. */
  #entry(entry: string, result: number): number {
    const quickjs = this.#exports;
    const { owner, name } = parseEntry(entry)!;
    const key = name === "f" ? this.#names.f : this.#permanentText(name);
    if (owner !== null) {
      this.#run.self = this.#runText(made(owner), this.#names.file);
      const method = quickjs.qjs_get_prop_string(this.#run.self, key);
      if (quickjs.qjs_is_function(method)) return method;
      throw this.#noFunction(entry);
    }
    let f = quickjs.qjs_get_prop_string(this.#global, key);
    if (quickjs.qjs_is_function(f)) return f;
    const isPlain = this.#run.setting.entry === undefined;
    if (isPlain && quickjs.qjs_is_function(result)) return result;
    f = this.#evaluate(name, 0); // `const f = …` is not a property of the global object
    if (!quickjs.qjs_is_exception(f) && quickjs.qjs_is_function(f)) return f;
    throw this.#noFunction(entry);
  }

  #noFunction(entry: string): EndOfRun {
    return new EndOfRun({
      kind: "thrown",
      name: "NoFunction",
      message: `the program defines no function ${entry}`,
      fuel: this.#used(),
    });
  }

  /** Calls `f` with serialised arguments; always ends the run. */
  #call(f: number, list: readonly Uint8Array[]): never {
    if (f === 0) { // a script has ended
      const printed = printJavaScript(undefined, this.#run.limits);
      throw new EndOfRun({ kind: "value", ...printed, fuel: this.#used() });
    }
    const result = this.#apply(f, list);
    if (this.#exports.qjs_is_exception(result)) throw this.#thrown("run");
    const printed = printJavaScript(this.#decode(result), this.#run.limits);
    throw new EndOfRun({ kind: "value", ...printed, fuel: this.#used() });
  }

  /** Returns a call's result. */
  #apply(f: number, list: readonly Uint8Array[]): number {
    const quickjs = this.#exports;
    const pointers = this.#scratch + 16;
    const values = pointers + 4 * (MAXIMUM_ARGUMENTS + MAXIMUM_ARGUMENTS % 2);
    for (let i = 0; i < list.length; i++) {
      this.#setValue(values + 8 * i, this.#argumentValue(list[i]));
      this.#view().setUint32(pointers + 4 * i, values + 8 * i, true);
      if (quickjs.qjs_is_exception(values + 8 * i)) throw this.#thrown("run");
    }
    return quickjs.qjs_call(f, this.#run.self, list.length, pointers);
  }

  #argumentValue(bytes: Uint8Array): bigint {
    const fits = bytes.length <= EXCHANGE_END - EXCHANGE_START;
    const start = fits
      ? EXCHANGE_START
      : this.#exports.wasm_malloc(bytes.length);
    if (start === 0) throw new EndOfRun({ kind: "memory", fuel: this.#used() });
    this.#bytes().set(bytes, start);
    return this.#exports.JS_ReadObject(
      this.#context,
      start,
      bytes.length,
      0,
    );
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

  /** Serialises a value. Returns a view of the engine's memory; null if the engine threw. */
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
    let details = {};
    if (quickjs.qjs_is_error(exception)) {
      name = this.#property(exception, this.#names.name, NAME_CHARS) ?? "Error";
      message = this.#property(exception, this.#names.message, MESSAGE_CHARS) ??
        "";
      if (this.#run.setting.testSetup !== undefined) {
        const key = this.#permanentText("stack");
        details = failedAt(this.#property(exception, key, STACK_CHARS) ?? "");
      }
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
    return new EndOfRun({ kind: "thrown", name, message, fuel, ...details });
  }

  #property(object: number, name: number, chars: number): string | null {
    const value = this.#exports.qjs_get_prop_string(object, name);
    return this.#exports.qjs_is_string(value) ? this.#text(value, chars) : null;
  }

  /** Reads at most the first `chars` bytes of a string value. */
  #text(value: number, chars: number): string {
    const start = this.#exports.qjs_get_string_len(value, this.#scratch);
    if (start === 0) return "";
    const size = Math.min(this.#view().getUint32(this.#scratch, true), chars);
    const bytes = this.#bytes().subarray(start, start + size);
    return new TextDecoder().decode(bytes);
  }

  /** Evaluates or compiles a text. Returns a handle. */
  #evaluate(source: string, flags: number, name = this.#names.file): number {
    const target = this.#bytes().subarray(EXCHANGE_START, EXCHANGE_END);
    const { read, written } = UTF8.encodeInto(source, target);
    if (read < source.length || written === target.length) {
      throw new RangeError("limits.sourceChars is too large for the engine");
    }
    target[written] = 0;
    return this.#exports.qjs_eval(
      EXCHANGE_START,
      written,
      name,
      flags,
    );
  }

  #used(): number {
    return this.#run.limits.fuel - this.#exports.__fuel.value;
  }

  /** Boots the first instance and takes its snapshot. */
  #start(): Snapshot {
    this.#instantiate();
    const quickjs = this.#exports;
    quickjs.__fuel.value = BOOT_FUEL;
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
    };
    this.#scratch = quickjs.wasm_malloc(16 + 16 * MAXIMUM_ARGUMENTS);
    this.#context = quickjs.qjs_get_context_ptr();
    if (quickjs.qjs_is_exception(this.#evaluate(HARDEN, 0))) {
      throw new Error("QuickJS refused its preparation");
    }
    this.#global = quickjs.qjs_get_global();
    this.#undefined = quickjs.qjs_get_undefined();
    quickjs.qjs_run_gc();
    this.#stackPointer = quickjs.__stack_pointer.value;
    quickjs.__fuel.value = this.#limits.fuel;
    quickjs.__calls.value = 0;
    return this.#snapshot();
  }

  #snapshot(): Snapshot {
    const memory = this.#bytes();
    let end = memory.length;
    while (end > HEAP_START && memory[end - 1] === 0) end--;
    return {
      bytes: memory.slice(HEAP_START, Math.ceil(end / 8) * 8),
      memoryLength: memory.length,
      fuel: this.#exports.__fuel.value,
      allocationFailures: this.#exports.__calls.value,
    };
  }

  /** Puts the memory back; a memory that has grown is replaced by a new instance's. */
  #restore(snapshot: Snapshot): void {
    const memory = this.#bytes();
    if (memory.length !== snapshot.memoryLength) {
      return this.#instantiateFrom(snapshot);
    }
    memory.fill(0, EXCHANGE_END, HEAP_START); // the stack
    memory.set(snapshot.bytes, HEAP_START);
    memory.fill(0, HEAP_START + snapshot.bytes.length);
    this.#resetGlobals(snapshot);
  }

  #instantiateFrom(snapshot: Snapshot): void {
    this.#instantiate();
    const missing = snapshot.memoryLength - this.#bytes().length;
    if (missing > 0) this.#exports.memory.grow(missing / WASM_PAGE);
    this.#bytes().set(snapshot.bytes, HEAP_START);
    this.#resetGlobals(snapshot);
  }

  #resetGlobals(snapshot: Snapshot): void {
    this.#exports.__stack_pointer.value = this.#stackPointer;
    this.#exports.__fuel.value = snapshot.fuel;
    this.#exports.__calls.value = snapshot.allocationFailures;
  }

  #instantiate(): void {
    this.instances++;
    const instance = new WebAssembly.Instance(
      this.#module,
      hostImports(() => this.#view(), () => this.#bytes()),
    );
    this.#exports = instance.exports as unknown as QuickJsExports;
  }

  #learnAtoms(): void {
    this.#restore(this.#boot);
    const object = this.#evaluate("({unlikely_key_:1})", 0);
    const bytes = this.#serialised(this.#valueAt(object));
    if (bytes === null) throw new Error("QuickJS cannot serialise");
    this.#reader.learnFirstAtom(bytes);
  }

  /** Checks that this version of the engine serialises as the reader expects. Throws if not. */
  #checkFormat(): void {
    for (const text of FORMAT_SAMPLES) {
      const [outcome] = this.runEach("javascript", "x=>x", [text]);
      if (outcome.kind !== "value" || outcome.literal !== text) {
        throw new Error(`QuickJS serialises ${text} in an unknown way`);
      }
    }
  }

  /**
   * Returns the text of an atom that every engine has. The engine is asked once, when
   * a program's result first mentions the atom; the program pays no fuel for that.
   */
  #predefinedAtom(atom: number): string | null {
    const known = this.#atomTexts.get(atom);
    if (known !== undefined) return known;
    const fuel = this.#exports.__fuel.value;
    this.#exports.__fuel.value = BOOT_FUEL;
    const handle = this.#scratch + 8;
    this.#setValue(handle, this.#exports.JS_AtomToValue(this.#context, atom));
    const text = this.#exports.qjs_is_string(handle)
      ? this.#text(handle, NAME_CHARS)
      : null;
    this.#exports.__fuel.value = fuel;
    this.#atomTexts.set(atom, text);
    return text;
  }

  #permanentText(text: string): number {
    const bytes = UTF8.encode(text + "\0");
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
    const buffer = this.#exports.memory.buffer;
    if (this.#memoryView.buffer !== buffer) {
      this.#memoryView = new DataView(buffer);
    }
    return this.#memoryView;
  }
}

/** Returns the arguments as the engine reads them, or why the text is not a list of literals. */
function encodedArguments(
  text: string,
  limits: Limits,
): Uint8Array[] | Outcome {
  try {
    const values = parseJavaScriptList(text, limits);
    if (values.length <= MAXIMUM_ARGUMENTS) {
      return values.map(writeBytecodeValue);
    }
    const reason = `more than ${MAXIMUM_ARGUMENTS} arguments`;
    return { kind: "badArgument", reason };
  } catch (error) {
    if (!(error instanceof LiteralError)) throw error;
    return { kind: "badArgument", reason: error.message };
  }
}

/** Starts the engine in a child; see `child.ts`. */
export async function startQuickJs(
  payload: Uint8Array<ArrayBuffer>,
  limits: Limits,
): Promise<LanguageEngine> {
  const { engine, stripper } = readQuickJsPayload(payload);
  const stripTypes: TypeStripper = stripper.length === 0
    ? () => ({
      kind: "syntax",
      message: "this process does not serve TypeScript",
    })
    : typeStripper(stripper, await loadStripperGlue(), limits);
  return new QuickJsEngine(engine, limits, stripTypes);
}

/** Returns the code for an entry's owner: a call such as `Solution()` makes an object. */
function made(owner: string): string {
  return owner.includes("(") ? `new ${owner}` : owner;
}

/** Puts a lone anonymous `function`, which the parser takes for a statement, in brackets. */
function asProgram(source: string): string {
  return /^\s*(?:async\s+)?function\s*\*?\s*\(/.test(source)
    ? `(${source}\n)`
    : source;
}
