/**
 * Rows of a log as columns, and back without loss.
 *
 * A value that is no object or array becomes a cell of the column named by its path
 * ("solve.deduction.solveRate"). The column `shape` holds the row's JSON with its values
 * taken out, so that the order of fields, null and absence are kept. Objects whose
 * fields vary from row to row (counts by cause) become one cell of JSON text.
 */

/** A value that becomes a cell. */
export type Cell = string | number | boolean | null;

/** A column: a cell for every row, null where the row has none. */
export interface Column {
  name: string;
  type: "number" | "string" | "boolean";
  cells: Cell[];
}

/** Where the cells of some rows are read. */
export interface ColumnSource {
  has(name: string): boolean;
  cell(name: string, row: number): Cell;
}

/** The marks in a shape: what the cell of a value holds. */
const MARKS = { number: 0, string: 1, boolean: 2, json: 3 } as const;
type Mark = keyof typeof MARKS;
const MARK_NAMES = Object.keys(MARKS) as Mark[];

/** Most sets of fields, or lengths, that an object or array may have to be taken apart. */
const MOST_FORMS = 8;
const LONGEST_ARRAY = 32;

const SHAPE = "shape";

/** Returns the columns of rows, `shape` first. */
export function columnsOf(rows: readonly object[]): Column[] {
  const forms = new Map<string, Set<string>>();
  for (const row of rows) survey(row, "", forms);
  const columns = new Map<string, Column>();
  const shapes: string[] = rows.map((row, index) => {
    const put = (path: string, mark: Mark, cell: Cell) => {
      columnFor(columns, path, mark, rows.length).cells[index] = cell;
      return MARKS[mark];
    };
    return JSON.stringify(shapeOf(row, "", forms, put));
  });
  return [{ name: SHAPE, type: "string", cells: shapes }, ...columns.values()];
}

type Put = (path: string, mark: Mark, cell: Cell) => number;

/** Notes which fields the objects at each path have, and which lengths the arrays. */
function survey(
  value: unknown,
  path: string,
  forms: Map<string, Set<string>>,
): void {
  if (typeof value !== "object" || value === null) return;
  if (!forms.has(path)) forms.set(path, new Set());
  const found = forms.get(path)!;
  if (found.size <= MOST_FORMS) found.add(formOf(value));
  for (const [key, part] of Object.entries(value)) {
    survey(part, pathOf(path, key), forms);
  }
}

const formOf = (value: object) =>
  Array.isArray(value)
    ? `${Math.min(value.length, LONGEST_ARRAY + 1)}`
    : JSON.stringify(Object.keys(value));

const pathOf = (path: string, key: string) =>
  path === "" ? key : `${path}.${key}`;

function shapeOf(
  value: unknown,
  path: string,
  forms: ReadonlyMap<string, ReadonlySet<string>>,
  put: Put,
): unknown {
  if (value === null) return null;
  if (typeof value !== "object") {
    return put(path, typeof value as Mark, value as Cell);
  }
  const found = forms.get(path)!;
  if (found.size > MOST_FORMS || found.has(`${LONGEST_ARRAY + 1}`)) {
    return put(path, "json", JSON.stringify(value));
  }
  const parts = Object.entries(value).map((
    [key, part],
  ) => [key, shapeOf(part, pathOf(path, key), forms, put)]);
  return Array.isArray(value)
    ? parts.map(([, part]) => part)
    : Object.fromEntries(parts);
}

/** Returns the column of a path; a second kind of value at one path has a column of its own. */
function columnFor(
  columns: Map<string, Column>,
  path: string,
  mark: Mark,
  rows: number,
): Column {
  const type = mark === "json" ? "string" : mark;
  const own = nameOf(path, mark);
  const name = columns.has(own) || columns.get(path)?.type !== type
    ? columns.has(path) ? own : path
    : path;
  const column = columns.get(name) ??
    { name, type, cells: new Array<Cell>(rows).fill(null) };
  columns.set(name, column);
  return column;
}

const nameOf = (path: string, mark: Mark) => `${path} (${mark})`;

/** Reads rows from columns; a reader serves all rows of one source. */
export class RowReader {
  readonly #source: ColumnSource;
  readonly #builders = new Map<string, (row: number) => unknown>();

  constructor(source: ColumnSource) {
    this.#source = source;
  }

  row<Row>(index: number): Row {
    const shape = this.#source.cell(SHAPE, index) as string;
    let build = this.#builders.get(shape);
    if (!build) {
      build = this.#builder(JSON.parse(shape), "");
      this.#builders.set(shape, build);
    }
    return build(index) as Row;
  }

  #builder(shape: unknown, path: string): (row: number) => unknown {
    if (shape === null) return () => null;
    if (typeof shape === "number") {
      const mark = MARK_NAMES[shape];
      const own = nameOf(path, mark);
      const name = this.#source.has(own) ? own : path;
      const cell = (row: number) => this.#source.cell(name, row);
      return mark === "json" ? (row) => JSON.parse(cell(row) as string) : cell;
    }
    const parts = Object.entries(shape as object).map(([key, part]) =>
      [key, this.#builder(part, pathOf(path, key))] as const
    );
    return Array.isArray(shape)
      ? (row) => parts.map(([, build]) => build(row))
      : (row) => {
        const fields: Record<string, unknown> = {};
        for (const [key, build] of parts) fields[key] = build(row);
        return fields;
      };
  }
}
