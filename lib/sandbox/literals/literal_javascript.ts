/**
 * JavaScript literals as data: the parser, the printer and what equals what.
 *
 * Inputs and outputs written by a model are never spliced into a program. They
 * are parsed here, by the trusted side, into plain values, and printed again as
 * source text that can only denote those values. Nothing is evaluated: the
 * grammar has no names, calls, operators, getters, spreads or `${}`.
 *
 * Accepted: `null`, `undefined`, `true`, `false`, numbers (decimal, hexadecimal,
 * octal `0o`, binary, with `_` between digits), `NaN`, `Infinity`, one leading
 * `-` or `+`, bigints (`12n`), strings in any of the three quotes with the
 * language's escapes, arrays (holes too), plain objects, `new Map([[k,v],…])` and
 * `new Set([…])`. Trailing commas are allowed, and so are comments.
 *
 * Two texts are made of every value:
 * - the literal: compact, no spaces, keys quoted, in the order the engine would
 *   list them (`{"b":1,"a":2}`);
 * - the canonical text: the same with the entries of objects, maps and sets
 *   sorted (`{"a":2,"b":1}`). Equality that counts types is equality of canonical
 *   texts; the other is in `javascript_equality.ts`.
 *
 * Decisions, each of which a test holds:
 * - canonical texts of `0` and `-0` differ, those of `NaN` are equal; `1` and `1n` differ; `"1"` and `1` differ;
 * - a hole equals `undefined`; `{a:undefined}` differs from `{}`;
 * - order counts in arrays, and not in objects, maps and sets;
 * - a map is never an object, a set never an array, an array never an object;
 * - prototypes, symbol keys, non-enumerable properties and extra properties of
 *   arrays are not part of a value; accessors, functions, symbols, promises,
 *   proxies, dates, regular expressions, errors, typed arrays and boxed
 *   primitives are not data and are refused;
 * - a value that occurs twice is written twice, within the budget; a cycle is refused;
 * - `{"__proto__":1}` is an own property of that name, printed `{["__proto__"]:1}`;
 * - numbers are compared exactly: the engine computes them all in WebAssembly.
 */

import {
  LiteralError,
  type LiteralLimits,
  LiteralPrinter,
  LiteralReader,
  printed,
  type PrintedValue,
} from "./literal.ts";

/** A JavaScript value that is data. Objects have no prototype. */
export type DataValue =
  | undefined
  | null
  | boolean
  | number
  | bigint
  | string
  | DataValue[]
  | Map<DataValue, DataValue>
  | Set<DataValue>
  | DataObject;

/** A plain object: a record without a prototype, so that any key is only a key. */
export interface DataObject {
  [key: string]: DataValue;
}

/** Parses a comma-separated list of literals, as between the brackets of a call. */
export function parseJavaScriptList(
  text: string,
  limits: LiteralLimits,
): DataValue[] {
  return new JavaScriptReader(text, limits).list();
}

/** Parses exactly one literal. */
export function parseJavaScriptLiteral(
  text: string,
  limits: LiteralLimits,
): DataValue {
  const values = parseJavaScriptList(text, limits);
  if (values.length !== 1) {
    throw new LiteralError(`one value expected, found ${values.length}`);
  }
  return values[0];
}

/** Prints a value. Throws a LiteralError when it is cyclic or exceeds the limits. */
export function printJavaScript(
  value: DataValue,
  limits: LiteralLimits,
): PrintedValue {
  return printed(
    (isSorted) => new JavaScriptPrinter(limits, isSorted),
    value,
  );
}

const NUMBER =
  /(?:0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[oO][0-7]+(?:_[0-7]+)*|0[bB][01]+(?:_[01]+)*|(?:0|[1-9][0-9]*(?:_[0-9]+)*))n|0[xX][0-9a-fA-F]+(?:_[0-9a-fA-F]+)*|0[oO][0-7]+(?:_[0-7]+)*|0[bB][01]+(?:_[01]+)*|(?:(?:0|[1-9][0-9]*(?:_[0-9]+)*)(?:\.(?:[0-9]+(?:_[0-9]+)*)?)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+)?/y;
const AFTER_NUMBER = /[\p{ID_Continue}$.]/u;
const BLANK = /(?:[ \t\r\n]|\/\/[^\r\n]*|\/\*[^]*?\*\/)+/y;
const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const SIMPLE_ESCAPES: Record<string, string> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  "0": "\0",
};

