/**
 * What a Python job may ask for besides the plain call: standard input, captured
 * output, seeded random numbers, less memory, an entry by name, test code.
 *
 * Preparations are texts of this file, executed before the program, on fuel of their
 * own and in a namespace of their own. They get their data as objects. The output is
 * then read out of the interpreter's memory from outside, so that nothing of the
 * program takes part in it and a run that ended in a trap has it too.
 *
 * Left out: file descriptors. `os.write` and `open(0)` meet no input and no output.
 */

import type { RunSetting } from "../language_engine.ts";
import { PythonBytes, type PythonValue } from "../literals/python_value.ts";
import { type Details, type Limits, SCRIPT } from "../outcome.ts";
import { HEAP_BYTES } from "./python_image.ts";
import type { PythonInterpreter } from "./python_interpreter.ts";
import {
  BuildError,
  type ObjectBuilder,
  type ObjectReader,
} from "./python_object.ts";

/** CPython's start symbol of a whole module. */
const FILE_INPUT = 257;
/** Names in a traceback are longer than this only by intent. */
const FILE_CHARS = 80;
/** Steps for the preparations, and for reading a traceback, which may be a forged one. */
const OWN_FUEL = 50_000_000;
const UTF8 = new TextEncoder();

const GIVE_STDIN = `
import io, sys
sys.stdin = io.TextIOWrapper(io.BytesIO(data), encoding='utf-8')
`;
const KEEP_STDOUT = `
import io, sys
kept = io.BytesIO()
sys.stdout = io.TextIOWrapper(kept, encoding='utf-8', newline='\\n', write_through=True)
`;
const SEED = `
import random
random.seed(seed)
`;

/** Fields of a `BytesIO`: its buffer, a `bytes` whose text is at 16, and its length. */
const BUFFER_OFFSET = 8;
const LENGTH_OFFSET = 16;
const BYTES_OFFSET = 16;
/** Parts of a traceback and of its frames, as Python names them. */
const CODE_FILE = ["tb_frame", "f_code", "co_filename"];
/** More frames than a program can have open. */
const MOST_FRAMES = 10_000;

export class PythonSetting {
  readonly #interpreter: PythonInterpreter;
  readonly #builder: ObjectBuilder;
  readonly #reader: ObjectReader;
  readonly #setting: RunSetting;
  /** The `BytesIO` that holds the output; 0 where none is kept. */
  #kept = 0;

  constructor(
    interpreter: PythonInterpreter,
    builder: ObjectBuilder,
    reader: ObjectReader,
    setting: RunSetting = {},
  ) {
    this.#interpreter = interpreter;
    this.#builder = builder;
    this.#reader = reader;
    this.#setting = setting;
  }

  /** Does what a run asks for before its program is loaded, into a fresh interpreter. */
  prepare(programNamespace: number): void {
    const { stdin, captureStdout, seed, limits, entry } = this.#setting;
    const interpreter = this.#interpreter;
    this.#kept = 0;
    interpreter.fuel = OWN_FUEL;
    const data: Record<string, PythonValue> = {};
    let source = "";
    if (stdin !== undefined) {
      data.data = new PythonBytes(latin1(UTF8.encode(stdin)));
      source += GIVE_STDIN;
    }
    if (captureStdout) source += KEEP_STDOUT;
    if (seed !== undefined) {
      data.seed = BigInt(seed);
      source += SEED;
    }
    if (source) this.#execute(source, data);
    if (entry === SCRIPT) {
      this.#setItem(programNamespace, "__name__", this.#builder.build(SCRIPT));
    }
    if (limits?.memoryBytes !== undefined) this.#take(limits.memoryBytes);
  }

