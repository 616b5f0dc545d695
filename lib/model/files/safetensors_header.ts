/**
 * The header of a safetensors file: which tensors lie where.
 *
 * A file is refused where the safetensors library refuses it: tensors fill the
 * data one behind the other, without hole, overlap or rest, and no name is given
 * twice. What is damaged or forged would else be read as other weights.
 */

/** Types read and written here, and the bytes that one value takes. */
export const BYTES_OF = { F32: 4, I32: 4, F16: 2, BF16: 2 } as const;
export type TensorType = keyof typeof BYTES_OF;

/** One entry of a header. */
export interface TensorEntry {
  dtype: string;
  shape: number[];
  /** First and last byte, counted from the end of the header. */
  data_offsets: [number, number];
}

/** Returns a header that describes `dataBytes` bytes. Throws naming file and tensor. */
export function readHeader(
  bytes: Uint8Array,
  dataBytes: number,
  path: string,
): Record<string, unknown> {
  const header = parsed(bytes, path);
  const entries = Object.entries(header).filter(([name]) =>
    name !== "__metadata__"
  );
  for (const [name, value] of entries) checkEntry(name, value, path);
  const checked = entries as [string, TensorEntry][];
  for (const [name, entry] of checked) checkSize(name, entry, dataBytes, path);
  checkPlaces(checked, dataBytes, path);
  return header;
}

function parsed(bytes: Uint8Array, path: string): Record<string, unknown> {
  let reason = "it is not an object";
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const header: unknown = JSON.parse(text);
    const twice = repeatedKey(text);
    if (twice !== null) reason = `"${twice}" is in it twice`;
    else if (isObject(header)) return header;
  } catch (error) {
    reason = (error as Error).message;
  }
  throw new Error(
    `${path}: the header cannot be read (${reason}); the file is damaged or not ` +
      `a safetensors file, so fetch or write it again`,
  );
}

/** A name that an object of a JSON text has twice; parsing keeps the last in silence. */
function repeatedKey(text: string): string | null {
  const open: Set<string>[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;
  for (const [token, colon] of text.matchAll(tokens)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const key: string = JSON.parse(token.slice(0, -colon.length));
      if (open.at(-1)!.has(key)) return key;
      open.at(-1)!.add(key);
    }
  }
  return null;
}

/** An entry has a shape and a place. */
function checkEntry(name: string, value: unknown, path: string) {
  const entry: Partial<TensorEntry> = isObject(value) ? value : {};
  const { shape, data_offsets: offsets } = entry;
  const [start, end] = Array.isArray(offsets) ? offsets : [];
  if (
    !Array.isArray(shape) || !shape.every(isSize) || !isSize(start) ||
    !isSize(end) || start > end
  ) {
    throw new Error(
      `${path}: the header's entry "${name}" is ${JSON.stringify(value)}; it ` +
        `needs "shape" and "data_offsets": the file is damaged`,
    );
  }
}

/** A place is within the data, and a tensor of a known type fills it. */
function checkSize(
  name: string,
  { dtype, shape, data_offsets: [start, end] }: TensorEntry,
  dataBytes: number,
  path: string,
) {
  if (end > dataBytes) {
    throw new Error(
      `${path}: "${name}" ends ${
        end - dataBytes
      } bytes behind the end of the ` +
        `file, which is incomplete: fetch or write it again`,
    );
  }
  const size = shape.reduce((product, axis) => product * axis, 1);
  const bytes = size * (BYTES_OF[dtype as TensorType] ?? NaN);
  if (Number.isNaN(bytes) || bytes === end - start) return;
  throw new Error(
    `${path}: "${name}" takes ${end - start} bytes, but shape [${shape}] of ` +
      `${dtype} takes ${bytes}: the file is damaged`,
  );
}

/** Sorted by place, every tensor begins where the one before it ends. */
function checkPlaces(
  entries: readonly [string, TensorEntry][],
  dataBytes: number,
  path: string,
) {
  const sorted = [...entries].sort(([, a], [, b]) =>
    a.data_offsets[0] - b.data_offsets[0] ||
    a.data_offsets[1] - b.data_offsets[1]
  );
  let filled = 0;
  for (const [name, { data_offsets: [start, end] }] of sorted) {
    if (start !== filled) {
      const what = start < filled
        ? "overlaps the tensor before it"
        : "has a gap before it";
      throw new Error(`${path}: "${name}" ${what}: the file is damaged`);
    }
    filled = end;
  }
  if (filled === dataBytes) return;
  throw new Error(
    `${path}: ${
      dataBytes - filled
    } bytes follow the last tensor: the file is damaged`,
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
