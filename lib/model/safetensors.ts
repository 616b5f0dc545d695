/**
 * The safetensors format: a JSON header, then the raw values.
 *
 * Reads f32, f16, bf16 and i32 tensors (the halves widened to f32), one tensor at a
 * time so that a checkpoint never has to fit in memory twice. Writes f32 and
 * i32. Layout: 8 bytes little-endian header length, the header, the data.
 */

/** One entry of a header. */
export interface TensorEntry {
  dtype: string;
  shape: number[];
  /** First and last byte, counted from the end of the header. */
  data_offsets: [number, number];
}

/** A tensor's values on the host. */
export interface HostTensor {
  shape: number[];
  values: Float32Array | Int32Array;
}

/** An open safetensors file. Close it, or use `using`. */
export class SafetensorsFile implements Disposable {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #dataStart: number;

  private constructor(
    path: string,
    file: Deno.FsFile,
    dataStart: number,
    header: Record<string, unknown>,
  ) {
    this.path = path;
    this.#file = file;
    this.#dataStart = dataStart;
    const { __metadata__: metadata, ...entries } = header;
    this.metadata = (metadata ?? {}) as Record<string, string>;
    this.entries = new Map(
      Object.entries(entries as Record<string, TensorEntry>),
    );
  }

  /** Opens a file and reads its header. */
  static open(path: string): SafetensorsFile {
    const file = Deno.openSync(path, { read: true });
    try {
      const prefix = new Uint8Array(8);
      readExactly(file, prefix, path);
      const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
      if (length > file.statSync().size) {
        throw new Error(
          `${path}: header length ${length} exceeds the file; it is not a ` +
            `safetensors file or its download is incomplete`,
        );
      }
      const bytes = new Uint8Array(length);
      readExactly(file, bytes, path);
      const header = JSON.parse(new TextDecoder().decode(bytes));
      return new SafetensorsFile(path, file, 8 + length, header);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Reads one tensor; 16-bit floats are widened to 32 bits. */
  read(name: string): HostTensor {
    const entry = this.entries.get(name);
    if (entry === undefined) {
      throw new Error(`${this.path}: there is no tensor "${name}"`);
    }
    const [start, end] = entry.data_offsets;
    const bytes = new Uint8Array(end - start);
    this.#file.seekSync(this.#dataStart + start, Deno.SeekMode.Start);
    readExactly(this.#file, bytes, this.path);
    return { shape: entry.shape, values: this.#widen(name, entry, bytes) };
  }

  #widen(name: string, entry: TensorEntry, bytes: Uint8Array<ArrayBuffer>) {
    switch (entry.dtype) {
      case "F32":
        return new Float32Array(bytes.buffer);
      case "I32":
        return new Int32Array(bytes.buffer);
      case "BF16":
        return widenBfloat16(new Uint16Array(bytes.buffer));
      case "F16":
        return widenFloat16(new Uint16Array(bytes.buffer));
    }
    throw new Error(
      `${this.path}: tensor "${name}" is stored as ${entry.dtype}; F32, F16, ` +
        `BF16 and I32 are read here (convert the checkpoint)`,
    );
  }

  close() {
    this.#file.close();
  }

  [Symbol.dispose]() {
    this.close();
  }
}

/**
 * Writes tensors, asking for each one's values only when its turn comes.
 * The caller makes the write atomic (see checkpoint.ts).
 */
export function writeSafetensors(
  path: string,
  tensors: readonly {
    name: string;
    shape: readonly number[];
    dtype?: "F32" | "I32";
    values: () => Float32Array | Int32Array;
  }[],
  metadata: Record<string, string> = { format: "pt" },
): void {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const { name, shape, dtype = "F32" } of tensors) {
    const size = 4 * shape.reduce((product, axis) => product * axis, 1);
    header[name] = { dtype, shape, data_offsets: [offset, offset + size] };
    offset += size;
  }
  const text = JSON.stringify(header);
  // Aligned to 8 bytes, as the format recommends.
  const encoded = new TextEncoder().encode(
    text + " ".repeat((8 - (new TextEncoder().encode(text).length % 8)) % 8),
  );
  using file = Deno.openSync(path, {
    write: true,
    create: true,
    truncate: true,
  });
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(encoded.length), true);
  writeAll(file, prefix);
  writeAll(file, encoded);
  for (const { name, shape, values } of tensors) {
    const data = values();
    const size = shape.reduce((product, axis) => product * axis, 1);
    if (data.length !== size) {
      throw new Error(
        `${path}: tensor "${name}" has ${data.length} values for shape [${shape}]`,
      );
    }
    writeAll(
      file,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
  }
  file.syncSync();
}

function widenBfloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16;
  return new Float32Array(words.buffer);
}

function widenFloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = float16(halves[i]);
  return values;
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function readExactly(file: Deno.FsFile, bytes: Uint8Array, path: string) {
  let filled = 0;
  while (filled < bytes.length) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) {
      throw new Error(
        `${path}: ended ${
          bytes.length - filled
        } bytes early; the file is incomplete`,
      );
    }
    filled += count;
  }
}

function writeAll(file: Deno.FsFile, bytes: Uint8Array) {
  let written = 0;
  while (written < bytes.length) {
    written += file.writeSync(bytes.subarray(written));
  }
}
