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

const PATH = `${FOLDER}/06_trrpp.ipynb`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

/**
 * What must hold of the outputs, whether committed or just made. `exact`: they come from
 * a processor like the one of the committed outputs.
 */
function checkOutputs(notebook: Notebook, exact: boolean): void {
  assertClean(notebook);
  const estimators = figureOf(notebook, "estimators").data;
  // Six panels; in each another answer of every mode, and a right one of each mode with
  // one: without AVX-512 the batch has no right answer in induction.
  const marks = estimators.length / 6;
  assert.ok(marks === 6 || (!exact && marks === 5), String(estimators.length));
  const trrpp = estimators.slice(0, marks).map(({ y }) => Number(y[1]));
  assert.ok(trrpp.slice(0, -3).every((right) => right > 0));
  assert.ok(trrpp.slice(-3).every((wrong) => wrong < 0));

  // The longer the memory, the nearer a running mean still is to its 0.
  const means = figureOf(notebook, "memory").data;
  const firsts = means.slice(0, 3).map(({ y }) => Math.abs(Number(y[0])));
  assert.ok(firsts[0] > firsts[1] && firsts[1] > firsts[2]);
  assert.equal(new Set(means[3].y).size, 1);

  // Both ways to whiten leave the order of a group as it is.
  const [, ...groups] = figureOf(notebook, "whitening").data;
  assert.ok(groups.length > 1);
  for (const { name, x, y } of groups) {
    const pairs = x.map((value, i) => [Number(value), Number(y[i])])
      .sort(([a], [b]) => a - b);
    pairs.forEach(([, value], i) =>
      assert.ok(i === 0 || value >= pairs[i - 1][1], name)
    );
  }

  // Solid and dashed for each objective; all meet at a ratio of 1.
  const objectives = figureOf(notebook, "objective").data;
  assert.equal(objectives.length, 6);
  for (const { x, y, name } of objectives) {
    const atOne = Number(y[x.indexOf(1)]);
    assert.equal(atOne, name!.endsWith("-1") ? -1 : 1);
  }
  const moved = figureOf(notebook, "update").data;
  assert.ok(moved.some(({ y }) => y.some((change) => Number(change) !== 0)));
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the notebook on TRR++ runs from top to bottom in a fresh kernel", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook, hasAvx512());
  // No model takes part in these: their outputs are the same everywhere.
  assertSameOutputs(notebook, committed, [
    "by-hand",
    "degenerate",
    "memory-equal",
    "weights",
    "asserts",
  ]);
});

Deno.test("the committed notebook on TRR++ holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH), true);
  await assertWrittenByRunner(PATH, 6);
});
