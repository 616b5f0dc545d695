/**
 * Prints Python values: the literal text and the canonical text.
 *
 * The literal is Python's own `repr` without the spaces after commas and colons;
 * the canonical text has the entries of dicts, sets and views sorted.
 */

import {
  type LiteralLimits,
  LiteralPrinter,
  printed,
  type PrintedValue,
} from "./literal.ts";
import type { PythonCall } from "./python_call.ts";
import {
  PythonBytes,
  PythonComplex,
  type PythonDeque,
  PythonDict,
  PythonRange,
  PythonSet,
  PythonTuple,
  type PythonValue,
  PythonView,
} from "./python_value.ts";

/** Prints a value. Throws a LiteralError when it exceeds the limits. */
export function printPython(
  value: PythonValue,
  limits: LiteralLimits,
): PrintedValue {
  return printed((isSorted) => new PythonPrinter(limits, isSorted), value);
}

/** Prints the arguments of a call, one by one; a keyword is `name=value`. */
export function printPythonCall(
  { items, keywords }: PythonCall,
  limits: LiteralLimits,
): PrintedValue[] {
  return [
    ...items.map((value) => printPython(value, limits)),
    ...keywords.map(([name, value]) => {
      const { literal, canonical } = printPython(value, limits);
      return {
        literal: `${name}=${literal}`,
        canonical: `${name}=${canonical}`,
      };
    }),
  ];
}

class PythonPrinter extends LiteralPrinter<PythonValue> {
  protected text(value: PythonValue, depth: number): string {
    if (value === null) return this.count("None");
    if (typeof value === "boolean") {
      return this.count(value ? "True" : "False");
    }
    if (typeof value === "bigint") return this.count(String(value));
    if (typeof value === "number") return this.count(pythonFloat(value));
    if (typeof value === "string") return this.count(quoted(value));
    if (value instanceof PythonBytes) {
      return this.count(`b${quotedBytes(value.latin1)}`);
    }
    if (value instanceof PythonComplex) return this.count(complexText(value));
    this.countBrackets();
    if (Array.isArray(value)) return `[${this.#items(value, depth).join(",")}]`;
    if (value instanceof PythonTuple) {
      const items = this.#items(value.items, depth);
      return `(${items.join(",")}${items.length === 1 ? "," : ""})`;
    }
    if (value instanceof PythonDict) return this.#dict(value, depth);
    if (value instanceof PythonSet) return this.#set(value, depth);
    if (value instanceof PythonRange) return this.#range(value);
    return value instanceof PythonView
      ? this.#view(value, depth)
      : this.#deque(value, depth);
  }

  #items(items: readonly PythonValue[], depth: number): string[] {
    return items.map((item) => this.print(item, depth + 1));
  }

  #dict(dict: PythonDict, depth: number): string {
    const entries = dict.entries.map(([key, value]) =>
      `${this.print(key, depth + 1)}:${this.print(value, depth + 1)}`
    );
    const isOrdered = dict.kind === "OrderedDict";
    const text = isOrdered
      ? entries.join(",")
      : this.unordered(entries).join(",");
    if (dict.kind === "dict") return `{${text}}`;
    const factory = dict.kind === "defaultdict" ? `${dict.factory},` : "";
    return this.count(`${dict.kind}(${factory}`) + `{${text}})`;
  }

  #view({ kind, items }: PythonView, depth: number): string {
    const texts = this.#items(items, depth);
    const isOrdered = kind === "dict_values";
    const text = isOrdered ? texts.join(",") : this.unordered(texts).join(",");
    return this.count(`${kind}(`) + `[${text}])`;
  }

  #deque({ items, maximum }: PythonDeque, depth: number): string {
    const end = maximum === null ? ")" : `,maxlen=${maximum})`;
    const text = this.#items(items, depth).join(",");
    return this.count("deque(") + `[${text}]` + this.count(end);
  }

  #range({ start, stop, step }: PythonRange): string {
    const end = step === 1n ? "" : `,${step}`;
    return this.count(`range(${start},${stop}${end})`);
  }

  #set(set: PythonSet, depth: number): string {
    const entries = this.#items(set.items, depth);
    const name = set.isFrozen ? "frozenset" : "set";
    if (entries.length === 0) return this.count(`${name}()`);
    const braces = `{${this.unordered(entries).join(",")}}`;
    return set.isFrozen ? `frozenset(${braces})` : braces;
  }
}

/** Returns a float as Python's `repr` writes it: the shortest digits, `e` from 1e16 and below 1e-4. */
function pythonFloat(value: number): string {
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

/** Writes a complex number as `repr` does: `1j`, or `(1+2j)` with a real part. */
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

/** Writes a string as `repr` does: in single quotes unless only double ones avoid escaping. */
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
