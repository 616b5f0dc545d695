import assert from "node:assert/strict";
import {
  type Notebook,
  readNotebook,
} from "../../tasks/notebook/notebook_file.ts";
import {
  assertClean,
  assertWrittenByRunner,
  figureOf,
  FOLDER,
  freshRun,
  printed,
  withSolutions,
} from "./outputs.ts";

const PATH = `${FOLDER}/12_language_models.ipynb`;
const TIMEOUT_MS = 900_000;

/** What must hold of the outputs, with a model here and without one. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  for (const { x, y } of figureOf(notebook, "skill").data) {
    assert.equal(x.length, 7);
    const solved = Array.from(y, Number);
    assert.deepEqual(solved, solved.toSorted((a, b) => a - b));
    assert.ok(solved[0] >= 0 && solved[6] <= 100);
  }
  assert.match(printed(notebook, "skill"), /arithmetic, deduction: [\d.]+ to/);
  const curves = figureOf(notebook, "run").data;
  for (const { y } of curves) assert.equal(y.length, 30);
  const [readable, valid] = curves.map(({ y }) => Number(y.at(-1)));
  assert.ok(readable > 90 && valid > 30);
  assert.match(printed(notebook, "asserts"), /all checks passed/);
  assert.equal(printed(notebook, "bounds").match(/^\w+ +\S/gm)?.length, 14);
}

Deno.test("the committed outputs show a run whose form is learnt", async () => {
  await assertWrittenByRunner(PATH, 2);
  const notebook = await readNotebook(PATH);
  checkOutputs(notebook);
  assert.match(printed(notebook, "prompts"), /induction, proposer/);
});

Deno.test("a fresh run says the same of what is recorded", async () => {
  const committed = await readNotebook(PATH);
  checkOutputs(
    await freshRun(await withSolutions(committed, PATH), TIMEOUT_MS),
  );
});
