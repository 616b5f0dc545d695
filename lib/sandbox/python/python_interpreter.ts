/**
 * The interpreter as a machine: an instance made from the image, its memory put
 * back to an earlier state, its fuel. What it computes is `python_engine.ts`'s
 * affair.
 *
 * The guest is given no host function that does anything: output is swallowed,
 * files do not exist, memory does not grow, and every other import throws
 * {@link ForbiddenCall}, which no Python code can catch. There is no JavaScript
 * object, permission or file behind any of them.
 */

import { Buffer } from "node:buffer";

import { FUEL_EXPORT } from "../wasm/meter.ts";
import {
  HEAP_BYTES,
  type InstanceState,
  readImage,
  unpackMemory,
  usedLength,
} from "./python_image.ts";
import { REFUSAL_EXPORT, REFUSALS } from "./python_width.ts";
import {
  EXPECTED_START,
  NOTE_EXPORT,
  PAGE_BYTES,
  PAGE_SHIFT,
  PUT_BACK_EXPORT,
} from "./python_expected.ts";
import { PAGE_MAP } from "./python_pages.ts";

/** A program asked for something that is not there: a clock, entropy, the system. */
export class ForbiddenCall extends Error {
  override name = "ForbiddenCall";
}

/** The boot text, or a program, ends the run and says why. */
export class Refusal extends Error {
  override name = "Refusal";
}

/** Functions of CPython's C interface that the executor calls. All take addresses. */
export interface PythonExports {
  PyBytes_AsString(object: number): number;
  PyBytes_FromStringAndSize(text: number, length: number): number;
  PyBytes_Size(object: number): number;
  PyComplex_FromDoubles(real: number, imaginary: number): number;
  PyComplex_ImagAsDouble(object: number): number;
  PyComplex_RealAsDouble(object: number): number;
  PyDict_GetItemString(dict: number, key: number): number;
  PyDict_New(): number;
  PyDict_Next(
    dict: number,
    position: number,
    key: number,
    value: number,
  ): number;
  PyDict_SetItem(dict: number, key: number, value: number): number;
  PyDict_SetItemString(dict: number, key: number, value: number): number;
  PyDict_Size(dict: number): number;
  PyErr_Clear(): void;
  PyErr_GetRaisedException(): number;
  PyEval_EvalCode(code: number, globals: number, locals: number): number;
  PyException_GetTraceback(exception: number): number;
  PyFloat_AsDouble(object: number): number;
  PyFloat_FromDouble(value: number): number;
  PyFrozenSet_New(iterable: number): number;
  PyImport_AddModule(name: number): number;
  PyList_GetItem(list: number, index: number): number;
  PyList_New(length: number): number;
  PyList_SetItem(list: number, index: number, item: number): number;
  PyList_Size(list: number): number;
  PyLong_AsLong(object: number): number;
  PyLong_AsLongAndOverflow(object: number, overflow: number): number;
  PyLong_FromLong(value: number): number;
  PyLong_FromString(text: number, end: number, base: number): number;
  PyModule_GetDict(module: number): number;
  PyNumber_ToBase(object: number, base: number): number;
  PyObject_Call(callable: number, list: number, options: number): number;
  PyObject_GetAttrString(object: number, name: number): number;
  PyObject_Size(object: number): number;
  PyObject_Str(object: number): number;
  PySequence_List(object: number): number;
  PySet_Add(set: number, key: number): number;
  PySet_New(iterable: number): number;
  PySet_Size(set: number): number;
  PyTuple_GetItem(tuple: number, index: number): number;
  PyTuple_New(length: number): number;
  PyTuple_SetItem(tuple: number, index: number, item: number): number;
  PyTuple_Size(tuple: number): number;
  PyThreadState_Get(): number;
  PyType_IsSubtype(type: number, other: number): number;
  PyUnicode_AsUTF8AndSize(object: number, size: number): number;
  PyUnicode_FromStringAndSize(text: number, length: number): number;
  PyUnicode_GetLength(object: number): number;
  PyUnstable_ThreadState_SetStackProtection(
    thread: number,
    start: number,
    bytes: number,
  ): number;
  Py_CompileStringExFlags(
    source: number,
    filename: number,
    start: number,
    flags: number,
    optimise: number,
  ): number;
  Py_DecRef(object: number): void;
  _PyLong_NumBits(object: number): bigint;
  _PySet_NextEntry(
    set: number,
    position: number,
    key: number,
    hash: number,
  ): number;
  free(address: number): void;
  malloc(bytes: number): number;
  sbrk(bytes: number): number;
}

