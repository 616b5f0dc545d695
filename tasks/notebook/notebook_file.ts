/**
 * A notebook as a file: the part of nbformat 4.5 that the kit uses, read and
 * written so that equal notebooks are equal bytes.
 */

import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { known } from "../../lib/method/nearest.ts";
import { UsageError } from "../usage.ts";

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
 * Returns the text of a notebook file as Jupyter's own writer gives it, so that saving in
 * JupyterLab changes no line that its reader did not change: keys in alphabetical order,
 * one space of indentation. Cell ids are filled in, and only such metadata is kept as does
 * not change between runs.
 */
export function notebookText(notebook: Notebook): string {
  const cells = notebook.cells.map((cell, i) => ({
    ...cell,
    id: cell.id ?? `cell-${i}`,
    ...(cell.cell_type === "code"
      ? {
        execution_count: cell.execution_count ?? null,
        outputs: cell.outputs ?? [],
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
  return sortedJson(file) + "\n";
}

/** Returns a value as Python's json module writes it with sorted keys and an indent of 1. */
export function sortedJson(value: unknown, indent = ""): string {
  if (typeof value === "number") return pythonNumber(value);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent} `;
  const isList = Array.isArray(value);
  const items = isList
    ? value.map((item) => sortedJson(item, inner))
    : Object.entries(value).filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => a < b ? -1 : 1)
      .map(([key, item]) =>
        `${JSON.stringify(key)}: ${sortedJson(item, inner)}`
      );
  const [open, close] = isList ? "[]" : "{}";
  if (items.length === 0) return open + close;
  return `${open}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${close}`;
}

/** Writes small numbers with an exponent of two digits, as Python does below 0.0001. */
function pythonNumber(value: number): string {
  if (value === 0 || Math.abs(value) >= 1e-4) return JSON.stringify(value);
  return value.toExponential().replace(/e-(\d)$/, "e-0$1");
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
  return fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
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
    throw new UsageError(
      `no notebook "${name}"; there are: ${known(stem, names)}`,
    );
  }
}