class JavaScriptReader extends LiteralReader {
  list(): DataValue[] {
    const values: DataValue[] = [];
    this.skipSpace();
    while (this.position < this.source.length) {
      values.push(this.#value(0));
      this.skipSpace();
      if (this.position >= this.source.length) break;
      this.expect(",");
      this.skipSpace();
    }
    return values;
  }

  #value(depth: number): DataValue {
    const first = this.begin(depth);
    if (first === "[") return this.#array(depth);
    if (first === "{") return this.#object(depth);
    if (first === '"' || first === "'" || first === "`") {
      return this.#string(first);
    }
    if (first === "-" || first === "+") return this.#signed(first);
    if (first === "." || (first >= "0" && first <= "9")) return this.#number();
    return this.#named(this.#word(), depth);
  }

  #named(word: string, depth: number): DataValue {
    switch (word) {
      case "null":
        return null;
      case "undefined":
        return undefined;
      case "true":
        return true;
      case "false":
        return false;
      case "NaN":
        return NaN;
      case "Infinity":
        return Infinity;
      case "new":
        return this.#collection(depth);
    }
    this.fail(
      word === "" ? "not a literal" : `the name ${word} is not a literal`,
    );
  }

  #signed(sign: string): number | bigint {
    this.position++;
    this.skipSpace();
    if (this.source.startsWith("Infinity", this.position)) {
      if (this.#word() !== "Infinity") this.fail("not a literal");
      return sign === "-" ? -Infinity : Infinity;
    }
    const magnitude = this.#number();
    if (sign === "-") return -magnitude;
    if (typeof magnitude === "bigint") {
      this.fail("a bigint takes no plus sign");
    }
    return magnitude;
  }

  #number(): number | bigint {
    NUMBER.lastIndex = this.position;
    const match = NUMBER.exec(this.source);
    if (!match) this.fail("not a number");
    const end = this.position + match[0].length;
    const next = this.source.codePointAt(end);
    if (next !== undefined && AFTER_NUMBER.test(String.fromCodePoint(next))) {
      this.fail("not a number");
    }
    this.position = end;
    const digits = match[0].replaceAll("_", "");
    return digits.endsWith("n") ? BigInt(digits.slice(0, -1)) : Number(digits);
  }

  #array(depth: number): DataValue[] {
    const items: DataValue[] = [];
    this.position++;
    for (;;) {
      this.skipSpace();
      const next = this.source[this.position];
      if (next === "]") break;
      if (next === ",") {
        this.countNode();
        items.push(undefined);
        this.position++;
        continue;
      }
      items.push(this.#value(depth + 1));
      this.#separator("]");
    }
    this.position++;
    return items;
  }

  #object(depth: number): DataObject {
    const object: DataObject = Object.create(null);
    this.position++;
    for (;;) {
      this.skipSpace();
      if (this.source[this.position] === "}") break;
      const key = this.#key();
      this.skipSpace();
      this.expect(":");
      object[key] = this.#value(depth + 1);
      this.#separator("}");
    }
    this.position++;
    return object;
  }

  #key(): string {
    const first = this.source[this.position];
    if (first === '"' || first === "'") return this.#string(first);
    if (first === ".") return String(this.#number());
    if (first >= "0" && first <= "9") return String(this.#number());
    if (first !== "[") {
      return this.#word() || this.fail("an object key is missing");
    }
    this.position++;
    this.skipSpace();
    const quote = this.source[this.position];
    if (quote !== '"' && quote !== "'") {
      this.fail("a computed key must be a string");
    }
    const key = this.#string(quote);
    this.skipSpace();
    this.expect("]");
    return key;
  }

  /** After `new`: a Map of pairs or a Set of values. */
  #collection(depth: number): DataValue {
    this.skipSpace();
    const kind = this.#word();
    if (kind !== "Map" && kind !== "Set") {
      this.fail(`new ${kind} is not a literal`);
    }
    this.skipSpace();
    this.expect("(");
    this.skipSpace();
    let items: DataValue[] = [];
    if (this.source[this.position] === "[") items = this.#array(depth);
    this.skipSpace();
    if (this.source[this.position] === ",") this.position++;
    this.skipSpace();
    this.expect(")");
    if (kind === "Set") return new Set(items);
    return new Map(items.map((pair) => {
      if (!Array.isArray(pair) || pair.length !== 2) {
        this.fail("a Map takes [key,value] pairs");
      }
      return [pair[0], pair[1]] as const;
    }));
  }

  #string(quote: string): string {
    const text = this.source;
    let out = "";
    let start = ++this.position;
    for (;;) {
      const char = text[this.position];
      if (char === undefined) this.fail("unterminated string");
      if (char === quote) break;
      if (quote === "`" && char === "$" && text[this.position + 1] === "{") {
        this.fail("a template with ${} is not a literal");
      }
      if (quote !== "`" && (char === "\n" || char === "\r")) {
        this.fail("line break in a string");
      }
      if (char === "\\") {
        out += text.slice(start, this.position) + this.#escape();
        start = this.position;
      } else {
        this.position++;
      }
    }
    out += text.slice(start, this.position);
    this.position++;
    return quote === "`" ? out.replace(/\r\n?/g, "\n") : out;
  }

  /** At a backslash: reads the escape and returns what it stands for. */
  #escape(): string {
    const text = this.source;
    const kind = text[++this.position];
    this.position++;
    if (kind === "x") return String.fromCharCode(this.hexadecimal(2));
    if (kind === "u") {
      if (text[this.position] !== "{") {
        return String.fromCharCode(this.hexadecimal(4));
      }
      const close = text.indexOf("}", this.position);
      const digits = text.slice(this.position + 1, close);
      const code = parseInt(digits, 16);
      if (close < 0 || !/^[0-9a-fA-F]{1,10}$/.test(digits) || code > 0x10ffff) {
        this.fail("bad escape");
      }
      this.position = close + 1;
      return String.fromCodePoint(code);
    }
    if (kind === "\r" && text[this.position] === "\n") this.position++;
    if (
      kind === "\n" || kind === "\r" || kind === "\u2028" || kind === "\u2029"
    ) {
      return "";
    }
    if (kind === undefined) this.fail("unterminated string");
    const octal = (kind >= "1" && kind <= "9") ||
      (kind === "0" && /[0-9]/.test(text[this.position] ?? ""));
    if (octal) this.fail("octal escape");
    return SIMPLE_ESCAPES[kind] ?? kind;
  }

  /** A comma, or `close` left in place. */
  #separator(close: string): void {
    this.skipSpace();
    const next = this.source[this.position];
    if (next === ",") this.position++;
    else if (next !== close) this.fail(`expected "," or "${close}"`);
  }

  #word(): string {
    return this.match(WORD) ?? "";
  }

  protected skipSpace(): void {
    this.match(BLANK);
  }
}

