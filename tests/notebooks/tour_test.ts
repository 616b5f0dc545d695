import assert from "node:assert/strict";
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

const FOLDER = `${kitRoot()}/notebooks`;
const PATH = `${FOLDER}/00_tour.ipynb`;
const PLOTLY = "application/vnd.plotly.v1+json";
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

interface PlotlyFigure {
  data: { name: string; x: unknown[]; y: (number | null)[] }[];
}

function cellNamed(notebook: Notebook, id: string): Cell {
  const found = notebook.cells.find((cell) => cell.id === id);
  assert.ok(found, `no cell "${id}"`);
  return found;
}

function printed(cell: Cell): string {
  return (cell.outputs ?? []).map((output) =>
    output.output_type === "stream" ? joined(output.text) : ""
  ).join("");
}

function displayed(cell: Cell): MimeBundle[] {
  return (cell.outputs ?? []).flatMap((output) =>
    output.output_type === "display_data" ? [output.data] : []
  );
}

function figureOf(cell: Cell): PlotlyFigure {
  const bundle = displayed(cell).find((data) => PLOTLY in data);
  assert.ok(bundle, `cell "${cell.id}" shows no figure`);
  return bundle[PLOTLY] as PlotlyFigure;
}

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  for (const cell of notebook.cells) {
    for (const output of cell.outputs ?? []) {
      assert.notEqual(output.output_type, "error", `cell "${cell.id}"`);
      if (output.output_type !== "stream") continue;
      assert.equal(output.name, "stdout", joined(output.text));
    }
  }
  const attempts = printed(cellNamed(notebook, "attempts"));
  assert.equal(attempts.match(/ {4}(right|wrong|malformed): /g)?.length, 8);

  const live = cellNamed(notebook, "live-run");
  const [bar, plot] = displayed(live);
  assert.match(joined(bar["text/plain"]), /^steps of self-play 30\/30/);
  assert.match(joined(plot["image/svg+xml"]), /<polyline/);
  const curves = figureOf(live).data;
  assert.deepEqual(curves.map(({ name }) => name), [
    "deduction",
    "abduction",
    "induction",
  ]);
  for (const { y } of curves) assert.equal(y.length, 30);

  const bars = figureOf(cellNamed(notebook, "evaluate-after")).data;
  assert.deepEqual(bars.map(({ name }) => name), [
    "step 0",
    "step 30",
    "step 0, made to think",
  ]);
  for (const { y } of bars) assert.ok(y.every((share) => (share ?? -1) >= 0));
  assert.match(printed(cellNamed(notebook, "asserts")), /all checks passed/);
}

Deno.test("the tour runs from top to bottom in a fresh kernel", async () => {
  const committed = await readNotebook(PATH);
  const notebook = structuredClone(committed);
  await runNotebookOrThrow(notebook, { folder: FOLDER, timeoutMs: TIMEOUT_MS });
  checkOutputs(notebook);
  // No model takes part in these: their outputs are the same everywhere.
  for (
    const id of ["run-program", "run-hostile", "three-modes", "verify-answers"]
  ) {
    assert.deepEqual(
      cellNamed(notebook, id).outputs,
      cellNamed(committed, id).outputs,
    );
  }
});

Deno.test("the committed tour holds its outputs, with an image of every figure", async () => {
  const notebook = await readNotebook(PATH);
  assert.equal(await Deno.readTextFile(PATH), notebookText(notebook));
  checkOutputs(notebook);
  let figures = 0;
  for (const bundle of notebook.cells.flatMap(displayed)) {
    if (!(PLOTLY in bundle)) continue;
    figures++;
    assert.match(joined(bundle["image/svg+xml"]), /^<svg[^]*<\/svg>\s*$/);
  }
  assert.equal(figures, 4);
});
