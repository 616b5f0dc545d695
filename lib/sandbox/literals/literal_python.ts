/**
 * Python literals as data: the parser.
 *
 * The sibling of `literal_javascript.ts`, for the same reasons. What a value is
 * stands in `python_value.ts`, how it prints in `python_print.ts`, and what equals
 * what in `python_equality.ts`.
 *
 * Accepted: `None`, `True`, `False`, integers of any size and base, floats,
 * imaginary and complex numbers, `nan` and `inf` (as `repr` prints them, or as
 * `float('nan')`), strings and bytes with every prefix but `f`, adjacent strings,
 * tuples, lists, dicts, sets, comments, and the calls of `python_call.ts`:
 * `set()`, `range(3)`, `dict(a=1)`, `Counter({'a':1})` and so on. An argument list
 * may have keywords and stars. Anything else has to run to have a value.
 *
 * Decisions, each of which a test holds:
 * - the parts of a complex number have no negative zero, which its literals cannot
 *   write: `-1j` is `-0-1j` to Python and prints as something else again;
 * - equal keys collapse as Python collapses them: `{1:'a',True:'b'}` is `{1:'b'}`;
 * - text is Unicode scalars: a lone surrogate is refused, written either way.
 */

import { LiteralError, type LiteralLimits, LiteralReader } from "./literal.ts";
import {
  construct,
  defaultDict,
  isConstructor,
  itemsOf,
  type PythonCall,
} from "./python_call.ts";
import {
  PythonBytes,
  PythonComplex,
  PythonDict,
  PythonSet,
  PythonTuple,
  type PythonValue,
} from "./python_value.ts";

/** Parses the arguments of a call, as between its brackets. */
export function parsePythonCall(
  text: string,
  limits: LiteralLimits,
): PythonCall {
  return new PythonReader(text, limits).call();
}

/** Parses exactly one literal; `1, 2` is the tuple that Python makes of it. */
export function parsePythonLiteral(
  text: string,
  limits: LiteralLimits,
): PythonValue {
  const { items, endsInComma } = new PythonReader(text, limits).list();
  if (items.length === 0) throw new LiteralError("one value expected, found 0");
  return items.length === 1 && !endsInComma ? items[0] : new PythonTuple(items);
}

const DIGITS = "[0-9](?:_?[0-9])*";
const INTEGER =
  /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|0(?:_?0)*|[1-9](?:_?[0-9])*/y;
const POINT = new RegExp(
  `(?:${DIGITS}\\.(?:${DIGITS})?|\\.${DIGITS}|${DIGITS}(?=[eEjJ]))(?:[eE][+-]?${DIGITS})?`,
  "y",
);
const WORD = /[\p{ID_Start}_][\p{ID_Continue}]*/uy;
const KEYWORD = /([\p{ID_Start}_][\p{ID_Continue}]*)\s*=(?!=)/uy;
/** A factory as code names it, or as `repr` prints it. */
const FACTORY = /\s*(?:<class '(\w+)'>|<[^<>]*>|\.\.\.|(\w+))\s*(?=[,)])/y;
/** Factories that a literal can name; any other is `...`. */
const FACTORIES = "None|bool|bytes|dict|float|int|list|set|str|tuple"
  .split("|");
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

class PythonReader extends LiteralReader {
  constructor(text: string, limits: LiteralLimits) {
    super(text, limits);
    if (!text.isWellFormed()) throw new LiteralError("a lone surrogate");
  }

  list(): { items: PythonValue[]; endsInComma: boolean } {
    return this.#items("", 0);
  }

  call(): PythonCall {
    return this.#call("", 0);
  }

  /** Arguments up to `close` (or the end of the text), which is consumed. */
  #call(close: string, depth: number): PythonCall {
    const call: PythonCall = { items: [], keywords: [] };
    while (!this.#closes(close)) {
      if (this.match(/\*\*/y) !== null) {
        for (const [name, value] of this.#mapping(depth)) {
          this.#addKeyword(call, name, value);
        }
      } else if (this.match(/\*/y) !== null) {
        const items = itemsOf(this.#value(depth), this.limits.valueNodes);
        call.items.push(...items);
      } else {
        const name = this.match(KEYWORD)?.match(/^[^\s=]+/)?.[0];
        if (name !== undefined) {
          this.#addKeyword(call, name, this.#value(depth));
        } else if (call.keywords.length > 0) {
          this.fail("a positional argument after a keyword");
        } else call.items.push(this.#value(depth));
      }
      this.#separator(close);
    }
    return call;
  }

  #mapping(depth: number): PythonDict["entries"] {
    const value = this.#value(depth);
    if (value instanceof PythonDict) return value.entries;
    this.fail("** takes a dict");
  }