class JavaScriptPrinter extends LiteralPrinter<DataValue> {
  protected text(value: DataValue, depth: number): string {
    if (typeof value === "number") return this.count(numberText(value));
    if (typeof value === "string") return this.#quoted(value);
    if (typeof value !== "object" || value === null) {
      return this.count(
        typeof value === "bigint" ? `${value}n` : String(value),
      );
    }
    this.countBrackets();
    if (Array.isArray(value)) return this.#array(value, depth);
    if (value instanceof Map) return this.#map(value, depth);
    if (value instanceof Set) return this.#set(value, depth);
    return this.#object(value, depth);
  }

  /** Takes the items one by one: a hole is an item too. */
  #array(items: DataValue[], depth: number): string {
    let text = "";
    for (let i = 0; i < items.length; i++) {
      text += (i > 0 ? "," : "") + this.print(items[i], depth + 1);
    }
    return `[${text}]`;
  }

  #object(object: DataObject, depth: number): string {
    const entries = this.unordered(Object.keys(object)).map((key) => {
      const name = key === "__proto__" ? '["__proto__"]' : this.#quoted(key);
      return `${name}:${this.print(object[key], depth + 1)}`;
    });
    return `{${entries.join(",")}}`;
  }

  #map(map: Map<DataValue, DataValue>, depth: number): string {
    const entries = Array.from(map, ([key, value]) => {
      const name = this.print(key, depth + 1);
      return `[${name},${this.print(value, depth + 1)}]`;
    });
    return `new Map([${this.unordered(entries).join(",")}])`;
  }

  #set(set: Set<DataValue>, depth: number): string {
    const entries = Array.from(set, (item) => this.print(item, depth + 1));
    return `new Set([${this.unordered(entries).join(",")}])`;
  }

  #quoted(text: string): string {
    this.expectRoom(text.length);
    return this.count(JSON.stringify(text));
  }
}

function numberText(value: number): string {
  return value === 0 && 1 / value < 0 ? "-0" : String(value);
}
