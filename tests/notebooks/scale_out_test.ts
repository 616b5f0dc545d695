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

const PATH = `${FOLDER}/14_scale_out.ipynb`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  const [most, mean, least] = figureOf(notebook, "ratios").data
    .map(({ y }) => y.map(Number));
  assert.ok(most.every((ratio, i) => ratio >= mean[i] && mean[i] >= least[i]));
  const [here, there] = figureOf(notebook, "side-figure").data
    .map(({ y }) => y.map(Number));
  assert.equal(here.length, 50);
  // Trained on the same samples, both go the same way, and the server more slowly.
  assert.ok(here[49] < there[49] && there[49] < there[0]);
  assert.match(printed(notebook, "servers"), /^tinker ok .*\nllama ok /);
  const { data } = figureOf(notebook, "speed");
  const h100 = data.find(({ name }) => name === "H100")!.y.map(Number);
  assert.ok(h100[3] > h100[2], "7B on four is not faster than 3B on one");
  const [cheap, ...others] = figureOf(notebook, "cost").data
    .map(({ y }) => y.map(Number));
  assert.ok(others.every((y) => y.every((dollars, i) => dollars > cheap[i])));
  assert.match(printed(notebook, "client"), /^valid .* 0\.375/);
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the committed outputs show stale ratios, costs and a served task", async () => {
  await assertWrittenByRunner(PATH, 4);
  checkOutputs(await readNotebook(PATH));
});

Deno.test("a fresh run says the same, its exercises too", async () => {
  const committed = await readNotebook(PATH);
  checkOutputs(
    await freshRun(await withSolutions(committed, PATH), TIMEOUT_MS),
  );
});
