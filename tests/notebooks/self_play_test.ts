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

const PATH = `${FOLDER}/07_self_play.ipynb`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  assert.match(printed(notebook, "events"), /^0 seeded/);
  const solveRates = figureOf(notebook, "recorded").data.slice(0, 3);
  assert.deepEqual(solveRates.map(({ name }) => name), [
    "deduction",
    "abduction",
    "induction",
  ]);
  for (const { y } of solveRates) assert.equal(y.length, 16);

  const resumed = printed(notebook, "resume");
  assert.match(resumed, /stopped: \{ step: 6, finished: false \}/);
  assert.match(resumed, /metrics equal to the byte: true/);
  assert.match(printed(notebook, "reading"), /^valid: \d+$/m);
  // A right answer weighs more the rarer it is.
  const [formula, ...marks] = figureOf(notebook, "weights").data;
  assert.equal(Number(formula.y[48]), 1);
  assert.equal(marks.length, 3);
  assert.ok(marks.every(({ y }) => y.every((weight) => Number(weight) > 0)));
  const ablations = printed(notebook, "ablations").trim().split("\n");
  const switches = printed(notebook, "switches").trim().split("\n");
  assert.equal(ablations.length, switches.length);
  assert.match(ablations.join("\n"), /^two models .* and \d/m);
  const [training, idle] = figureOf(notebook, "ablations").data;
  assert.equal(training.y.length, switches.length);
  assert.ok(training.x.every((tokens) => Number(tokens) > 0));
  assert.equal(idle.y.length, switches.length);
  // Four checkpoints solve the tasks of four stretches.
  const [solvers] = figureOf(notebook, "matrix").data;
  assert.ok(solvers.x.length > 8 && solvers.x.length <= 16);
  assert.equal(printed(notebook, "matrix").trim().split("\n").length, 4);
  // The wider the gate, the more leaks; what leaked pays.
  const [, leaked] = figureOf(notebook, "gate-bars").data;
  const leaks = leaked.y.map(Number);
  assert.equal(leaks[0], 0);
  assert.ok(leaks[3] > leaks[1]);
  // The majority is paid for more than is right.
  const [, paid, right] = figureOf(notebook, "gold-curves").data;
  assert.equal(paid.y.length, 24);
  assert.ok(paid.y.every((share, i) => Number(share) >= Number(right.y[i])));
  assert.ok(Number(paid.y[23]) > Number(right.y[23]));
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the notebook on self-play runs from top to bottom in a fresh kernel", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook);
  // No model takes part in these: their outputs are the same everywhere.
  assertSameOutputs(notebook, committed, ["start", "switches", "asserts"]);
});

Deno.test("the committed notebook on self-play holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH));
  await assertWrittenByRunner(PATH, 7);
});
