import assert from "node:assert/strict";
import {
  type Notebook,
  readNotebook,
} from "../../tasks/notebook/notebook_file.ts";
import {
  assertClean,
  assertSameOutputs,
  assertWrittenByRunner,
  figureOf,
  FOLDER,
  freshRun,
  hasAvx512,
  printed,
  withSolutions,
} from "./outputs.ts";

const PATH = `${FOLDER}/15_lineage.ipynb`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

/** Returns the last values of the curves of a figure. */
function ends(notebook: Notebook, id: string): number[] {
  return figureOf(notebook, id).data.map(({ y }) => Number(y.at(-1)));
}

/**
 * What must hold of the outputs, whether committed or just made. `exact`: they come from
 * a processor like the one of the committed outputs.
 */
function checkOutputs(notebook: Notebook, exact: boolean): void {
  assertClean(notebook);
  const [gradient, variance] = figureOf(notebook, "moments-figure").data;
  const levels = gradient.y.map(Number);
  assert.ok(Math.max(...levels) - Math.min(...levels) < 1e-9);
  assert.ok(Number(variance.y[0]) > 4 * Number(variance.y[20]));

  const [returns, critic, shortest] = ends(notebook, "critic-figure");
  assert.ok(shortest <= critic && 1.5 * critic < returns);
  const [one, four, sixteen] = ends(notebook, "a3c-figure");
  assert.ok(sixteen < four && four < one);
  const third = figureOf(notebook, "dqn-figure").data
    .map(({ y }) => Number(y[3]));
  assert.ok(third[1] < third[2] && third[2] < third[0]);
  const [clipped, unclipped] = ends(notebook, "ppo-figure");
  assert.ok(clipped > 90 && unclipped < 80);
  const [hard, soft, held] = ends(notebook, "sac-figure");
  assert.ok(held > hard && held > soft);

  assert.equal(figureOf(notebook, "kinds-figure").data.length, 6);
  const noise = figureOf(notebook, "noise-figure").data[0].x.map(Number);
  assert.equal(noise.length, 4);
  // The base model's last bits depend on the processor: 22 to 39 % with AVX-512, 45 to
  // 62 % without it.
  assert.ok(
    noise.slice(1).every((share) => share < (exact ? 50 : 75)),
    String(noise),
  );
  assert.equal(Math.min(...noise), noise[2]);
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the notebook on the lineage runs from top to bottom in a fresh kernel", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook, hasAvx512());
  // No model takes part in these: their outputs are the same everywhere.
  assertSameOutputs(notebook, committed, ["moments-least", "asserts"]);
});

Deno.test("the committed notebook on the lineage holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH), true);
  await assertWrittenByRunner(PATH, 12);
});
