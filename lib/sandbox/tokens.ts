/**
 * Names in a program's text: identifiers and dotted paths, outside of strings and
 * comments. A scan, not a parse: it works on sources that do not parse, and it is
 * all that the static policy needs, since the sandbox does not rely on the policy.
 *
 * Left out: telling a division from a regular expression in every corner of the
 * JavaScript grammar. The previous token decides, which errs only in code such as
 * `if (x) /re/.test(y)`, where the words of the expression count as names.
 */

import type { Language } from "./outcome.ts";

/** A name and, for `a.b.c`, the whole path it begins. */
export interface NameToken {
  name: string;
  /** The dotted path from this name on: `os.path.join` for `os`. */
  path: string;
  /** Whether a dot precedes it: a property, not a variable. */
  isProperty: boolean;
  /** Index of its first character. */
  position: number;
}

const PYTHON =
  /#[^\n]*|(?<prefix>[rRbBuUfFtT]{0,2})(?<quote>"""|'''|"|')|(?<number>\.?[0-9][\w.]*)|(?<name>[\p{ID_Start}_][\p{ID_Continue}]*)|(?<dot>\.)|\s+|[^]/uy;
const JAVASCRIPT =
  /\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)|(?<quote>["'`])|(?<number>\.?[0-9][\w.]*)|(?<name>[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*)|(?<dot>\??\.)|\s+|(?<other>[^])/uy;

/** After one of these a slash begins a regular expression. */
const BEFORE_EXPRESSION = new Set([
  "return",
  "typeof",
  "case",
  "in",
  "of",
  "delete",
  "void",
  "throw",
  "new",
  "else",
  "do",
  "instanceof",
  "yield",
  "await",
]);

/** All names of a program, in order. */
export function nameTokens(source: string, language: Language): NameToken[] {
  const scanner = new NameScanner(source);
  if (language === "python") scanner.scanPython(0, source.length);
  else scanner.scanJavaScript(0, false);
  return withPaths(source, scanner.names);
}

class NameScanner {
  readonly names: {
    name: string;
    isProperty: boolean;
    position: number;
    end: number;
  }[] = [];
  readonly #source: string;

  constructor(source: string) {
    this.#source = source;
  }

  scanPython(start: number, end: number): void {
    let position = start;
    let afterDot = false;
    while (position < end) {
      PYTHON.lastIndex = position;
      const match = PYTHON.exec(this.#source)!;
      const { prefix = "", quote, name, dot } = match.groups!;
      const after = position + match[0].length;
      if (name) this.#add(name, afterDot, position);
      position = quote
        ? this.#pythonString(
          after,
          quote,
          /[fFtT]/.test(prefix),
          /[rR]/.test(prefix),
        )
        : after;
      if (match[0].trim() !== "") afterDot = dot !== undefined;
    }
  }

  /** Skips a string; the braces of a formatted one hold code. */
  #pythonString(
    start: number,
    quote: string,
    isFormatted: boolean,
    isRaw: boolean,
  ): number {
    const source = this.#source;
    let position = start;
    while (position < source.length && !source.startsWith(quote, position)) {
      if (source[position] === "\\" && !isRaw) position++;
      else if (source[position] === "\\" && isRaw) position++;
      else if (quote.length === 1 && source[position] === "\n") return position;
      position++;
    }
    const end = Math.min(position, source.length);
    if (isFormatted) {
      for (const field of source.slice(start, end).matchAll(/\{([^{}]*)\}/g)) {
        const first = start + field.index + 1;
        this.scanPython(first, first + field[1].length);
      }
    }
    return end + quote.length;
  }

  /** Scans to the end, or to the brace that closes a template's `${`. */
  scanJavaScript(start: number, inTemplate: boolean): number {
    const source = this.#source;
    let position = start;
    let previous = "";
    let braces = 0;
    while (position < source.length) {
      JAVASCRIPT.lastIndex = position;
      const match = JAVASCRIPT.exec(source)!;
      const { quote, name, dot, other } = match.groups!;
      let after = position + match[0].length;
      if (name) this.#add(name, previous === ".", position);
      if (quote) after = this.#javaScriptString(after, quote);
      if (other === "/" && isOperand(previous) === false) {
        after = this.#regularExpression(after);
      }
      if (other === "{") braces++;
      if (other === "}" && inTemplate && braces-- === 0) return after;
      if (match[0].trim() !== "" && !/^\/[/*]/.test(match[0])) {
        previous = dot ? "." : quote ? '"' : match[0];
      }
      position = after;
    }
    return position;
  }

  #javaScriptString(start: number, quote: string): number {
    const source = this.#source;
    let position = start;
    while (position < source.length && source[position] !== quote) {
      if (source[position] === "\\") position += 2;
      else if (quote === "`" && source.startsWith("${", position)) {
        position = this.scanJavaScript(position + 2, true);
      } else if (quote !== "`" && source[position] === "\n") return position;
      else position++;
    }
    return position + 1;
  }

  #regularExpression(start: number): number {
    const source = this.#source;
    let inClass = false;
    for (let position = start; position < source.length; position++) {
      const char = source[position];
      if (char === "\n") return start;
      if (char === "\\") position++;
      else if (char === "[") inClass = true;
      else if (char === "]") inClass = false;
      else if (char === "/" && !inClass) return position + 1;
    }
    return start;
  }

  #add(name: string, isProperty: boolean, position: number): void {
    this.names.push({
      name,
      isProperty,
      position,
      end: position + name.length,
    });
  }
}

/** Whether a slash after this token divides. */
function isOperand(token: string): boolean {
  if (token === "") return false;
  if (BEFORE_EXPRESSION.has(token)) return false;
  return /[\p{ID_Continue}$)\]}"]$/u.test(token);
}

function withPaths(
  source: string,
  names: NameScanner["names"],
): NameToken[] {
  const tokens: NameToken[] = [];
  let path = "";
  for (let i = names.length - 1; i >= 0; i--) {
    const { name, isProperty, position, end } = names[i];
    const next = names[i + 1];
    const isJoined = next?.isProperty &&
      /^\s*\??\.\s*$/.test(source.slice(end, next.position));
    path = isJoined ? `${name}.${path}` : name;
    tokens.push({ name, path, isProperty, position });
  }
  return tokens.reverse();
}
