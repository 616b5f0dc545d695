/**
 * Reads single files out of a zip archive (a Python wheel is one) without
 * unpacking the rest. Supports what wheels use: stored and deflated entries,
 * and zip64 offsets. No encryption, no writing.
 */

import { createWriteStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";
import { Buffer } from "node:buffer";

/** One file of an archive. Sizes and offsets are in bytes. */
export interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

const endOfDirectory = 0x06054b50;
const endOfDirectory64 = 0x06064b50;
const directoryEntry = 0x02014b50;
const saturated32 = 0xffffffff;

/**
 * Lists the files of the archive from its central directory. Throws when
 * `archive` is no zip file.
 */
export async function listZip(archive: string): Promise<ZipEntry[]> {
  const file = await open(archive, "r");
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, 66_000));
    await file.read(tail, 0, tail.length, size - tail.length);
    const { offset, length } = directoryRange(tail, archive);
    const directory = Buffer.alloc(length);
    await file.read(directory, 0, length, offset);
    return readDirectory(directory);
  } finally {
    await file.close();
  }
}

function directoryRange(
  tail: Buffer,
  archive: string,
): { offset: number; length: number } {
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== endOfDirectory) end--;
  if (end < 0) {
    throw new Error(
      `${archive} is not a complete zip file; remove it and try again`,
    );
  }
  const range = {
    offset: tail.readUInt32LE(end + 16),
    length: tail.readUInt32LE(end + 12),
  };
  if (range.offset !== saturated32 && range.length !== saturated32) {
    return range;
  }
  let end64 = end - 56;
  while (end64 >= 0 && tail.readUInt32LE(end64) !== endOfDirectory64) end64--;
  if (end64 < 0) {
    throw new Error(
      `${archive} lacks its zip64 directory; remove it and try again`,
    );
  }
  return {
    offset: Number(tail.readBigUInt64LE(end64 + 48)),
    length: Number(tail.readBigUInt64LE(end64 + 40)),
  };
}

function readDirectory(directory: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = 0;
  while (
    at + 46 <= directory.length && directory.readUInt32LE(at) === directoryEntry
  ) {
    const nameLength = directory.readUInt16LE(at + 28);
    const extraLength = directory.readUInt16LE(at + 30);
    const commentLength = directory.readUInt16LE(at + 32);
    const extraStart = at + 46 + nameLength;
    const [size, compressedSize, headerOffset] = widenSizes(
      [
        directory.readUInt32LE(at + 24),
        directory.readUInt32LE(at + 20),
        directory.readUInt32LE(at + 42),
      ],
      directory.subarray(extraStart, extraStart + extraLength),
    );
    entries.push({
      name: directory.toString("utf8", at + 46, extraStart),
      method: directory.readUInt16LE(at + 10),
      compressedSize,
      size,
      headerOffset,
    });
    at = extraStart + extraLength + commentLength;
  }
  return entries;
}

/**
 * Replaces every saturated 32-bit value by the 64-bit one of the zip64 extra
 * field, in its fixed order.
 */
function widenSizes(values: number[], extra: Buffer): number[] {
  let at = 0;
  while (at + 4 <= extra.length) {
    const length = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      let next = at + 4;
      return values.map((value) => {
        if (value !== saturated32) return value;
        next += 8;
        return Number(extra.readBigUInt64LE(next - 8));
      });
    }
    at += 4 + length;
  }
  return values;
}

/**
 * Writes one entry to `target`, streaming, and throws when its size is not the
 * announced one.
 */
export async function extractEntry(
  archive: string,
  entry: ZipEntry,
  target: string,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const file = await open(archive, "r");
  try {
    const header = Buffer.alloc(30);
    await file.read(header, 0, 30, entry.headerOffset);
    const start = entry.headerOffset + 30 + header.readUInt16LE(26) +
      header.readUInt16LE(28);
    const source = Readable.from(readRange(file, start, entry.compressedSize));
    const sink = createWriteStream(target);
    if (entry.method === 8) await pipeline(source, createInflateRaw(), sink);
    else if (entry.method === 0) await pipeline(source, sink);
    else {throw new Error(
        `${archive}: ${entry.name} uses compression ${entry.method}, not deflate`,
      );}
  } finally {
    await file.close();
  }
  const { size } = await Deno.stat(target);
  if (size !== entry.size) {
    throw new Error(
      `${archive}: ${entry.name} unpacked to ${size} bytes, not ${entry.size}`,
    );
  }
}

async function* readRange(
  file: Awaited<ReturnType<typeof open>>,
  start: number,
  length: number,
): AsyncGenerator<Buffer> {
  const chunkSize = 1 << 20;
  for (let done = 0; done < length;) {
    const chunk = Buffer.alloc(Math.min(chunkSize, length - done));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, start + done);
    if (bytesRead === 0) {
      throw new Error("the archive ends too early; remove it and try again");
    }
    done += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}
