/**
 * The Python engine, inside a child: runs one program after the other, each from
 * the very same state of the interpreter.
 *
 * A run is: compile, execute the module, find `f`, build the arguments, call,
 * read the result. Each step is a call of CPython's C interface from outside, so
 * the program finds no frame, variable or function of the executor next to it.
 * Fuel is counted by the rewritten module; what was written is undone page by
 * page. CPython is not trusted to keep to its own objects: crafted bytecode makes
 * it write anywhere, and what that breaks ends with the instance.
 *
 * Several arguments of one program share the steps before the arguments: the
 * state after them is kept and put back, which is the state that a run from the
 * start would have reached.
 *
 * Left out: limits.memoryBytes. The interpreter's memory is the 96 MiB of its
 * image, of which about 75 MiB are free.
 */

import { parseEntry } from "../entry.ts";
import type { LanguageEngine, RunSetting } from "../language_engine.ts";
import { LiteralError } from "../literals/literal.ts";
import { parsePythonCall } from "../literals/literal_python.ts";
import type { PythonCall } from "../literals/python_call.ts";
import { printPython } from "../literals/python_print.ts";
import {
  type Language,
  type Limits,
  type Outcome,
  SCRIPT,
} from "../outcome.ts";
import {
  ForbiddenCall,
  type PythonInterpreter,
  Refusal,
} from "./python_interpreter.ts";
import {
  BuildError,
  ObjectBuilder,
  ObjectReader,
  TYPE_OFFSET,
  typeAddresses,
} from "./python_object.ts";
import { PythonSetting } from "./python_setting.ts";

/** A name of each text in tracebacks. */
type TextName = "program" | "entry" | "setup" | "case";

/** CPython's start symbols: a whole module, or one expression. */
const FILE_INPUT = 257;
const EVAL_INPUT = 258;
/** `PyCF_IGNORE_COOKIE` and `PyCF_SOURCE_IS_UTF8`: what a source says of its encoding is no matter. */
const SOURCE_IS_TEXT = 0x900;
const MINOR_VERSION = 14;
/** Steps for what the engine does before its snapshot. */
const START_FUEL = 0x7fffffff;
/**
 * Steps for reading a result, once the program's are counted. The largest result
 * takes a tenth; a forged object, which makes reading run anything, ends with it.
 */
const READING_FUEL = 50_000_000;
/**
 * Of the stack, for what CPython checks. What it does not check, such as iterators
 * of iterators, may go on to the module's depth limit of 3.5 MB.
 */
