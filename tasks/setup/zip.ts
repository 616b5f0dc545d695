/**
 * Reads single files of a zip archive, such as a Python wheel, by zip.js over random reads
 * of the file: a wheel of 600 MB never lies in memory.
 */

import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import {
  configure,
  type Entry,
  type FileEntry,
  Reader,
  ZipReader,
} from "@zip.js/zip.js";

/** One file of an archive. */
export type ZipEntry = FileEntry & { readonly name: string };

/** Number of bytes of one read of the archive. */
const CHUNK_SIZE = 1 << 20;

// Without workers: zip.js fetches workers from a data address, and set-up has no other work to do.
configure({ useWebWorkers: false, chunkSize: CHUNK_SIZE });

/** Random reads of an open file. */
class FileReader extends Reader<FileHandle> {
  constructor(readonly file: FileHandle, size: number) {
    super(file);
    this.size = size;
  }

  override async readUint8Array(
    offset: number,
    length: number,
  ): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    const { bytesRead } = await this.file.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  }
}

/** Runs `work` on the files of an archive, and closes the archive. */
export async function withZip<T>(
  archive: string,
  work: (entries: ZipEntry[]) => Promise<T>,
): Promise<T> {
  const file = await open(archive, "r");
  try {
    const reader = new ZipReader(
      new FileReader(file, (await file.stat()).size),
    );
    const entries = await reader.getEntries().catch((error: Error) => {
      throw new Error(
        `${archive} is not a complete zip file (${error.message}); ` +
          "remove it and try again",
      );
    });
    return await work(entries.filter(isFile).map(named));
  } finally {
    await file.close();
  }
}

const isFile = (entry: Entry): entry is FileEntry => !entry.directory;
const named = (entry: FileEntry): ZipEntry =>
  Object.assign(entry, { name: entry.filename });

/**
 * Writes one entry to `target` as a stream. Throws where the entry's checksum or size is
 * not the one that the archive announces.
 */
export async function extractEntry(
  entry: ZipEntry,
  target: string,
): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const { writable: sink } = await Deno.open(target, {
    create: true,
    truncate: true,
    write: true,
  });
  await entry.getData(sink, { checkSignature: true }).catch((error: Error) => {
    throw new Error(
      `${entry.name} is damaged in its archive (${error.message}); ` +
        "remove the archive and try again",
    );
  });
  const { size } = await Deno.stat(target);
  if (size !== entry.uncompressedSize) {
    throw new Error(
      `${entry.name} unpacked to ${size} bytes, not ${entry.uncompressedSize}`,
    );
  }
}
