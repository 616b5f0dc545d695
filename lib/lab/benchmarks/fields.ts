/**
 * One row of a benchmark's file, read field by field, so that a file of another schema
 * is refused by the field. Numbers are also available as written: `1` and `1.0` differ
 * in Python, and Python writes `Infinity`, which JSON does not know.
 */

/** What stands before a number that is kept as it is written; from a private plane, so that no text begins with it. */
const NUMBER = "\u{F0000}";

/** JSON whose numbers are kept as written. */
export type WrittenJson =
  | null
  | boolean
  | string
  | { number: string }
  | WrittenJson[]
  | { object: [string, WrittenJson][] };

/** Where a row stands in a file that can be read from anywhere. */
export interface Place {
  path: string;
  /** Bytes before the row, and of it. */
  from: number;
  bytes: number;
}

/** The fields of one row. Each getter throws `TypeError` naming a field that is not so. */
export class Fields {
  readonly #row: Record<string, unknown>;

  constructor(line: string, readonly place: Place | null = null) {
    const row = parsed(line);
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw new TypeError("is no JSON object");
    }
    this.#row = row as Record<string, unknown>;
  }

  /** A text. */
  text(name: string): string {
    const value = this.#row[name];
    if (typeof value === "string" && !value.startsWith(NUMBER)) return value;
    throw this.#wrong(name, "a text");
  }

  /** A text or a number, as text. */
  label(name: string): string {
    const value = this.#row[name];
    if (typeof value === "string") return value.replace(NUMBER, "");
    throw this.#wrong(name, "a text or a number");
  }

  /** A number. */
  number(name: string): number {
    const value = this.#row[name];
    if (typeof value === "string" && value.startsWith(NUMBER)) {
      return Number(value.slice(NUMBER.length));
    }
    throw this.#wrong(name, "a number");
  }

  /** A list, its numbers as written; `empty` is another way to write one without items. */
  list(name: string, empty = "[]"): WrittenJson[] {
    const value = this.#row[name];
    if (JSON.stringify(value) === empty) return [];
    if (Array.isArray(value)) return value.map(written);
    throw this.#wrong(name, "a list");
  }

  /** Whether the row has the field. */
  has(name: string): boolean {
    return name in this.#row;
  }

  #wrong(name: string, wanted: string): TypeError {
    return new TypeError(
      name in this.#row
        ? `the field "${name}" is not ${wanted}`
        : `the field "${name}" is missing; there are ` +
          Object.keys(this.#row).map((key) => `"${key}"`).join(", "),
    );
  }
}

/** Reads JSON with its numbers as written. */
export function writtenJson(text: string): WrittenJson {
  return written(parsed(text));
}

function parsed(text: string): unknown {
  const asWritten = (_key: string, value: unknown, at?: { source: string }) =>
    typeof value === "number" ? NUMBER + at!.source : value;
  const parse = JSON.parse as (
    text: string,
    reviver: typeof asWritten,
  ) => unknown;
  try {
    return parse(text, asWritten);
  } catch {
    // Strings stand first, so that none is looked into.
    const marked = text.replace(
      /"(?:[^"\\]+|\\.)*"|-?Infinity|NaN/g,
      (token) => token[0] === '"' ? token : `"${NUMBER}${token}"`,
    );
    return parse(marked, asWritten);
  }
}

function written(value: unknown): WrittenJson {
  if (typeof value === "string") {
    return value.startsWith(NUMBER)
      ? { number: value.slice(NUMBER.length) }
      : value;
  }
  if (Array.isArray(value)) return value.map(written);
  if (typeof value !== "object" || value === null) {
    return value as null | boolean;
  }
  return {
    object: Object.entries(value).map(([key, part]) => [key, written(part)]),
  };
}