/** Most of a refusal's text. */
const REFUSAL_BYTES = 200;

/** What instances are made from. */
interface Parts {
  module: WebAssembly.Module;
  trampoline: WebAssembly.Module;
  state: InstanceState;
}

export class PythonInterpreter {
  /** Instances made so far; each but the first replaced one that was broken. */
  instances = 0;
  python!: PythonExports;
  bytes!: Uint8Array<ArrayBuffer>;
  view!: DataView<ArrayBuffer>;
  readonly #parts: Parts;
  #exports!: WebAssembly.Exports;
  #fuel!: WebAssembly.Global;
  #note!: CallableFunction;
  #putBack!: CallableFunction;
  #globals: [global: WebAssembly.Global, value: number][] = [];
  /** All memory as a restore leaves it: the state at the start, or the one kept. */
  #expected: Uint8Array<ArrayBuffer>;
  /** Where the zeros begin that end the state at the start. */
  #usedLength: number;
  #map!: Uint8Array;
  #mapWords!: Uint32Array;
  /** Notes of the pages that every restore puts back, written or not. */
  #always = new Uint8Array(HEAP_BYTES / PAGE_BYTES);
  /** Pages of the state at the start that the kept state has in another form. */
  #saved: Map<number, Uint8Array> | null = null;

  private constructor(parts: Parts, snapshot: Uint8Array<ArrayBuffer>) {
    this.#parts = parts;
    this.#expected = snapshot;
    this.#usedLength = snapshot.length;
    this.renew();
  }

  /** A function for each snapshot of the image, which makes its interpreter. */
  static async starters(
    image: Uint8Array<ArrayBuffer>,
  ): Promise<(() => PythonInterpreter)[]> {
    const { wasm, trampoline, snapshots } = readImage(image);
    const [module, helper] = await Promise.all(
      [wasm, trampoline].map((code) => WebAssembly.compile(code)),
    );
    return snapshots.map(({ memory, state }) => {
      const parts = { module, trampoline: helper, state };
      const packed = memory.slice(); // the rest of the image is not kept
      return () => new PythonInterpreter(parts, unpackMemory(packed));
    });
  }

  /** Throws the instance away, and what may be broken in it; a new one from the snapshot. */
  renew(): void {
    const { module, trampoline, state } = this.#parts;
    const imports = guestImports(module, state.importedGlobals, () => this);
    const { exports } = new WebAssembly.Instance(module, imports);
    const table = exports.__indirect_function_table as WebAssembly.Table;
    table.grow(state.tableLength - table.length);
    for (const [slot, name] of state.tableExports) {
      table.set(slot, exports[name] as CallableFunction);
    }
    const env = { ...exports, __indirect_function_table: table };
    const helper = new WebAssembly.Instance(trampoline, { env });
    const trampolineCall = helper.exports.trampoline_call as CallableFunction;
    table.set(state.trampolineSlot, trampolineCall);
    this.instances++;
    this.#adopt(exports);
  }

