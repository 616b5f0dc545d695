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

const PATH = `${FOLDER}/04_proposer.ipynb`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  const refused = figureOf(notebook, "batch").data
    .flatMap(({ x }) => x.map(Number)).reduce((a, b) => a + b, 0);
  const valid = [...printed(notebook, "batch").matchAll(/(\d+) of 64/g)]
    .reduce((sum, [, count]) => sum + Number(count), 0);
  assert.equal(refused + valid, 3 * 64);

  for (const { name, y } of figureOf(notebook, "growth").data) {
    assert.equal(y.length, 31, name);
    const sizes = y.map(Number);
    assert.ok(sizes.every((size, i) => i === 0 || size >= sizes[i - 1]), name);
  }
  const [diagonal, cap, admit] = figureOf(notebook, "repetition").data;
  assert.deepEqual([cap.name, admit.name], ["cap", "admit"]);
  for (const { x, y } of [cap, admit]) {
    assert.ok(x.every((k, i) => Number(y[i]) <= Number(k)));
  }
  assert.equal(diagonal.x[1], Math.max(cap.x.length, admit.x.length) - 1);

  // The oldest ancestor is the seed, which has no parents to show.
  const [, ...members] = figureOf(notebook, "family").data;
  assert.ok(members.some(({ x }) => x.includes(0)));

  // A batch holds 32 tasks under every sampler.
  const samplers = figureOf(notebook, "samplers").data;
  assert.equal(samplers.length, 4);
  for (const { name, y } of samplers) {
    const batch = y.reduce<number>((sum, mean) => sum + Number(mean), 0);
    assert.ok(Math.abs(batch - 32) < 1e-9, name);
  }
  assert.match(printed(notebook, "samplers-repeated"), /paper: 0\.00 repeated/);
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the proposer's notebook runs from top to bottom in a fresh kernel", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook);
  // No model takes part in these: their outputs are the same everywhere.
  assertSameOutputs(notebook, committed, ["start", "identity", "asserts"]);
});

Deno.test("the committed proposer's notebook holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH));
  await assertWrittenByRunner(PATH, 5);
});