const STACK_BYTES = 2_500_000;
const NAME_CHARS = 80;
const MESSAGE_CHARS = 300;
/** What programs usually do: to the pages that half of these write to, most others do. */
const USUAL: readonly [source: string, argument: string][] = [
  ["def f(x):\n    return [x]", "1"],
  [
    "def f(n):\n    total = 0\n    for i in range(n):\n        if i % 3 == 1:\n            total += i * n\n    return total",
    "9",
  ],
  [
    "def f(text):\n    words = [w.upper() for w in text.split() if len(w) > 1]\n    return ' '.join(words).replace('A', '-')",
    "'a few words'",
  ],
  [
    "def f(items):\n    counts = {}\n    for item in items:\n        counts[item] = counts.get(item, 0) + 1\n    return sorted(counts.items())",
    "['b', 'a', 'b']",
  ],
  [
    "def f(xs, k):\n    while len(xs) > k and xs[-1] is not None:\n        xs.append(xs.pop(0) + k)\n        k += 1\n    return xs[::-1], k",
    "[3, 1, 2], 1",
  ],
];
/** A program that is one lambda expression, brackets and blank lines around it allowed. */
const LONE_LAMBDA = /^[\s(]*lambda\b/;

/** A run has ended before its last step. */
class EndOfRun extends Error {
  override name = "EndOfRun";
  constructor(readonly outcome: Outcome) {
    super(outcome.kind);
  }
}

export class PythonEngine implements LanguageEngine {
  readonly #interpreter: PythonInterpreter;
  readonly #builder: ObjectBuilder;
  readonly #reader: ObjectReader;
  /** Of the program that is running. */
  #setting: PythonSetting;
  readonly #names: { program: number; f: number; compilerFlags: number };
  /** The namespace in which every program runs: that of the module `__program__`. */
  readonly #namespace: number;
  #isSuspect = false;
  /** Whether an instance thrown away since the last audit had something left behind. */
  #isSpoiled = false;

  constructor(interpreter: PythonInterpreter, limits: Limits) {
    this.#interpreter = interpreter;
    const { python } = interpreter;
    interpreter.fuel = START_FUEL;
    const cString = (text: string) => this.#cString(text);
    const types = typeAddresses(interpreter, cString);
    this.#builder = new ObjectBuilder(interpreter, types);
    this.#reader = new ObjectReader(interpreter, limits, types, cString);
    this.#setting = this.#settingOf({});
    this.#names = {
      program: this.#cString("<program>"),
      f: this.#cString("f"),
      compilerFlags: python.malloc(8),
    };
    const { compilerFlags } = this.#names;
    interpreter.noteWritten(compilerFlags, 8);
    interpreter.view.setInt32(compilerFlags, SOURCE_IS_TEXT, true);
    interpreter.view.setInt32(compilerFlags + 4, MINOR_VERSION, true);
    const module = python.PyImport_AddModule(this.#cString("__program__"));
    this.#namespace = python.PyModule_GetDict(module);
    python.PyDict_SetItemString(
      this.#namespace,
      this.#cString("__builtins__"),
      python.PyImport_AddModule(this.#cString("builtins")),
    );
    this.#protectStack();
    interpreter.becomeSnapshot();
    interpreter.putBackAlways(USUAL.map(([source, argument]) => () => {
      for (const _ of this.runEach("python", source, [argument], limits));
    }));
  }

  *runEach(
    _language: Language,
    source: string,
    argumentTexts: readonly string[],
    limits: Limits,
    setting: RunSetting = {},
  ): Generator<Outcome> {
    const isTest = setting.testSetup !== undefined;
    const lists = argumentTexts.map((text) =>
      isTest ? text : parsedArguments(text, limits)
    );
    const interpreter = this.#interpreter;
    const own = this.#settingOf(setting);
    const guarded = (step: () => void): Outcome | undefined => {
      this.#setting = own; // others may have run in between
      const outcome = this.#guarded(limits, step);
      return outcome?.kind === "infrastructure"
        ? outcome
        : outcome && { ...outcome, ...own.printed(limits) };
    };
    let f = 0;
    let fuelLeft = 0;
    let isFresh = false; // loaded, and nothing called since
    const load = () => {
      interpreter.restore();
      try {
        own.prepare(this.#namespace);
      } finally {
        interpreter.fuel = limits.fuel; // the program pays for none of that
      }
      f = this.#load(source, limits, setting);
      fuelLeft = interpreter.fuel;
      if (lists.length > 1) interpreter.save();
      isFresh = true;
    };
    const failure = guarded(load);
    for (const list of lists) {
      if (typeof list !== "string" && "kind" in list) {
        yield list;
        isFresh = false; // an audit may have come in between
        continue;
      }
      yield failure ?? guarded(() => {
        if (!isFresh) interpreter.isSaved ? interpreter.restoreSaved() : load();
        isFresh = false;
        interpreter.fuel = fuelLeft;
        throw new EndOfRun(
          typeof list === "string"
            ? this.#runCase(list, limits)
            : this.#call(f, list, limits),
        );
      })!;
    }
  }

  #settingOf(setting: RunSetting): PythonSetting {
    const interpreter = this.#interpreter;
    return new PythonSetting(interpreter, this.#builder, this.#reader, setting);
  }

  /** Instances of the interpreter that a fault has cost so far. */
  get faults(): number {
    return this.#interpreter.instances - 1;
  }

  /** Whether a restore puts every byte back; changes nothing else. */
  restoresCompletely(): boolean {
    this.#interpreter.restore();
    return this.#interpreter.isAsSnapshot();
  }

  get isSuspect(): boolean {
    return this.#isSuspect;
  }

  audit(): boolean {
    if (!this.restoresCompletely()) {
      this.#isSpoiled = true;
      this.#interpreter.renew();
    }
    const isGood = !this.#isSpoiled;
    this.#isSuspect = this.#isSpoiled = false;
    return isGood;
  }

  /** Tells CPython how much of its stack it may use. */
  #protectStack(): void {
    const { python } = this.#interpreter;
    const top = this.#interpreter.stackTop;
    const status = python.PyUnstable_ThreadState_SetStackProtection(
      python.PyThreadState_Get(),
      top - STACK_BYTES,
      STACK_BYTES,
    );
    if (status !== 0) throw new Error("CPython refused its stack limits");
  }

  /**
   * Runs a step; the outcome, if the step ended the run. A trap that no sound
   * interpreter meets is no verdict about the program: the instance is thrown
   * away, and the step must begin anew on the next one. If it traps there too,
   * with nothing run before it, the program breaks the interpreter.
   */
  #guarded(limits: Limits, step: () => void): Outcome | undefined {
    let fault: unknown;
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        return void step();
      } catch (error) {
        const outcome = this.#ending(error, limits);
        if (outcome) return outcome;
        fault = error;
        // What it judged before depends on whether it was sound until now.
        if (!this.restoresCompletely()) this.#isSpoiled = true;
        this.#interpreter.renew();
      }
    }
    const reason = `the program breaks the interpreter: ${fault}`;
    return { kind: "infrastructure", reason };
  }

  /** What an error says about the program; nothing if it is the interpreter's fault. */
  #ending(error: unknown, limits: Limits): Outcome | undefined {
    const interpreter = this.#interpreter;
    if (error instanceof EndOfRun) return error.outcome;
    if (!(error instanceof LiteralError)) this.#isSuspect = true;
    if (interpreter.fuel < 0) return { kind: "fuel", fuel: limits.fuel };
    const fuel = limits.fuel - interpreter.fuel;
    if (error instanceof LiteralError) {
      return { kind: "refused", reason: error.message, fuel };
    }
    const named = error instanceof Refusal
      ? error.message
      : interpreter.refusal;
    if (named) return { kind: "refused", reason: named, fuel };
    if (error instanceof BuildError) return { kind: "memory", fuel };
    if (error instanceof ForbiddenCall) {
      const reason = `asks for what is not there: ${error.message}`;
      return { kind: "refused", reason, fuel };
    }
  }

  /** Compiles and executes the program; returns what is to be called, 0 for nothing. */
  #load(source: string, limits: Limits, setting: RunSetting): number {
    const { entry, testSetup } = setting;
    const isLambda = entry === undefined && LONE_LAMBDA.test(source);
    const result = isLambda
      ? this.#evaluate(source.trim(), "program", EVAL_INPUT, limits)
      : this.#evaluate(source, "program", FILE_INPUT, limits);
    if (testSetup === undefined) {
      if (entry === SCRIPT) return 0;
      return isLambda ? result : this.#entry(entry ?? "f", limits);
    }
    if (entry !== undefined) {
      const { python } = this.#interpreter;
      const candidate = this.#entry(entry, limits);
      const name = this.#cString("candidate");
      python.PyDict_SetItemString(this.#namespace, name, candidate);
    }
    this.#evaluate(testSetup, "setup", FILE_INPUT, limits);
    return 0;
  }

  /** What an entry names; a path is an expression of the program's. */
  #entry(entry: string, limits: Limits): number {
    const { python } = this.#interpreter;
    if (parseEntry(entry)?.owner) {
      return this.#evaluate(entry, "entry", EVAL_INPUT, limits);
    }
    const name = entry === "f" ? this.#names.f : this.#cString(entry);
    const found = python.PyDict_GetItemString(this.#namespace, name);
    if (found !== 0) return found;
    throw new EndOfRun({
      kind: "thrown",
      name: "NoFunction",
      message: `the program defines no function ${entry}`,
      fuel: limits.fuel - this.#interpreter.fuel,
    });
  }

  /** Compiles and executes a text in the program's namespace; its value. */
  #evaluate(
    source: string,
    name: TextName,
    start: number,
    limits: Limits,
  ): number {
    const { python } = this.#interpreter;
    if (source.includes("\0")) {
      throw new EndOfRun({ kind: "syntax", message: "a null character" });
    }
    const text = this.#cString(source);
    const code = python.Py_CompileStringExFlags(
      text,
      name === "program" ? this.#names.program : this.#cString(`<${name}>`),
      start,
      this.#names.compilerFlags,
      -1,
    );
    python.free(text);
    if (code === 0) throw this.#raised("compile", limits);
    const namespace = this.#namespace;
    const result = python.PyEval_EvalCode(code, namespace, namespace);
    python.Py_DecRef(code);
    if (result === 0) throw this.#raised("run", limits);
    return result;
  }

  /** Runs a test's case: a value, None, if its code came to its end. */
  #runCase(code: string, limits: Limits): Outcome {
    this.#evaluate(code, "case", FILE_INPUT, limits);
    const fuel = limits.fuel - this.#interpreter.fuel;
    return { kind: "value", ...printPython(null, limits), fuel };
  }

  #call(f: number, call: PythonCall, limits: Limits): Outcome {
    const interpreter = this.#interpreter;
    if (f === 0) { // a script has ended
      const fuel = limits.fuel - interpreter.fuel;
      return { kind: "value", ...printPython(null, limits), fuel };
    }
    const [items, keywords] = this.#built(call);
    const result = interpreter.python.PyObject_Call(f, items, keywords);
    if (result === 0) throw this.#raised("run", limits);
    const fuel = limits.fuel - interpreter.fuel;
    interpreter.fuel = READING_FUEL;
    try {
      const printed = printPython(this.#reader.read(result), limits);
      return { kind: "value", ...printed, fuel };
    } catch (error) {
      if (!(error instanceof LiteralError)) throw error;
      return { kind: "refused", reason: error.message, fuel };
    }
  }

  /** The objects of a call's arguments; no dict where there are no keywords. */
  #built({ items, keywords }: PythonCall): [items: number, keywords: number] {
    try {
      const named = keywords.length === 0
        ? 0
        : this.#builder.keywords(keywords);
      return [this.#builder.tuple(items), named];
    } catch (error) {
      if (!(error instanceof LiteralError)) throw error;
      throw new EndOfRun({ kind: "badArgument", reason: error.message });
    }
  }

  /** Turns the pending exception into the outcome it means. */
  #raised(phase: "compile" | "run", limits: Limits): EndOfRun {
    const { python, view } = this.#interpreter;
    const exception = python.PyErr_GetRaisedException();
    const type = view.getUint32(exception + TYPE_OFFSET, true);
    const fuel = () => limits.fuel - this.#interpreter.fuel;
    if (type === this.#interpreter.pointer("PyExc_MemoryError")) {
      return new EndOfRun({ kind: "memory", fuel: fuel() });
    }
    const name = this.#reader.typeName(exception).slice(0, NAME_CHARS);
    const message = this.#message(exception);
    const syntaxError = this.#interpreter.pointer("PyExc_SyntaxError");
    const isSyntax = phase === "compile" &&
      python.PyType_IsSubtype(type, syntaxError) === 1;
    if (isSyntax) return new EndOfRun({ kind: "syntax", message });
    const used = fuel();
    const details = this.#setting.failedAt(exception);
    const outcome = { kind: "thrown", name, message, fuel: used } as const;
    return new EndOfRun({ ...outcome, ...details });
  }

  /** `str` of the exception, which may be the program's own code. */
  #message(exception: number): string {
    const { python } = this.#interpreter;
    const text = python.PyObject_Str(exception);
    if (text === 0) {
      python.PyErr_Clear();
      return "";
    }
    try {
      return this.#reader.shortText(text, MESSAGE_CHARS);
    } catch (error) {
      if (error instanceof LiteralError) return "";
      throw error;
    }
  }

  /** A null-terminated copy in the interpreter's memory. */
  #cString(text: string): number {
    const bytes = new TextEncoder().encode(`${text}\0`);
    const address = this.#interpreter.python.malloc(bytes.length);
    if (address === 0) throw new BuildError("no memory for the source");
    this.#interpreter.write(address, bytes);
    return address;
  }
}

function parsedArguments(
  text: string,
  limits: Limits,
): PythonCall | Extract<Outcome, { kind: "badArgument" }> {
  try {
    return parsePythonCall(text, limits);
  } catch (error) {
    if (!(error instanceof LiteralError)) throw error;
    return { kind: "badArgument", reason: error.message };
  }
}
