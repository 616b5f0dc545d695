/**
 * What literals of both languages have in common: the error that refuses one, the
 * bounds, and a reader and a printer that keep to them.
 *
 * Two texts are made of every value: the literal, in the order that the engine would
 * list, and the canonical text, in which the entries are sorted whose order does not
 * count.
 */

import type { Limits } from "../outcome.ts";

/** The text is not a literal, or the value is too large; the message says why. */
export class LiteralError extends Error {
  override name = "LiteralError";
}

/** The bounds that apply to a literal or a value. */
export type LiteralLimits = Pick<
  Limits,
  "literalChars" | "valueNodes" | "valueDepth"
>;

/** The two texts of a value. */
export interface PrintedValue {
  literal: string;
  canonical: string;
}

/** A place in the text of literals of one language; throws a LiteralError beyond the limits. */
export abstract class LiteralReader {
  protected readonly source: string;
  protected readonly limits: LiteralLimits;
  protected position = 0;
  #nodes = 0;

  constructor(text: string, limits: LiteralLimits) {
    if (text.length > limits.literalChars) {
      throw new LiteralError(`longer than ${limits.literalChars} characters`);
    }
    this.source = text;
    this.limits = limits;
  }

  /** Skips blanks, line breaks and comments. */
  protected abstract skipSpace(): void;

  /** Counts a value inside `depth` others, and returns its first character. */
  protected begin(depth: number): string {
    this.countNode();
    if (depth > this.limits.valueDepth) {
      throw new LiteralError(`nested deeper than ${this.limits.valueDepth}`);
    }
    this.skipSpace();
    return this.source[this.position] ?? this.fail("a value is missing");
  }

  protected countNode(): void {
    if (++this.#nodes > this.limits.valueNodes) {
      throw new LiteralError(`more than ${this.limits.valueNodes} values`);
    }
  }

  /** Consumes what a sticky pattern matches here; null where it matches nothing. */
  protected match(pattern: RegExp): string | null {
    pattern.lastIndex = this.position;
    const text = pattern.exec(this.source)?.[0] ?? null;
    this.position += text?.length ?? 0;
    return text;
  }

  /** Consumes a character that must stand here. */
  protected expect(char: string): void {
    if (this.source[this.position] !== char) this.fail(`expected "${char}"`);
    this.position++;
  }

  /** Consumes so many hexadecimal digits, and returns their number. */
  protected hexadecimal(digits: number): number {
    const text = this.source.slice(this.position, this.position + digits);
    if (text.length !== digits || !/^[0-9a-fA-F]+$/.test(text)) {
      this.fail("bad escape");
    }
    this.position += digits;
    return parseInt(text, 16);
  }

  protected fail(reason: string): never {
    throw new LiteralError(`${reason}, at character ${this.position}`);
  }
}

/** Prints values of one language; throws a LiteralError beyond the limits. */
export abstract class LiteralPrinter<Value> {
  /** Whether the value held entries whose order does not count. */
  sawUnordered = false;
  readonly #limits: LiteralLimits;
  readonly #isSorted: boolean;
  #nodes = 0;
  #chars = 0;

  /** `isSorted` makes the canonical text. */
  constructor(limits: LiteralLimits, isSorted: boolean) {
    this.#limits = limits;
    this.#isSorted = isSorted;
  }

  /** Returns the text of a value inside `depth` others. */
  print(value: Value, depth: number): string {
    if (++this.#nodes > this.#limits.valueNodes) {
      throw new LiteralError("too many values");
    }
    if (depth > this.#limits.valueDepth) throw new LiteralError("too deep");
    return this.text(value, depth);
  }

  /** Returns the text of a value whose node and depth are within the limits. */
  protected abstract text(value: Value, depth: number): string;

  /** Counts two characters for a value's brackets. */
  protected countBrackets(): void {
    this.#chars += 2;
  }

  /** Throws if so many characters more would be too many; counts nothing. */
  protected expectRoom(chars: number): void {
    if (this.#chars + chars > this.#limits.literalChars) {
      throw new LiteralError("too long");
    }
  }

  /** Returns the text, its characters and a comma counted. */
  protected count(text: string): string {
    this.#chars += text.length + 1;
    this.expectRoom(0);
    return text;
  }

  /** Returns entries in the order of the text that is made. */
  protected unordered(entries: string[]): string[] {
    if (entries.length > 1) this.sawUnordered = true;
    return this.#isSorted ? entries.sort() : entries;
  }
}

/** Returns both texts of a value, by printers of one language. */
export function printed<Value>(
  printer: (isSorted: boolean) => LiteralPrinter<Value>,
  value: Value,
): PrintedValue {
  const first = printer(false);
  const literal = first.print(value, 0);
  if (!first.sawUnordered) return { literal, canonical: literal };
  return { literal, canonical: printer(true).print(value, 0) };
}
