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
  printed,
  withSolutions,
} from "./outputs.ts";

const PATH = `${FOLDER}/03_modes.ipynb`;
const MODES = ["deduction", "abduction", "induction"];
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  assert.match(printed(notebook, "failures-compact"), /surprises: 0\n$/);
  assert.match(printed(notebook, "failures-chat"), /surprises: 0\n$/);

  const shares = figureOf(notebook, "share").data;
  assert.deepEqual(shares.map(({ x }) => x.length), [1, 2, 10, 71, 44, 100]);

  const drawn = figureOf(notebook, "causes").data;
  assert.deepEqual(drawn.map(({ name }) => name), MODES);
  // A hundred proposals in each mode; each has one cause.
  for (const { x, y } of drawn) {
    assert.equal(x.reduce((sum: number, n) => sum + Number(n), 0), 100);
    assert.equal(new Set(y).size, y.length);
    assert.ok(y.includes("valid"));
  }
  const failures = drawn[0].y.filter((cause) => cause !== "valid");
  const shown = printed(notebook, "failed-proposals").match(/^\w+, \w+: /gm);
  assert.equal(shown?.length, failures.length);

  const answers = figureOf(notebook, "answers").data;
  assert.deepEqual(answers.map(({ name }) => name), MODES);
  assert.ok(answers.every(({ y }) => y.includes("right")));
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the modes' notebook runs in a fresh kernel, with the committed tasks, verdicts and causes", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook);
  // No model takes part in these: their outputs are the same everywhere.
  assertSameOutputs(notebook, committed, [
    ...MODES,
    "chat-deduction",
    "chat-induction",
    "side-by-side",
    "failures-compact",
    "failures-chat",
    "further-modes",
  ]);
});

Deno.test("the committed modes' notebook holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH));
  await assertWrittenByRunner(PATH, 3);
});