  #addKeyword(call: PythonCall, name: PythonValue, value: PythonValue): void {
    if (typeof name !== "string") this.fail("a keyword must be a string");
    if (call.keywords.some(([known]) => known === name)) {
      this.fail(`the keyword ${name} is repeated`);
    }
    call.keywords.push([name, value]);
  }

  /** Returns the values up to `close` (or the end of the text), which is consumed. */
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

  /** Tells whether `close` is next; consumes it. */
  #closes(close: string): boolean {
    this.skipSpace();
    if (close === "") return this.position >= this.source.length;
    if (this.source[this.position] !== close) return false;
    this.position++;
    return true;
  }

  /** Consumes a comma if there is one; otherwise `close` must follow. */
  #separator(close: string): boolean {
    this.skipSpace();
    const next = this.source[this.position];
    if (next === ",") {
      this.position++;
      return true;
    }
    if (next !== (close === "" ? undefined : close)) {
      this.fail(
        close === "" ? "expected a comma" : `expected "," or "${close}"`,
      );
    }
    return false;
  }

  #value(depth: number): PythonValue {
    const first = this.begin(depth);
    if (first === "[") {
      this.position++;
      return this.#items("]", depth + 1).items;
    }
    if (first === "(") return this.#tuple(depth);
    if (first === "{") return this.#braces(depth);
    if (/[0-9.+-]/.test(first)) return this.#number();
    STRING_START.lastIndex = this.position;
    if (STRING_START.test(this.source)) return this.#strings();
    return this.#named(depth);
  }

  #tuple(depth: number): PythonValue {
    this.position++;
    const { items, endsInComma } = this.#items(")", depth + 1);
    return items.length === 1 && !endsInComma
      ? items[0]
      : new PythonTuple(items);
  }

  /** Returns a dict or a set: the first colon decides. */
  #braces(depth: number): PythonValue {
    this.position++;
    const keys: PythonValue[] = [];
    const values: PythonValue[] = [];
    while (!this.#closes("}")) {
      keys.push(this.#value(depth + 1));
      this.skipSpace();
      if (this.source[this.position] === ":") {
        this.position++;
        values.push(this.#value(depth + 1));
      }
      if (values.length !== 0 && values.length !== keys.length) {
        this.fail("a dict or a set, not both");
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
      case "collections":
        if (this.match(/\s*\./y) !== null) return this.#named(depth);
        break;
      case "defaultdict":
        return this.#defaultDict(depth);
    }
    if (isConstructor(word)) {
      this.#open(word);
      const call = this.#call(")", depth + 1);
      return this.#located(() => construct(word, call, this.limits.valueNodes));
    }
    this.fail(
      word === "" ? "not a literal" : `the name ${word} is not a literal`,
    );
  }

  /** `defaultdict(int,{…})`, or as its `repr` has it: `defaultdict(<class 'int'>, {…})`. */
  #defaultDict(depth: number): PythonValue {
    this.#open("defaultdict");
    const factory = this.match(FACTORY)?.replace(/<class '(\w+)'>/, "$1")
      .trim() ?? "None";
    this.match(/,/y);
    const call = this.#call(")", depth + 1);
    const name = FACTORIES.includes(factory) ? factory : "...";
    return this.#located(() => defaultDict(name, call, this.limits.valueNodes));
  }

  #open(name: string): void {
    this.skipSpace();
    if (this.source[this.position] !== "(") {
      this.fail(`the name ${name} is not a literal`);
    }
    this.position++;
  }

  /** Says where it was that a value could not be made. */
  #located<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (error instanceof LiteralError) this.fail(error.message);
      throw error;
    }
  }

  /** Returns a signed number, or a complex number written as a sum. */
  #number(): PythonValue {
    const first = this.#signed();
    if (first instanceof PythonComplex) return first;
    const start = this.position;
    this.skipSpace();
    const sign = this.source[this.position];
    if (sign !== "+" && sign !== "-") {
      this.position = start;
      return first;
    }
    const second = this.#signed();
    if (!(second instanceof PythonComplex)) {
      this.fail("a sum is not a literal");
    }
    return new PythonComplex(Number(first), second.imaginary);
  }

  #signed(): bigint | number | PythonComplex {
    const sign = this.source[this.position];
    if (sign !== "-" && sign !== "+") return this.#unsigned();
    this.position++;
    this.skipSpace();
    if (this.source.startsWith("inf", this.position)) {
      if (this.#word() !== "inf") this.fail("not a literal");
      return sign === "-" ? -Infinity : Infinity;
    }
    if (this.source.startsWith("nan", this.position)) {
      if (this.#word() !== "nan") this.fail("not a literal");
      return NaN;
    }
    const value = this.#unsigned();
    if (sign === "+") return value;
    return value instanceof PythonComplex
      ? new PythonComplex(-value.real, -value.imaginary)
      : -value;
  }

  #unsigned(): bigint | number | PythonComplex {
    const point = this.match(POINT);
    const digits = (point ?? this.match(INTEGER) ?? this.fail("not a number"))
      .replaceAll("_", "");
    const next = this.source[this.position] ?? "";
    const isImaginary = next === "j" || next === "J";
    if (isImaginary) this.position++;
    const after = this.source.codePointAt(this.position);
    if (
      after !== undefined &&
      /[\p{ID_Continue}.]/u.test(String.fromCodePoint(after))
    ) {
      this.fail("not a number");
    }
    if (isImaginary) return new PythonComplex(0, Number(digits));
    return point === null ? BigInt(digits) : Number(digits);
  }

  /** Returns one or more adjacent strings, all text or all bytes. */
  #strings(): PythonValue {
    let text = "";
    let isBytes: boolean | null = null;
    for (;;) {
      STRING_START.lastIndex = this.position;
      const start = STRING_START.exec(this.source);
      if (!start) break;
      const prefix = start[1].toLowerCase();
      if (isBytes !== null && isBytes !== prefix.includes("b")) {
        this.fail("bytes next to text");
      }
      isBytes = prefix.includes("b");
      this.position += start[0].length;
      text += this.#string(start[2], prefix.includes("r"), isBytes);
      this.skipSpace();
    }
    return isBytes ? new PythonBytes(text) : text;
  }

  #string(quote: string, isRaw: boolean, isBytes: boolean): string {
    const text = this.source;
    let out = "";
    while (!text.startsWith(quote, this.position)) {
      const char = text[this.position++];
      if (char === undefined) this.fail("unterminated string");
      const isBreak = char === "\n" || char === "\r";
      if (isBreak && quote.length === 1) this.fail("line break in a string");
      if (isBytes && char > "\x7f") {
        this.fail("bytes hold ASCII characters only");
      }
      if (char !== "\\") {
        out += char === "\r" ? this.#lineBreak() : char;
      } else if (isRaw) {
        out += char +
          (text[this.position++] ?? this.fail("unterminated string"));
      } else {
        out += this.#escape(isBytes);
      }
    }
    this.position += quote.length;
    return out;
  }

  #lineBreak(): string {
    if (this.source[this.position] === "\n") this.position++;
    return "\n";
  }

  /** After a backslash. An unknown escape stands for itself, backslash included. */
  #escape(isBytes: boolean): string {
    const kind = this.source[this.position++] ??
      this.fail("unterminated string");
    if (kind === "\r") return this.#lineBreak() && "";
    if (Object.hasOwn(SIMPLE_ESCAPES, kind)) return SIMPLE_ESCAPES[kind];
    if (kind >= "0" && kind <= "7") return this.#octal(isBytes);
    if (kind === "x") return this.#character(2);
    if (!isBytes && kind === "u") return this.#character(4);
    if (!isBytes && kind === "U") return this.#character(8);
    if (!isBytes && kind === "N") {
      this.fail("named characters are not accepted");
    }
    if (isBytes && kind > "\x7f") {
      this.fail("bytes hold ASCII characters only");
    }
    return "\\" + kind;
  }

  #octal(isBytes: boolean): string {
    this.position--;
    const digits = this.match(/[0-7]{1,3}/y) ?? this.fail("bad escape");
    const code = parseInt(digits, 8);
    return String.fromCharCode(isBytes ? code & 255 : code);
  }

  #character(digits: number): string {
    const code = this.hexadecimal(digits);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    if (isSurrogate || code > 0x10ffff) {
      this.position -= digits;
      this.fail(isSurrogate ? "a lone surrogate" : "bad escape");
    }
    return String.fromCodePoint(code);
  }

  #word(): string {
    return this.match(WORD) ?? "";
  }

  protected skipSpace(): void {
    this.match(/(?:[ \t\r\n\f]|\\\r?\n|#[^\r\n]*)+/y);
  }
}
