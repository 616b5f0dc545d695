/**
 * Columns as Parquet files with zstd, written and read in one call: the boundary to
 * Apache Arrow and parquet-wasm, which are loaded when the first file is.
 */

import { createRequire } from "node:module";
import type * as Arrow from "apache-arrow";
import type * as Parquet from "parquet-wasm";
import type { Cell, Column, ColumnSource } from "./columns.ts";

const require = createRequire(import.meta.url);
const arrow = () => require("apache-arrow") as typeof Arrow;
const parquet = () => require("parquet-wasm") as typeof Parquet;

/** Rows that are decoded at once: all of them. */
const BATCH = 1 << 24;

/** Returns a Parquet file. `single` keeps numbers that are not whole in single precision. */
export function parquetBytes(
  columns: readonly Column[],
  { single }: { single: boolean },
): Uint8Array {
  const { tableToIPC, Table } = arrow();
  const { Table: WasmTable, writeParquet, WriterPropertiesBuilder, ...enums } =
    parquet();
  const vectors = columns.map(({ name, type, cells }) =>
    [name, vectorOf(type, cells, single)] as const
  );
  const table = new Table(Object.fromEntries(vectors));
  const properties = new WriterPropertiesBuilder()
    .setCompression(enums.Compression.ZSTD)
    .setStatisticsEnabled(enums.EnabledStatistics.Chunk)
    .build();
  const stream = tableToIPC(table, "stream");
  return writeParquet(WasmTable.fromIPCStream(stream), properties);
}

function vectorOf(
  type: Column["type"],
  cells: readonly Cell[],
  single: boolean,
): Arrow.Vector {
  const { Bool, Float32, Float64, Int32, Utf8, vectorFromArray } = arrow();
  if (type === "string") return vectorFromArray(cells, new Utf8());
  if (type === "boolean") return vectorFromArray(cells, new Bool());
  const numbers = cells.filter((cell) => cell !== null) as number[];
  if (numbers.every((value) => (value | 0) === value)) {
    return vectorFromArray(cells, new Int32());
  }
  // A whole number above 2^24 would lose its last digits in single precision.
  const fits = numbers.every((value) =>
    !Number.isInteger(value) || Math.abs(value) <= 1 << 24
  );
  return vectorFromArray(cells, single && fits ? new Float32() : new Float64());
}

/** The columns of a Parquet file in memory. */
export class ParquetColumns implements ColumnSource {
  readonly rows: number;
  readonly #table: Arrow.Table;
  readonly #readers = new Map<string, (row: number) => Cell>();

  constructor(bytes: Uint8Array) {
    const wasm = parquet().readParquet(bytes, { batchSize: BATCH });
    this.#table = arrow().tableFromIPC(wasm.intoIPCStream());
    this.rows = this.#table.numRows;
  }

  has(name: string): boolean {
    return this.#table.schema.names.includes(name);
  }

  cell(name: string, row: number): Cell {
    let read = this.#readers.get(name);
    if (!read) {
      read = readerOf(this.#table.getChild(name)!);
      this.#readers.set(name, read);
    }
    return read(row);
  }
}

function readerOf(vector: Arrow.Vector): (row: number) => Cell {
  const { DataType } = arrow();
  if (!DataType.isFloat(vector.type) && !DataType.isInt(vector.type)) {
    return (row) => vector.get(row);
  }
  const numbers = vector.toArray() as ArrayLike<number>;
  const isSingle = numbers instanceof Float32Array;
  const value = (row: number) =>
    isSingle ? shortest(numbers[row]) : numbers[row];
  if (vector.nullCount === 0) return value;
  return (row) => vector.isValid(row) ? value(row) : null;
}

/** Returns the number with the fewest digits that single precision keeps as `value`. */
export function shortest(value: number): number {
  if (Number.isInteger(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}
