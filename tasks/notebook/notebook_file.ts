/**
 * A notebook as a file: the part of nbformat 4.5 that the kit uses, read and
 * written so that equal notebooks are equal bytes.
 */

import { basename } from "node:path";
import { known } from "../../lib/method/nearest.ts";

/** Content by mime type: text, or JSON for `application/*+json`. */
export type MimeBundle = Record<string, unknown>;

/** An output of a cell. */
export type Output =
  | { output_type: "stream"; name: "stdout" | "stderr"; text: string[] }
  | {
    output_type: "display_data";
    data: MimeBundle;
    metadata: Record<string, unknown>;
  }
  | {
    output_type: "execute_result";
    execution_count: number;
    data: MimeBundle;
    metadata: Record<string, unknown>;
  }
  | {
    output_type: "error";
    ename: string;
    evalue: string;
    traceback: string[];
  };

/** A cell; only code cells have outputs. */
export interface Cell {
  cell_type: "code" | "markdown" | "raw";
  id?: string;
  metadata: { tags?: string[]; [key: string]: unknown };
  source: string | string[];
  execution_count?: number | null;
  outputs?: Output[];
}

/** A notebook. */
export interface Notebook {
  cells: Cell[];
  metadata: Record<string, unknown>;
  nbformat: number;
  nbformat_minor: number;
}

/** The tag of a cell that must throw. */
export const RAISES_EXCEPTION = "raises-exception";
/** The tag of a cell that is not run. */
export const SKIP_EXECUTION = "skip-execution";

/** Joins what nbformat may hold as a string or as a list of lines. */
export function joined(text: unknown): string {
  return Array.isArray(text) ? text.join("") : String(text ?? "");
}

/** Splits text into lines that keep their line ends, as nbformat stores them. */
export function lines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/** Returns the tags of a cell. */
export function tagsOf(cell: Cell): string[] {
  return cell.metadata.tags ?? [];
}

/** Reads a notebook. Throws an error naming the file if it is not one. */
export async function readNotebook(path: string): Promise<Notebook> {
  let notebook: Notebook;
  try {
    notebook = JSON.parse(await Deno.readTextFile(path));
  } catch (error) {
    throw new Error(`${path}: cannot be read: ${(error as Error).message}`);
  }
  if (notebook.nbformat !== 4 || !Array.isArray(notebook.cells)) {
    throw new Error(`${path}: not a notebook of nbformat 4 (no "cells" list)`);
  }
  return notebook;
}

/**
 * Returns the text of a notebook file: one space of indentation as Jupyter writes it,
 * cell ids filled in, and only such metadata as does not change between runs.
 */
export function notebookText(notebook: Notebook): string {
  const cells = notebook.cells.map((cell, i) => ({
    ...cell,
    id: cell.id ?? `cell-${i}`,
    ...(cell.cell_type === "code"
      ? {
        execution_count: cell.execution_count ?? null,
        outputs: (cell.outputs ?? []).map(withSortedTypes),
      }
      : {}),
    source: lines(joined(cell.source)),
  }));
  const metadata = {
    kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
    language_info: {
      codemirror_mode: "typescript",
      file_extension: ".ts",
      mimetype: "text/x.typescript",
      name: "typescript",
      nbconvert_exporter: "script",
      pygments_lexer: "typescript",
    },
  };
  const file = { cells, metadata, nbformat: 4, nbformat_minor: 5 };
  return JSON.stringify(file, null, 1) + "\n";
}

/** Returns the same output with its mime types in alphabetical order; a kernel's order varies. */
function withSortedTypes(output: Output): Output {
  if (!("data" in output)) return output;
  const types = Object.entries(output.data)
    .sort(([a], [b]) => a < b ? -1 : 1);
  return { ...output, data: Object.fromEntries(types) };
}

/** Writes a notebook. A failure leaves the file as it was. */
export async function writeNotebook(
  path: string,
  notebook: Notebook,
): Promise<void> {
  const unfinished = `${path}.tmp`;
  await Deno.writeTextFile(unfinished, notebookText(notebook));
  await Deno.rename(unfinished, path);
}

/** Returns the kit's root folder, with no slash at the end. */
export function kitRoot(): string {
  return decodeURIComponent(
    new URL("../..", import.meta.url).pathname.replace(/\/$/, ""),
  );
}

/**
 * Returns the notebooks named on a command line: paths, or names in `notebooks/`
 * (`00_tour`); all of them if none is named. Throws if one does not exist.
 */
export async function findNotebooks(names: string[]): Promise<string[]> {
  const folder = `${kitRoot()}/notebooks`;
  const all: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    if (entry.name.endsWith(".ipynb")) all.push(`${folder}/${entry.name}`);
  }
  all.sort();
  if (names.length === 0) return all;
  return await Promise.all(names.map((name) => findNotebook(name, all)));
}

async function findNotebook(name: string, all: string[]): Promise<string> {
  const stem = basename(name, ".ipynb");
  const inFolder = all.find((path) => basename(path, ".ipynb") === stem);
  if (!name.includes("/") && inFolder) return inFolder;
  try {
    return await Deno.realPath(name);
  } catch {
    const names = all.map((path) => basename(path, ".ipynb"));
    throw new Error(`no notebook "${name}"; there are: ${known(stem, names)}`);
  }
}
