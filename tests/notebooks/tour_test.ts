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
  withTries,
} from "./outputs.ts";

const PATH = `${FOLDER}/00_tour.ipynb`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;
const MODES = ["deduction", "abduction", "induction"];

/**
 * What must hold of the outputs, whether committed or just made. `exact`: they come from
 * a processor like the one of the committed outputs.
 */
function checkOutputs(notebook: Notebook, exact: boolean): void {
  assertClean(notebook);
  assert.match(printed(notebook, "propose"), /\n192 proposals, as yet unread/);
  const attempts = printed(notebook, "solve");
  assert.equal(attempts.match(/ {4}(right|wrong|malformed): /g)?.length, 8);

  // Every proposal that was judged is in one bar, every group in one column.
  const fates = figureOf(notebook, "validate").data;
  assert.equal(fates[0].name, "valid");
  const judged = fates.flatMap(({ x }) => x).map(Number)
    .reduce((sum, count) => sum + count, 0);
  assert.ok(judged > 150 && judged <= 192, `${judged}`);
  const groups = figureOf(notebook, "advantage").data.map(({ name }) => name);
  assert.deepEqual(
    groups,
    ["propose", "solve"].flatMap((role) =>
      MODES.map((mode) => `${role} ${mode}`)
    ),
  );
  const [good, bad] = figureOf(notebook, "update").data;
  const total = (bars: typeof good) =>
    bars.y.reduce((sum: number, change) => sum + Number(change), 0);
  assert.ok(total(good) > total(bad));

  const curves = figureOf(notebook, "run").data;
  assert.deepEqual(curves.map(({ name }) => name), MODES);
  for (const { y } of curves) assert.equal(y.length, 12);
  const bars = figureOf(notebook, "evaluate-after").data;
  assert.deepEqual(bars.map(({ name }) => name), [
    "step 0",
    "step 12",
    "step 0, made to think",
  ]);
  for (const { y } of bars) {
    assert.ok(y.every((share) => Number(share) >= 0));
  }
  if (exact) {
    const [before, after] = bars.map(({ y }) =>
      y.reduce((sum: number, share) => sum + Number(share), 0)
    );
    assert.ok(after > before, "self-play helped");
  }
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the tour runs from top to bottom in a fresh kernel, and then what it invites to try", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(withTries(committed, "summary", 3), PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook, hasAvx512());
  // No model takes part in these: their outputs are the same everywhere.
  assertSameOutputs(notebook, committed, ["hostile"]);
  assert.match(printed(notebook, "try-0"), /^\d+ rows teach/);
  assert.equal(figureOf(notebook, "try-1").data.length, 6);
  assert.equal(figureOf(notebook, "try-2").data[0].y.length, 3);
});

Deno.test("the committed tour holds its outputs, with an image of every figure", async () => {
  checkOutputs(await readNotebook(PATH), true);
  await assertWrittenByRunner(PATH, 7);
});
