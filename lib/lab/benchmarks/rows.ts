/**
 * The rows of a file of JSON lines, gzipped or not: one at a time, since some files are
 * larger than memory, and a row again by its place.
 */

import { Fields, type Place } from "./fields.ts";

/** A line of a file; `place` is null where the file is gzipped. */
export interface Line {
  text: string;
  place: Place | null;
}

/** Reads the lines of a file, without their ends. */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  using file = await Deno.open(path);
  const isPacked = path.endsWith(".gz");
  const bytes = isPacked
    ? file.readable.pipeThrough(new DecompressionStream("gzip"))
    : file.readable;
  let parts: Uint8Array[] = [];
  let from = 0;
  const line = (last: Uint8Array): Line => {
    parts.push(last);
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    const place = isPacked ? null : { path, from, bytes: size };
    const text = decoded(parts);
    [parts, from] = [[], from + size + 1];
    return { text, place };
  };
  for await (const chunk of bytes) {
    let at = 0;
    for (let end = 0; (end = chunk.indexOf(NEWLINE, at)) >= 0; at = end + 1) {
      yield line(chunk.subarray(at, end));
    }
    parts.push(chunk.subarray(at));
  }
  yield line(new Uint8Array());
}

const NEWLINE = 10;

/** Reads one row again. Throws naming the file where it has changed. */
export async function rowAt({ path, from, bytes }: Place): Promise<Fields> {
  using file = await Deno.open(path);
  await file.seek(from, Deno.SeekMode.Start);
  const text = new Uint8Array(bytes);
  for (let at = 0; at < bytes;) {
    at += await file.read(text.subarray(at)) ?? bytes;
  }
  try {
    return new Fields(decoded([text]));
  } catch (error) {
    throw new Error(
      `${path}: the row at byte ${from} is not as it was read before ` +
        `(${(error as Error).message}): leave the file alone during a call`,
    );
  }
}

function decoded(parts: readonly Uint8Array[]): string {
  const decoder = new TextDecoder();
  const texts = parts.map((part) => decoder.decode(part, { stream: true }));
  return texts.join("") + decoder.decode();
}
