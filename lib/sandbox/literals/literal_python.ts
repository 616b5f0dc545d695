/**
 * Python literals as data: the parser, the printer and what equals what.
 *
 * The sibling of `literal.ts`, for the same reasons and with the same two texts:
 * the literal is Python's own `repr` without the spaces after commas and colons,
 * and the canonical text has the entries of dicts and sets sorted.
 *
 * Accepted: `None`, `True`, `False`, integers of any size and base, floats,
 * imaginary and complex numbers, `nan` and `inf` (as `repr` prints them, or as
 * `float('nan')`), strings and bytes with every prefix but `f`, adjacent strings,
 * tuples, lists, dicts, sets, `set()`, `frozenset(…)`. Comments are not.
 *
 * Decisions, each of which a test holds:
 * - types count: `1`, `1.0` and `True` differ, a list is not a tuple, a set is
 *   not a frozenset (Python's `==` would call all but the second pair equal, and
 *   the official code, which compares with it, rewards `True` for `1`);
 * - `nan` equals `nan`; `0.0` and `-0.0` differ;
 * - the parts of a complex number have no negative zero, which its literals cannot
 *   write: `-1j` is `-0-1j` to Python and prints as something else again;
 * - order counts in lists and tuples, and not in dicts and sets;
 * - equal keys collapse as Python collapses them: `{1:'a',True:'b'}` is `{1:'b'}`;
 * - text is Unicode scalars: a lone surrogate is refused, written either way.
 */

import {
  LiteralError,
  type LiteralLimits,
  type PrintedValue,
} from "./literal_javascript.ts";

/** A Python value that is data: `bigint` is an int, `number` a float. */
export type PythonValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | PythonValue[]
  | PythonBytes
  | PythonComplex
  | PythonTuple
  | PythonDict
  | PythonSet;

export class PythonBytes {
  /** One character, U+0000 to U+00FF, for each byte. */
  constructor(readonly latin1: string) {}
}

export class PythonComplex {
  constructor(readonly real: number, readonly imaginary: number) {
    // Adding zero takes the sign from a negative zero.
    this.real = real + 0;
    this.imaginary = imaginary + 0;
  }
}

export class PythonTuple {
  constructor(readonly items: readonly PythonValue[]) {}
}

export class PythonDict {
  /** Later entries replace the values, and keep the keys, of equal earlier ones. */
  constructor(
    readonly entries: readonly (readonly [PythonValue, PythonValue])[],
  ) {
    const byKey = new Map<string, [PythonValue, PythonValue]>();
    for (const [key, value] of entries) {
      const identity = hashKey(key);
      const known = byKey.get(identity);
      if (known) known[1] = value;
      else byKey.set(identity, [key, value]);
    }
    this.entries = [...byKey.values()];
  }
}

export class PythonSet {
  constructor(
    readonly items: readonly PythonValue[],
    readonly isFrozen: boolean,
  ) {
    const byKey = new Map<string, PythonValue>();
    for (const item of items) {
      const identity = hashKey(item);
      if (!byKey.has(identity)) byKey.set(identity, item);
    }
    this.items = [...byKey.values()];
  }
}

/** Parses a comma-separated list of literals, as between the brackets of a call. */
export function parsePythonList(
  text: string,
  limits: LiteralLimits,
): PythonValue[] {
  return new PythonLiteralParser(text, limits).list().items;
}

/** Parses exactly one literal; `1, 2` is the tuple that Python makes of it. */
export function parsePythonLiteral(
  text: string,
  limits: LiteralLimits,
): PythonValue {
  const { items, endsInComma } = new PythonLiteralParser(text, limits).list();
  if (items.length === 0) throw new LiteralError("one value expected, found 0");
  return items.length === 1 && !endsInComma ? items[0] : new PythonTuple(items);
}

/** Prints a value. Throws a LiteralError when it exceeds the limits. */
export function printPython(
  value: PythonValue,
  limits: LiteralLimits,
): PrintedValue {
  const printer = new PythonLiteralPrinter(limits, false);
  const literal = printer.print(value);
  if (!printer.sawUnordered) return { literal, canonical: literal };
  return {
    literal,
    canonical: new PythonLiteralPrinter(limits, true).print(value),
  };
}

const DIGITS = "[0-9](?:_?[0-9])*";
const INTEGER =
  /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?[0-9])*/y;
