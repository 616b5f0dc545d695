/**
 * An append-only text file whose length at a checkpoint is known, so that a
 * resumed run can cut off whatever was written after it.
 */

export class LogFile {
  readonly path: string;
  readonly #file: Deno.FsFile;
  #bytes: number;

  private constructor(path: string, file: Deno.FsFile, bytes: number) {
    this.path = path;
    this.#file = file;
    this.#bytes = bytes;
  }

  /** Opens the file with exactly its first `bytes` bytes kept. */
  static open(path: string, bytes: number): LogFile {
    const file = Deno.openSync(path, { write: true, create: true });
    const present = file.statSync().size;
    if (present < bytes) {
      file.close();
      throw new Error(
        `${path} has ${present} bytes, but the checkpoint was made after ${bytes}: ` +
          "the file has been changed; restore it, or start a new run",
      );
    }
    file.truncateSync(bytes);
    file.seekSync(bytes, Deno.SeekMode.Start);
    return new LogFile(path, file, bytes);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Appends text. Throws naming the file where the disk takes no more. */
  write(text: string): void {
    const data = new TextEncoder().encode(text);
    let written = 0;
    try {
      while (written < data.length) {
        written += this.#file.writeSync(data.subarray(written));
      }
    } catch (error) {
      const reason = (error as Error).message;
      throw new Error(`${this.path} cannot be written: ${reason}`);
    }
    this.#bytes += data.length;
  }

  /** Appends one JSON line per row. */
  writeRows(rows: readonly unknown[]): void {
    if (rows.length === 0) return;
    this.write(rows.map((row) => JSON.stringify(row) + "\n").join(""));
  }

  /** Cuts off what follows the first `bytes` bytes. */
  cut(bytes: number): void {
    this.#file.truncateSync(bytes);
    this.#file.seekSync(bytes, Deno.SeekMode.Start);
    this.#bytes = bytes;
  }

  /** Returns once the contents are on the disk. */
  sync(): void {
    this.#file.syncDataSync();
  }

  /** Resolves once the contents are on the disk; the process goes on meanwhile. */
  flush(): Promise<void> {
    return this.#file.syncData();
  }

  close(): void {
    this.#file.close();
  }
}