  #adopt(exports: WebAssembly.Exports): void {
    this.#exports = exports;
    this.python = exports as unknown as PythonExports;
    this.#fuel = exports[FUEL_EXPORT] as WebAssembly.Global;
    this.#globals = Object.entries(this.#parts.state.globals)
      .map(([name, value]) => [exports[name] as WebAssembly.Global, value]);
    this.#note = exports[NOTE_EXPORT] as CallableFunction;
    this.#putBack = exports[PUT_BACK_EXPORT] as CallableFunction;
    const memory = (exports.memory as WebAssembly.Memory).buffer as ArrayBuffer;
    const map = (exports[PAGE_MAP] as WebAssembly.Memory).buffer as ArrayBuffer;
    this.bytes = new Uint8Array(memory);
    this.view = new DataView(memory);
    this.#map = new Uint8Array(map, 0, HEAP_BYTES / PAGE_BYTES);
    this.#mapWords = new Uint32Array(map, 0, HEAP_BYTES / PAGE_BYTES / 4);
    this.#forgetSaved();
    const snapshot = this.#expected.subarray(0, this.#usedLength);
    this.#expected = new Uint8Array(map, EXPECTED_START, HEAP_BYTES);
    this.#expected.set(snapshot);
    this.bytes.set(snapshot);
    this.#map.set(this.#always);
    this.#resetGlobals();
  }

  #resetGlobals(): void {
    for (const [global, value] of this.#globals) global.value = value;
  }

  /** Address of an exported variable, or the object that it points to. */
  address(name: string): number {
    return (this.#exports[name] as WebAssembly.Global).value;
  }

  pointer(name: string): number {
    return this.view.getUint32(this.address(name), true);
  }

  /** Where the interpreter's stack ends while nothing runs; it grows downwards. */
  get stackTop(): number {
    return (this.#exports.__stack_pointer as WebAssembly.Global).value;
  }

  /** Why the interpreter's own code ended the run, if it did; see `python_width.ts`. */
  get refusal(): string | undefined {
    return REFUSALS[
      (this.#exports[REFUSAL_EXPORT] as WebAssembly.Global).value
    ];
  }

  get fuel(): number {
    return this.#fuel.value;
  }

  set fuel(steps: number) {
    this.#fuel.value = steps;
  }

  /** The beginning of a text that ends with a zero. */
  shortText(address: number): string {
    const bytes = this.bytes.subarray(address, address + REFUSAL_BYTES);
    const end = bytes.indexOf(0);
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  }

  /** Writes host data where the guest can read it; the restore will undo it. */
  write(address: number, data: Uint8Array): void {
    this.noteWritten(address, data.length);
    this.bytes.set(data, address);
  }

  /** Before the host writes; throws if there is not what should be. */
  noteWritten(address: number, length: number): void {
    this.#note(address, length);
  }

  /** Makes the present state the one that all restores go back to. Once, at start. */
  becomeSnapshot(): void {
    this.#usedLength = usedLength(this.bytes);
    const used = this.bytes.subarray(0, this.#usedLength);
    this.#expected.fill(0, used.length).set(used);
    this.#map.fill(0);
  }

  /**
   * Has the pages that half of some programs write to put back by every restore.
   * Nothing that is left in one of them meets the next program, so such a page is
   * not compared before it is written. Each program begins with a restore.
   */
  putBackAlways(programs: readonly (() => void)[]): void {
    const counts = new Uint8Array(this.#map.length);
    for (const run of programs) {
      run();
      this.#map.forEach((note, page) => counts[page] += note);
    }
    this.#always = counts.map((count) => 2 * count < programs.length ? 0 : 1);
  }

  /** Puts back every page that was written since the snapshot. */
  restore(): void {
    this.#forgetSaved();
    this.restoreSaved();
  }

  /** Keeps the present state, for {@link restoreSaved}; ends with the next restore. */
  save(): void {
    const saved = new Map<number, Uint8Array>();
    // A write may have reached into the page behind: that one is kept whole too.
    this.#eachDirtyRun((start, end) => {
      for (let page = start; page <= end && page < HEAP_BYTES;) {
        const expected = this.#expected.subarray(page, page + PAGE_BYTES);
        if (!saved.has(page)) saved.set(page, expected.slice());
        expected.set(this.bytes.subarray(page, page + PAGE_BYTES));
        page += PAGE_BYTES;
      }
    });
    this.#saved = saved;
    this.#map.set(this.#always);
  }

  /** Ends what {@link save} began: its pages have to be put back, and are noted. */
  #forgetSaved(): void {
    for (const [page, content] of this.#saved ?? []) {
      this.#expected.set(content, page);
      this.#map[page >> PAGE_SHIFT] = 1;
    }
    this.#saved = null;
  }

  /** Back to the state that was kept, or to the one at the start. */
  restoreSaved(): void {
    this.#putBack();
    this.#map.set(this.#always);
    this.#resetGlobals();
  }

  /** Whether a state was saved that {@link restoreSaved} can go back to. */
  get isSaved(): boolean {
    return this.#saved !== null;
  }

  /** Whether every byte of the 96 MiB is that of the snapshot: about 3 ms. */
  isAsSnapshot(): boolean {
    const known = this.#usedLength;
    const zeros = new Uint8Array(1 << 20);
    for (let start = known; start < HEAP_BYTES; start += zeros.length) {
      const rest = this.bytes.subarray(start, start + zeros.length);
      if (!sameBytes(rest, zeros.subarray(0, rest.length))) return false;
    }
    const [found, expected] = [this.bytes, this.#expected];
    return sameBytes(found.subarray(0, known), expected.subarray(0, known));
  }

  /** Calls back with the addresses of written pages, neighbours joined. */
  #eachDirtyRun(act: (start: number, end: number) => void): void {
    const words = this.#mapWords;
    const map = this.#map;
    for (let page = 0; page < map.length;) {
      if (map[page] === 0) {
        page++;
        // Four clean pages at a time, once at the start of a word.
        while ((page & 3) === 0 && words[page >> 2] === 0) page += 4;
        continue;
      }
      const first = page;
      while (map[page]) page++;
      act(first * PAGE_BYTES, page * PAGE_BYTES);
    }
  }
}

/** The file system holds nothing: "no such file or directory", in WASI's numbers. */
const NO_SUCH_FILE = -44;
const NO_FILES = [
  ...["__syscall_openat", "__syscall_stat64", "__syscall_newfstatat"],
  ...["__syscall_lstat64", "__syscall_faccessat", "__syscall_readlinkat"],
  ...["__syscall_chdir", "__syscall_mkdirat", "__syscall_unlinkat"],
  ...["__syscall_rmdir", "__syscall_renameat", "__syscall_getcwd"],
];

/** Every import of the module: two that do nothing, no files, and refusals. */
function guestImports(
  module: WebAssembly.Module,
  importedGlobals: Record<string, number>,
  interpreter: () => PythonInterpreter,
): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (
    const { module: from, name, kind } of WebAssembly.Module.imports(module)
  ) {
    imports[from] ??= {};
    if (kind === "global") {
      const type = { value: "i32", mutable: true } as const;
      imports[from][name] = new WebAssembly.Global(type, importedGlobals[name]);
    } else {
      imports[from][name] = () => {
        throw new ForbiddenCall(name);
      };
    }
  }
  for (const name of NO_FILES) imports.env[name] = () => NO_SUCH_FILE;
  imports.env.emscripten_resize_heap = () => 0;
  imports.env.__syscall_symlinkat = (text: number) => {
    throw new Refusal(interpreter().shortText(text));
  };
  imports.wasi_snapshot_preview1.fd_write = (
    _file: number,
    vectors: number,
    count: number,
    out: number,
  ) => swallow(interpreter(), vectors, count, out);
  return imports;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** POSIX's `IOV_MAX`: more than these at once are an error, and no work for the host. */
const MOST_VECTORS = 1024;
const INVALID_ARGUMENT = 28;

/** Output goes nowhere; the guest is told that all of it was written. */
function swallow(
  interpreter: PythonInterpreter,
  vectors: number,
  count: number,
  out: number,
): number {
  if (count < 0 || count > MOST_VECTORS) return INVALID_ARGUMENT;
  const { view } = interpreter;
  let total = 0;
  for (let i = 0; i < count; i++) {
    total += view.getUint32(vectors + 8 * i + 4, true);
  }
  interpreter.noteWritten(out, 4);
  view.setUint32(out, total, true);
  return 0;
}