const POINT = new RegExp(
  `(?:${DIGITS}\\.(?:${DIGITS})?|\\.${DIGITS}|${DIGITS}(?=[eEjJ]))(?:[eE][+-]?${DIGITS})?`,
  "y",
);
const WORD = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const STRING_START = /([rR]?[bB]?|[bB][rR]|[uU])("""|'''|"|')/y;
const SIMPLE_ESCAPES: Record<string, string> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

class PythonLiteralParser {
  readonly #text: string;
  readonly #limits: LiteralLimits;
  #position = 0;
  #nodes = 0;

  constructor(text: string, limits: LiteralLimits) {
    if (text.length > limits.literalChars) {
      throw new LiteralError(`longer than ${limits.literalChars} characters`);
    }
    if (!text.isWellFormed()) throw new LiteralError("a lone surrogate");
    this.#text = text;
    this.#limits = limits;
  }

  list(): { items: PythonValue[]; endsInComma: boolean } {
    const items = this.#items("", 0);
    return items;
  }

  /** Values up to `close` (or the end of the text), which is consumed. */
  #items(
    close: string,
    depth: number,
  ): { items: PythonValue[]; endsInComma: boolean } {
    const items: PythonValue[] = [];
    let endsInComma = false;
    while (!this.#closes(close)) {
      items.push(this.#value(depth));
      endsInComma = this.#separator(close);
    }
    return { items, endsInComma };
  }

  /** Whether `close` is next; consumes it. */
  #closes(close: string): boolean {
    this.#skipSpace();
    if (close === "") return this.#position >= this.#text.length;
    if (this.#text[this.#position] !== close) return false;
    this.#position++;
    return true;
  }

  /** Consumes a comma if there is one; otherwise `close` must follow. */
  #separator(close: string): boolean {
    this.#skipSpace();
    const next = this.#text[this.#position];
    if (next === ",") {
      this.#position++;
      return true;
    }
    if (next !== (close === "" ? undefined : close)) {
      this.#fail(close === "" ? "expected a comma" : `expected , or ${close}`);
    }
    return false;
  }

  #value(depth: number): PythonValue {
    if (++this.#nodes > this.#limits.valueNodes) {
      throw new LiteralError(`more than ${this.#limits.valueNodes} values`);
    }
    if (depth > this.#limits.valueDepth) {
      throw new LiteralError(`nested deeper than ${this.#limits.valueDepth}`);
    }
    this.#skipSpace();
    const first = this.#text[this.#position];
    if (first === undefined) this.#fail("a value is missing");
    if (first === "[") {
      this.#position++;
      return this.#items("]", depth + 1).items;
    }
    if (first === "(") return this.#tuple(depth);
    if (first === "{") return this.#braces(depth);
    if (/[0-9.+-]/.test(first)) return this.#number();
    STRING_START.lastIndex = this.#position;
    if (STRING_START.test(this.#text)) return this.#strings();
    return this.#named(depth);
  }

  #tuple(depth: number): PythonValue {
    this.#position++;
    const { items, endsInComma } = this.#items(")", depth + 1);
    return items.length === 1 && !endsInComma
      ? items[0]
      : new PythonTuple(items);
  }

  /** A dict or a set: the first colon decides. */
  #braces(depth: number): PythonValue {
    this.#position++;
    const keys: PythonValue[] = [];
    const values: PythonValue[] = [];
    while (!this.#closes("}")) {
      keys.push(this.#value(depth + 1));
      this.#skipSpace();
      if (this.#text[this.#position] === ":") {
        this.#position++;
        values.push(this.#value(depth + 1));
      }
      if (values.length !== 0 && values.length !== keys.length) {
        this.#fail("a dict or a set, not both");
      }
      this.#separator("}");
    }
    if (keys.length > 0 && values.length === 0) {
      return new PythonSet(keys, false);
    }
    return new PythonDict(keys.map((key, i) => [key, values[i]] as const));
  }

  #named(depth: number): PythonValue {
    const word = this.#word();
    switch (word) {
      case "None":
        return null;
      case "True":
        return true;
      case "False":
        return false;
      case "nan":
        return NaN;
      case "inf":
        return Infinity;
      case "float":
      case "set":
      case "frozenset":
        return this.#construction(word, depth);
    }
    this.#fail(
      word === "" ? "not a literal" : `the name ${word} is not a literal`,
    );
  }

  /** `float('nan')`, `set()`, `frozenset({…})`: texts for values without a literal. */
  #construction(word: string, depth: number): PythonValue {
    this.#skipSpace();
    this.#expect("(");
    const { items } = this.#items(")", depth + 1);
    if (word === "float") return this.#namedFloat(items);
    if (items.length === 0) return new PythonSet([], word === "frozenset");
    const [source] = items;
    const isOne = items.length === 1;
    if (isOne && Array.isArray(source)) {
      return new PythonSet(source, word === "frozenset");
    }
    if (
      isOne && (source instanceof PythonSet || source instanceof PythonTuple)
    ) {
      return new PythonSet(source.items, word === "frozenset");
    }
    this.#fail(`${word} takes one list, tuple or set`);
  }

  #namedFloat(items: readonly PythonValue[]): number {
    const name = items.length === 1 && typeof items[0] === "string"
      ? items[0].trim().toLowerCase()
      : "";
    const match = /^([+-]?)(nan|inf|infinity)$/.exec(name);
    if (!match) this.#fail("float takes 'nan', 'inf' or '-inf'");
    const magnitude = match[2] === "nan" ? NaN : Infinity;
    return match[1] === "-" ? -magnitude : magnitude;
  }

  /** A signed number, or a complex number written as a sum. */
  #number(): PythonValue {
    const first = this.#signed();
    if (first instanceof PythonComplex) return first;
    const start = this.#position;
    this.#skipSpace();
    const sign = this.#text[this.#position];
    if (sign !== "+" && sign !== "-") {
      this.#position = start;
      return first;
    }
    const second = this.#signed();
    if (!(second instanceof PythonComplex)) {
      this.#fail("a sum is not a literal");
    }
    return new PythonComplex(Number(first), second.imaginary);
  }

  #signed(): bigint | number | PythonComplex {
    const sign = this.#text[this.#position];
    if (sign !== "-" && sign !== "+") return this.#unsigned();
    this.#position++;
    this.#skipSpace();
    if (this.#text.startsWith("inf", this.#position)) {
      if (this.#word() !== "inf") this.#fail("not a literal");
      return sign === "-" ? -Infinity : Infinity;
    }
    if (this.#text.startsWith("nan", this.#position)) {
      if (this.#word() !== "nan") this.#fail("not a literal");
      return NaN;
    }
    const value = this.#unsigned();
    if (sign === "+") return value;
    return value instanceof PythonComplex
      ? new PythonComplex(-value.real, -value.imaginary)
      : -value;
  }

  #unsigned(): bigint | number | PythonComplex {
    const point = this.#matchHere(POINT);
    const digits =
      (point ?? this.#matchHere(INTEGER) ?? this.#fail("not a number"))
        .replaceAll("_", "");
    const next = this.#text[this.#position] ?? "";
    const isImaginary = next === "j" || next === "J";
    if (isImaginary) this.#position++;
    const after = this.#text.codePointAt(this.#position);
    if (
      after !== undefined &&
      /[\p{ID_Continue}.]/u.test(String.fromCodePoint(after))
    ) {
      this.#fail("not a number");
    }
    if (isImaginary) return new PythonComplex(0, Number(digits));
    return point === null ? BigInt(digits) : Number(digits);
  }

  #matchHere(pattern: RegExp): string | null {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#text);
    if (match) this.#position += match[0].length;
    return match ? match[0] : null;
  }

  /** One or more adjacent strings, all text or all bytes. */
  #strings(): PythonValue {
    let text = "";
    let isBytes: boolean | null = null;
    for (;;) {
      STRING_START.lastIndex = this.#position;
      const start = STRING_START.exec(this.#text);
      if (!start) break;
      const prefix = start[1].toLowerCase();
      if (isBytes !== null && isBytes !== prefix.includes("b")) {
        this.#fail("bytes next to text");
      }
      isBytes = prefix.includes("b");
      this.#position += start[0].length;
      text += this.#string(start[2], prefix.includes("r"), isBytes);
      this.#skipSpace();
    }
    return isBytes ? new PythonBytes(text) : text;
  }

  #string(quote: string, isRaw: boolean, isBytes: boolean): string {
    const text = this.#text;
    let out = "";
    while (!text.startsWith(quote, this.#position)) {
      const char = text[this.#position++];
      if (char === undefined) this.#fail("unterminated string");
      const isBreak = char === "\n" || char === "\r";
      if (isBreak && quote.length === 1) this.#fail("line break in a string");
      if (isBytes && char > "\x7f") {
        this.#fail("bytes hold ASCII characters only");
      }
      if (char !== "\\") {
        out += char === "\r" ? this.#lineBreak() : char;
      } else if (isRaw) {
        out += char +
          (text[this.#position++] ?? this.#fail("unterminated string"));
      } else {
        out += this.#escape(isBytes);
      }
    }
    this.#position += quote.length;
    return out;
  }

  #lineBreak(): string {
    if (this.#text[this.#position] === "\n") this.#position++;
    return "\n";
  }

  /** After a backslash. An unknown escape stands for itself, backslash included. */
  #escape(isBytes: boolean): string {
    const kind = this.#text[this.#position++] ??
      this.#fail("unterminated string");
    if (kind === "\r") return this.#lineBreak() && "";
    if (Object.hasOwn(SIMPLE_ESCAPES, kind)) return SIMPLE_ESCAPES[kind];
    if (kind >= "0" && kind <= "7") return this.#octal(isBytes);
    if (kind === "x") return this.#hexadecimal(2);
    if (!isBytes && kind === "u") return this.#hexadecimal(4);
    if (!isBytes && kind === "U") return this.#hexadecimal(8);
    if (!isBytes && kind === "N") {
      this.#fail("named characters are not accepted");
    }
    if (isBytes && kind > "\x7f") {
      this.#fail("bytes hold ASCII characters only");
    }
    return "\\" + kind;
  }

  #octal(isBytes: boolean): string {
    this.#position--;
    const digits = this.#matchHere(/[0-7]{1,3}/y) ?? this.#fail("bad escape");
    const code = parseInt(digits, 8);
    return String.fromCharCode(isBytes ? code & 255 : code);
  }

  #hexadecimal(digits: number): string {
    const text = this.#text.slice(this.#position, this.#position + digits);
    const code = parseInt(text, 16);
    if (
      text.length !== digits || !/^[0-9a-fA-F]+$/.test(text) || code > 0x10ffff
    ) {
      this.#fail("bad escape");
    }
    if (code >= 0xd800 && code <= 0xdfff) this.#fail("a lone surrogate");
    this.#position += digits;
    return String.fromCodePoint(code);
  }

  #word(): string {
    return this.#matchHere(WORD) ?? "";
  }

  #skipSpace(): void {
    while (/[ \t\r\n\f]/.test(this.#text[this.#position] ?? "")) {
      this.#position++;
    }
  }

  #expect(char: string): void {
    if (this.#text[this.#position] !== char) this.#fail(`expected ${char}`);
    this.#position++;
  }

  #fail(reason: string): never {
    throw new LiteralError(`${reason}, at character ${this.#position}`);
  }
}

/** What Python's hash and == make of a key: equal keys have equal texts. */
function hashKey(value: PythonValue): string {
  if (typeof value === "boolean") return value ? "n1" : "n0";
  if (typeof value === "bigint") return `n${value}`;
  if (typeof value === "number") {
    return Number.isInteger(value) ? `n${BigInt(value)}` : `n${value}`;
  }
  if (value === null) return "None";
  if (typeof value === "string") return `s${JSON.stringify(value)}`;
  if (value instanceof PythonBytes) return `b${JSON.stringify(value.latin1)}`;
  if (value instanceof PythonComplex) {
    return value.imaginary === 0
      ? hashKey(value.real)
      : `c${value.real},${value.imaginary}`;
  }
  if (value instanceof PythonTuple) {
    return `(${value.items.map(hashKey).join()})`;
  }
  if (value instanceof PythonSet && value.isFrozen) {
    return `{${value.items.map(hashKey).sort().join()}}`;
  }
  throw new LiteralError(
    "a list, dict or set cannot be a key or a set's element",
  );
}

/** Prints within the budget; `sorted` makes the canonical text. */
class PythonLiteralPrinter {
  sawUnordered = false;
  readonly #limits: LiteralLimits;
  readonly #sorted: boolean;
  #nodes = 0;
  #chars = 0;

  constructor(limits: LiteralLimits, sorted: boolean) {
    this.#limits = limits;
    this.#sorted = sorted;
  }

  print(value: PythonValue): string {
    return this.#value(value, 0);
  }

  #value(value: PythonValue, depth: number): string {
    if (++this.#nodes > this.#limits.valueNodes) {
      throw new LiteralError("too many values");
    }
    if (depth > this.#limits.valueDepth) throw new LiteralError("too deep");
    if (value === null) return this.#count("None");
    if (typeof value === "boolean") {
      return this.#count(value ? "True" : "False");
    }
    if (typeof value === "bigint") return this.#count(String(value));
    if (typeof value === "number") return this.#count(pythonFloat(value));
    if (typeof value === "string") return this.#count(quoted(value));
    if (value instanceof PythonBytes) {
      return this.#count(`b${quotedBytes(value.latin1)}`);
    }
    if (value instanceof PythonComplex) return this.#count(complexText(value));
    this.#chars += 2;
    if (Array.isArray(value)) return `[${this.#items(value, depth).join(",")}]`;
    if (value instanceof PythonTuple) {
      const items = this.#items(value.items, depth);
      return `(${items.join(",")}${items.length === 1 ? "," : ""})`;
    }
    if (value instanceof PythonDict) return this.#dict(value, depth);
    return this.#set(value, depth);
  }

  #items(items: readonly PythonValue[], depth: number): string[] {
    return items.map((item) => this.#value(item, depth + 1));
  }

  #dict(dict: PythonDict, depth: number): string {
    const entries = dict.entries.map(([key, value]) =>
      `${this.#value(key, depth + 1)}:${this.#value(value, depth + 1)}`
    );
    return `{${this.#unordered(entries)}}`;
  }

  #set(set: PythonSet, depth: number): string {
    const entries = this.#items(set.items, depth);
    const name = set.isFrozen ? "frozenset" : "set";
    if (entries.length === 0) return this.#count(`${name}()`);
    const braces = `{${this.#unordered(entries)}}`;
    return set.isFrozen ? `frozenset(${braces})` : braces;
  }

  #unordered(entries: string[]): string {
    if (entries.length > 1) this.sawUnordered = true;
    return (this.#sorted ? entries.sort() : entries).join(",");
  }

  #count(text: string): string {
    this.#chars += text.length + 1;
    if (this.#chars > this.#limits.literalChars) {
      throw new LiteralError("too long");
    }
    return text;
  }
}

/** A float as Python's `repr` writes it: the shortest digits, `e` from 1e16 and below 1e-4. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa, power] = value.toExponential().split("e");
  const exponent = Number(power);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const sign = mantissa.startsWith("-") ? "-" : "";
  const digits = mantissa.replace(/[-.]/g, "");
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${sign}${whole}.${digits.slice(exponent + 1) || "0"}`;
}

/** As `repr`: `1j`, or `(1+2j)` when there is a real part. */
function complexText({ real, imaginary }: PythonComplex): string {
  const part = (value: number) => pythonFloat(value).replace(/\.0$/, "");
  if (real === 0) return `${part(imaginary)}j`;
  const sign = imaginary < 0 ? "" : "+";
  return `(${part(real)}${sign}${part(imaginary)}j)`;
}

const NAMED_ESCAPES: Record<string, string> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** As `repr`: single quotes unless only double ones avoid escaping. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replace(/[\\'"]|[\p{C}\p{Z}]/gu, (char) => {
    if (char === " ") return char;
    if (char === "'" || char === '"') {
      return char === quote ? `\\${char}` : char;
    }
    return NAMED_ESCAPES[char] ?? escapeOf(char.codePointAt(0)!);
  });
  return quote + escaped + quote;
}

function quotedBytes(latin1: string): string {
  const quote = latin1.includes("'") && !latin1.includes('"') ? '"' : "'";
  const escaped = latin1.replace(/[\\'"]|[^\x20-\x7e]/g, (char) => {
    if (char === "'" || char === '"') {
      return char === quote ? `\\${char}` : char;
    }
    return NAMED_ESCAPES[char] ?? escapeOf(char.charCodeAt(0));
  });
  return quote + escaped + quote;
}

function escapeOf(code: number): string {
  const digits = code.toString(16);
  if (code <= 0xff) return `\\x${digits.padStart(2, "0")}`;
  if (code <= 0xffff) return `\\u${digits.padStart(4, "0")}`;
  return `\\U${digits.padStart(8, "0")}`;
}
