/**
 * The journal of an environment: one JSON line for everything that was acknowledged.
 *
 * A line is on the disk before its answer is sent. Answers that wait at the same time
 * share one write to the disk. A line that a kill cut short was never acknowledged; it
 * is dropped when the journal is opened again.
 */

import { LogFile } from "../run/log_file.ts";

export class Journal {
  readonly #file: LogFile;
  /** The write to the disk that is under way, and the next one, which others wait for. */
  #flushing: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  private constructor(file: LogFile) {
    this.#file = file;
  }

  /** Opens a journal and hands every whole line of it to `replay`, in order. */
  static async open(
    path: string,
    replay: (entry: unknown, line: number) => void,
  ): Promise<Journal> {
    let [whole, line] = [0, 0];
    for await (const { text, bytes } of linesOf(path)) {
      line++;
      let entry: unknown;
      try {
        entry = JSON.parse(text);
      } catch (error) {
        throw new Error(
          `${path}, line ${line} is no JSON (${(error as Error).message}): ` +
            "restore the file, or begin with another folder",
        );
      }
      replay(entry, line);
      whole += bytes;
    }
    return new Journal(LogFile.open(path, whole));
  }

  /** Number of bytes that are written. */
  get bytes(): number {
    return this.#file.bytes;
  }

  /** Appends entries, all or none. Throws naming the file where the disk takes no more. */
  write(entries: readonly unknown[]): void {
    const { bytes } = this.#file;
    try {
      this.#file.writeRows(entries);
    } catch (error) {
      this.#file.cut(bytes);
      throw error;
    }
  }

  /** Resolves once everything that is written so far is on the disk. */
  durable(): Promise<void> {
    if (this.#next) return this.#next;
    const before = this.#flushing ?? Promise.resolve();
    const flush = before.catch(() => {}).then(() => {
      this.#next = null;
      this.#flushing = flush;
      return this.#file.flush();
    });
    return this.#next = flush;
  }

  async close(): Promise<void> {
    await this.durable();
    this.#file.close();
  }
}

/** Yields the lines of a file that end with a line break, with their lengths in bytes. */
async function* linesOf(path: string) {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  const decoder = new TextDecoder();
  let rest = new Uint8Array();
  for await (const chunk of file.readable) {
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    let start = 0;
    for (let end; (end = bytes.indexOf(10, start)) >= 0; start = end + 1) {
      const text = decoder.decode(bytes.subarray(start, end));
      yield { text, bytes: end + 1 - start };
    }
    rest = bytes.slice(start);
  }
}
