/** Reading what the cells of a notebook left behind, by the ids of the cells. */

import assert from "node:assert/strict";
import { basename } from "node:path";
import {
  type Cell,
  joined,
  kitRoot,
  type MimeBundle,
  type Notebook,
  notebookText,
  readNotebook,
} from "../../tasks/notebook/notebook_file.ts";
import { runNotebookOrThrow } from "../../tasks/notebook/runner.ts";

export const FOLDER = `${kitRoot()}/notebooks`;
const PLOTLY = "application/vnd.plotly.v1+json";

/** The part of a figure that tests look at. */
export interface PlotlyFigure {
  data: {
    name?: string;
    x: (number | string)[];
    y: (number | string | null)[];
  }[];
}

export function cellNamed(notebook: Notebook, id: string): Cell {
  const found = notebook.cells.find((cell) => cell.id === id);
  assert.ok(found, `no cell "${id}"`);
  return found;
}

/** What a cell printed. */
export function printed(notebook: Notebook, id: string): string {
  return (cellNamed(notebook, id).outputs ?? []).map((output) =>
    output.output_type === "stream" ? joined(output.text) : ""
  ).join("");
}

function displayed(cell: Cell): MimeBundle[] {
  return (cell.outputs ?? []).flatMap((output) =>
    output.output_type === "display_data" ? [output.data] : []
  );
}

/** The first figure of a cell. */
export function figureOf(notebook: Notebook, id: string): PlotlyFigure {
  const bundles = displayed(cellNamed(notebook, id));
  const bundle = bundles.find((data) => PLOTLY in data);
  assert.ok(bundle, `cell "${id}" shows no figure`);
  return bundle[PLOTLY] as PlotlyFigure;
}

/**
 * Whether the processor has AVX-512, as those had that made the committed outputs.
 * Others add up in another order: the tiny base models end with other last bits, other
 * tasks are drawn, and what is claimed of a single run need not hold of theirs.
 */
export function hasAvx512(): boolean {
  try {
    return Deno.readTextFileSync("/proc/cpuinfo").includes(" avx512f ");
  } catch {
    return false; // no Linux
  }
}

/** No cell failed or printed to stderr. */
export function assertClean(notebook: Notebook): void {
  for (const cell of notebook.cells) {
    for (const output of cell.outputs ?? []) {
      assert.notEqual(output.output_type, "error", `cell "${cell.id}"`);
      if (output.output_type !== "stream") continue;
      assert.equal(output.name, "stdout", joined(output.text));
    }
  }
}

/** Runs the committed code of a notebook in a fresh kernel. */
export async function freshRun(
  committed: Notebook,
  timeoutMs: number,
): Promise<Notebook> {
  const notebook = structuredClone(committed);
  for (const cell of notebook.cells) if (cell.outputs) cell.outputs = [];
  await runNotebookOrThrow(notebook, { folder: FOLDER, timeoutMs });
  return notebook;
}

/** These cells left the same behind in both. */
export function assertSameOutputs(
  notebook: Notebook,
  committed: Notebook,
  ids: readonly string[],
): void {
  for (const id of ids) {
    assert.deepEqual(
      cellNamed(notebook, id).outputs,
      cellNamed(committed, id).outputs,
      `cell "${id}": run \`deno task notebooks --write\` if this is meant`,
    );
  }
}

/** The file is as the runner writes it, with an image of each of its figures. */
export async function assertWrittenByRunner(
  path: string,
  figures: number,
): Promise<void> {
  const notebook = await readNotebook(path);
  assert.equal(await Deno.readTextFile(path), notebookText(notebook));
  const bundles = notebook.cells.flatMap(displayed)
    .filter((bundle) => PLOTLY in bundle);
  for (const bundle of bundles) {
    assert.match(joined(bundle["image/svg+xml"]), /^<svg[^]*<\/svg>\s*$/);
  }
  assert.equal(bundles.length, figures);
}

/** The notebook with the pieces of code that one of its cells invites to paste, as cells `try-0` and so on at its end. */
export function withTries(
  notebook: Notebook,
  id: string,
  count: number,
): Notebook {
  const text = joined(cellNamed(notebook, id).source);
  const pieces = [...text.matchAll(/^ {3}```ts\n([^]*?)^ {3}```$/gm)]
    .map(([, code]) => code.replaceAll(/^ {3}/gm, ""));
  assert.equal(pieces.length, count);
  const cells = pieces.map((source, i) => ({
    ...cellNamed(notebook, "asserts"),
    ...{ id: `try-${i}`, source },
  }));
  return { ...notebook, cells: [...notebook.cells, ...cells] };
}

/** The solutions of the notebook at a path. */
export const solutionsOf = (path: string) =>
  `${FOLDER}/${basename(path).slice(0, 2)}_solutions.ipynb`;

/**
 * The notebook of a path with the cells of its solutions behind its own, as a reader
 * runs them after Run All. Cells called `setup-...` are left out: they repeat cells of
 * the notebook, so that the solutions can run alone too.
 */
export async function withSolutions(
  notebook: Notebook,
  path: string,
): Promise<Notebook> {
  const { cells } = await readNotebook(solutionsOf(path));
  const edits = cells.filter(({ cell_type, id }) =>
    cell_type === "code" && !id!.startsWith("setup-")
  ).map((cell) => ({ ...cell, id: `solution-${cell.id}` }));
  assert.ok(edits.length > 2, `${path}: too few solutions`);
  return { ...notebook, cells: [...notebook.cells, ...edits] };
}
