/**
 * The safetensors format: a JSON header, then the raw values.
 *
 * Reads and writes f32, f16, bf16 and i32 tensors (in memory the halves are f32),
 * one tensor at a time so that a checkpoint never has to fit in memory twice.
 * Layout: 8 bytes little-endian header length, the header, the data. Left out: what
 * a header must be (safetensors_header.ts) and sets of files (weight_files.ts).
 */
import {
  narrowBfloat16,
  narrowFloat16,
  widenBfloat16,
  widenFloat16,
} from "./half.ts";
import { firstNotFinite, refuseOverflow } from "./number_checks.ts";
import {
  BYTES_OF,
  readHeader,
  type TensorEntry,
  type TensorType,
} from "./safetensors_header.ts";

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
    const file = openExisting(path);
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
      const header = readHeader(
        bytes,
        file.statSync().size - 8 - length,
        path,
      );
      return new SafetensorsFile(path, file, 8 + length, header);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Returns the shape of a tensor. Throws where there is none of this name. */
  shapeOf(name: string): number[] {
    return this.#entry(name).shape;
  }

  /**
   * Reads one tensor, or of its values only `part`, a first place and a count; 16-bit
   * floats are widened to 32 bits.
   */
  read(name: string, part?: readonly [number, number]): HostTensor {
    const entry = this.#entry(name);
    const [start, end] = entry.data_offsets;
    const width = part === undefined ? 0 : BYTES_OF[entry.dtype as TensorType];
    const [from, count] = part ?? [0, 0];
    const bytes = new Uint8Array(part ? count * width : end - start);
    this.#file.seekSync(
      this.#dataStart + start + from * width,
      Deno.SeekMode.Start,
    );
    readExactly(this.#file, bytes, this.path);
    return {
      shape: part ? [count] : entry.shape,
      values: this.#widen(name, entry, bytes),
    };
  }

  #entry(name: string): TensorEntry {
    const entry = this.entries.get(name);
    if (entry !== undefined) return entry;
    throw new Error(`${this.path}: there is no tensor "${name}"`);
  }

  /**
   * Reads one tensor of weights. Throws naming the file and the tensor when it
   * holds integers, or a value that is not a finite number.
   */
  readWeights(
    name: string,
    part?: readonly [number, number],
  ): { shape: number[]; values: Float32Array } {
    const { shape, values } = this.read(name, part);
    if (!(values instanceof Float32Array)) {
      throw new Error(
        `${this.path}: "${name}" holds integers; weights are read as F32, F16 ` +
          `or BF16 (convert a quantised checkpoint)`,
      );
    }
    const place = firstNotFinite(values);
    if (place >= 0) {
      throw new Error(
        `${this.path}: value ${place} of "${name}" is ${values[place]}; ` +
          `training diverged before it was written, or the file is damaged: ` +
          `take an earlier checkpoint, or fetch it again`,
      );
    }
    return { shape, values };
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

/** A tensor to be written; `values` is asked for when its turn comes, whole or in pieces. */
export interface WrittenTensor {
  name: string;
  shape: readonly number[];
  dtype?: TensorType;
  values: () =>
    | HostTensor["values"]
    | Promise<HostTensor["values"]>
    | AsyncIterable<HostTensor["values"]>;
}

/** Returns the bytes that a tensor takes in a file. */
export function bytesOf({ shape, dtype = "F32" }: WrittenTensor): number {
  return BYTES_OF[dtype] * shape.reduce((product, axis) => product * axis, 1);
}

/**
 * Writes tensors, one at a time. The caller makes the write atomic (see
 * replace_folder.ts).
 */
export async function writeSafetensors(
  path: string,
  tensors: readonly WrittenTensor[],
  metadata: Record<string, string> = { format: "pt" },
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const tensor of tensors) {
    const { name, shape, dtype = "F32" } = tensor;
    const end = offset + bytesOf(tensor);
    header[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
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
  for (const tensor of tensors) {
    const { name, shape, dtype = "F32" } = tensor;
    let [count, bytes] = [0, 0];
    for await (const values of piecesOf(tensor)) {
      const data = narrowed(values, dtype);
      refuseOverflow(values, dtype, `${path}: "${name}"`);
      writeAll(
        file,
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
      count += data.length;
      bytes += data.byteLength;
    }
    if (bytes !== bytesOf(tensor)) {
      throw new Error(
        `${path}: tensor "${name}" has ${count} values for shape [${shape}]`,
      );
    }
  }
  file.syncSync();
}

/** Yields a tensor's values, in one piece where they come whole. */
async function* piecesOf({ values }: WrittenTensor) {
  const given = values();
  if (Symbol.asyncIterator in given) yield* given;
  else yield await given;
}

function narrowed(values: HostTensor["values"], dtype: TensorType) {
  if (values instanceof Int32Array) return values;
  if (dtype === "F16") return narrowFloat16(values);
  if (dtype === "BF16") return narrowBfloat16(values);
  return values;
}

function openExisting(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true });
  } catch (error) {
    throw new Error(
      `${path}: ${
        (error as Error).message
      }; copy the missing file from where ` +
        `the checkpoint was published`,
    );
  }
}

/** Fills `bytes` from where the file stands. Throws where it ends too early. */
export function readExactly(
  file: Deno.FsFile,
  bytes: Uint8Array,
  path: string,
) {
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
