/**
 * The tests of LiveCodeBench's problems: open ones as JSON, hidden ones as JSON or
 * packed (base64 of zlib of a pickled text). A pickle can run code where Python reads
 * it; here one text is taken out of it and nothing else is understood. Hidden tests are
 * gigabytes: they stay in their file until they are needed.
 */

import type { Fields, Place } from "./fields.ts";
import { rowAt } from "./rows.ts";

/** What a program reads, or is called with, and what it has to print or return. */
export interface ContestCase {
  input: string;
  output: string;
}

/** Tests as they are kept until they are needed: JSON, the bytes of packed JSON, or the place of their row. */
export type KeptCases =
  | string
  | Uint8Array<ArrayBuffer>
  | { field: string; place: Place };

/** Takes the tests of a field of a row; of a row that can be read again, its place. */
export function casesOf(row: Fields, field: string): KeptCases {
  const kept = keptCases(row.text(field));
  return row.place === null ? kept : { field, place: row.place };
}

/** Takes tests as they stand in a row. Throws where they are neither JSON nor base64. */
export function keptCases(text: string): KeptCases {
  if (/^\s*\[/.test(text)) return text;
  try {
    return Uint8Array.fromBase64(text.trim());
  } catch {
    throw new TypeError("tests are neither a JSON list nor base64");
  }
}

/** Reads tests. Throws naming what is wrong. */
export async function contestCases(kept: KeptCases): Promise<ContestCase[]> {
  if (typeof kept === "object" && "place" in kept) {
    const row = await rowAt(kept.place);
    return await contestCases(keptCases(row.text(kept.field)));
  }
  const json = typeof kept === "string" ? kept : await unpacked(kept);
  const cases: unknown = JSON.parse(json);
  if (!Array.isArray(cases) || !cases.every(isCase)) {
    throw new TypeError("tests are no list of input and output");
  }
  return cases.map(({ input, output }) => ({ input, output }));
}

function isCase(value: unknown): value is ContestCase {
  const { input, output } = (value ?? {}) as Record<string, unknown>;
  return typeof input === "string" && typeof output === "string";
}

async function unpacked(packed: Uint8Array<ArrayBuffer>): Promise<string> {
  try {
    const stream = new Blob([packed]).stream()
      .pipeThrough(new DecompressionStream("deflate"));
    return pickledText(await new Response(stream).bytes());
  } catch (error) {
    throw new TypeError(`packed tests: ${(error as Error).message}`);
  }
}

const [PROTO, FRAME, STOP] = [0x80, 0x95, 0x2e];
/** The operations that put a text, and the bytes that their length takes. */
const TEXT: Record<number, number> = { 0x8c: 1, 0x58: 4, 0x8d: 8 };
/** The operations that remember a value, and the bytes behind them. */
const MEMO: Record<number, number> = { 0x94: 0, 0x71: 1, 0x72: 4 };

/** The text that a pickle (protocols 2 to 5) holds. Throws where it holds anything else. */
function pickledText(bytes: Uint8Array<ArrayBuffer>): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  if (bytes[at] === PROTO) at += 2;
  if (bytes[at] === FRAME) at += 9;
  const size = TEXT[bytes[at++]];
  if (size === undefined) throw new TypeError("the pickle holds no text");
  const length = size === 1
    ? view.getUint8(at)
    : size === 4
    ? view.getUint32(at, true)
    : Number(view.getBigUint64(at, true));
  const text = bytes.subarray(at + size, at += size + length);
  if (text.length < length) throw new TypeError("the pickle is cut short");
  while (bytes[at] in MEMO) at += 1 + MEMO[bytes[at]];
  if (bytes[at] !== STOP) {
    throw new TypeError("the pickle holds more than a text");
  }
  return new TextDecoder().decode(text);
}