  /** What the run printed so far, where it was kept. */
  printed({ stdoutChars }: Limits): Details {
    if (this.#kept === 0) return {};
    const { view, bytes } = this.#interpreter;
    const buffer = view.getUint32(this.#kept + BUFFER_OFFSET, true);
    if (buffer === 0) return { stdout: "" }; // the program closed it
    const start = buffer + BYTES_OFFSET;
    const length = view.getUint32(this.#kept + LENGTH_OFFSET, true);
    // At most three bytes of UTF-8 make a UTF-16 unit.
    const end = Math.min(start + length, start + 3 * stdoutChars);
    const text = new TextDecoder().decode(bytes.subarray(start, end));
    const stdout = text.slice(0, stdoutChars);
    const isCut = end < start + length || stdout.length < text.length;
    return isCut ? { stdout, stdoutCut: true } : { stdout };
  }

  /** Of a test, where in its code an exception was raised: the innermost frame of there. */
  failedAt(exception: number): Details {
    if (this.#setting.testSetup === undefined) return {};
    const interpreter = this.#interpreter;
    const { python } = interpreter;
    const fuel = interpreter.fuel;
    interpreter.fuel = OWN_FUEL; // no code of the program takes part
    let found: Details = {};
    let trace = python.PyException_GetTraceback(exception);
    const end = interpreter.address("_Py_NoneStruct");
    for (let i = 0; trace !== 0 && trace !== end && i < MOST_FRAMES; i++) {
      const file = this.#attribute(trace, CODE_FILE);
      const text = file && this.#reader.shortText(file, FILE_CHARS);
      const line = this.#attribute(trace, ["tb_lineno"]);
      if (line !== 0 && (text === "<setup>" || text === "<case>")) {
        const name = text === "<setup>" ? "setup" : "case";
        const number = python.PyLong_AsLong(line);
        found = { failedAt: { text: name, line: number } };
      }
      trace = this.#attribute(trace, ["tb_next"]);
    }
    python.PyErr_Clear();
    interpreter.fuel = fuel;
    return found;
  }

  /** Executes a text of this file; keeps its namespace alive and notes the output's place. */
  #execute(source: string, data: Record<string, PythonValue>): void {
    const { python } = this.#interpreter;
    const namespace = this.#done(python.PyDict_New());
    const builtins = python.PyImport_AddModule(this.#cString("builtins"));
    const key = this.#cString("__builtins__");
    python.PyDict_SetItemString(namespace, key, builtins);
    for (const [name, value] of Object.entries(data)) {
      this.#setItem(namespace, name, this.#builder.build(value));
    }
    const text = this.#cString(source);
    const file = this.#cString("<setting>");
    const code = this.#done(
      python.Py_CompileStringExFlags(text, file, FILE_INPUT, 0, -1),
    );
    this.#done(python.PyEval_EvalCode(code, namespace, namespace));
    const kept = this.#cString("kept");
    this.#kept = python.PyDict_GetItemString(namespace, kept);
  }

  /** Takes memory away until about as much as wanted is free. */
  #take(wanted: number): void {
    const { python } = this.#interpreter;
    const excess = HEAP_BYTES - python.sbrk(0) - wanted;
    if (excess > 0) python.malloc(excess);
  }

  #setItem(namespace: number, name: string, object: number): void {
    const { python } = this.#interpreter;
    python.PyDict_SetItemString(namespace, this.#cString(name), object);
  }

  /** An attribute of an attribute, of objects whose types are CPython's own. */
  #attribute(object: number, names: readonly string[]): number {
    const { python } = this.#interpreter;
    return names.reduce(
      (owner, name) =>
        owner && python.PyObject_GetAttrString(owner, this.#cString(name)),
      object,
    );
  }

  #done(object: number): number {
    if (object === 0) throw new BuildError("no memory for the setting");
    return object;
  }

  /** A null-terminated copy in the interpreter's memory. */
  #cString(text: string): number {
    const bytes = UTF8.encode(`${text}\0`);
    const address = this.#done(this.#interpreter.python.malloc(bytes.length));
    this.#interpreter.write(address, bytes);
    return address;
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}
