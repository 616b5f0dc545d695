import assert from "node:assert/strict";
import {
  kitRoot,
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
  withTries,
} from "./outputs.ts";

const PATH = `${FOLDER}/13_evaluation.ipynb`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;
const FILES = "AZR_BENCHMARKS";
/** Files in the public schemas: the real ones where the environment names them. */
const WITH_FILES = Deno.env.get(FILES) ??
  `${kitRoot()}/tests/lab/benchmarks/own`;

/** Runs the notebook with this folder of public files, which the kernel inherits. */
async function runWith(
  notebook: Notebook,
  folder: string,
): Promise<Notebook> {
  const before = Deno.env.get(FILES);
  Deno.env.set(FILES, folder);
  try {
    return await freshRun(notebook, TIMEOUT_MS);
  } finally {
    if (before === undefined) Deno.env.delete(FILES);
    else Deno.env.set(FILES, before);
  }
}

/** What must hold of the outputs, whether committed or just made, on either kind of items. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  const [, count] = /\n(\d+) of \d+ items of cruxeval-o/.exec(
    printed(notebook, "open"),
  )!;
  const [reference, ...guesses] = figureOf(notebook, "guesses").data;
  assert.equal(reference.name, "the reference");
  assert.equal(guesses.length, 2);
  assert.equal(reference.x.length, Number(count));
  assert.match(
    printed(notebook, "read"),
    /^as asked +right +match[^]*\nno tags +wrong +unclosedThought/,
  );
  assert.match(printed(notebook, "rows"), /\| cruxeval-o \| \d+ \| 100\.0 \|/);
  assert.doesNotMatch(printed(notebook, "graders"), /✗/);
  assert.equal(
    printed(notebook, "graders-code").match(/^(right|wrong) \(/gm)?.length,
    6,
  );
  assert.equal(figureOf(notebook, "paired-figure").data.length, 5);
  assert.equal(figureOf(notebook, "floor").data.length, 3);
  assert.equal(figureOf(notebook, "temperature-figure").data.length, 4);
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the notebook on evaluation runs without a benchmark's file, and then what it invites to try", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await runWith(
    await withSolutions(withTries(committed, "more", 4), PATH),
    "../benchmarks-not-here",
  );
  checkOutputs(notebook);
  assert.match(printed(notebook, "open"), /^the kit's own items\n12 of 12 /);
  // No model takes part in these.
  for (
    const id of [
      "item",
      "read",
      "rows",
      "graders",
      "graders-code",
      "paired-figure",
      "estimator",
    ]
  ) assert.equal(printed(notebook, id), printed(committed, id), id);
  assert.equal(figureOf(notebook, "try-0").data.length, 3);
  assert.match(printed(notebook, "try-1"), /correct: true/);
  assert.equal(figureOf(notebook, "try-2").data.length, 5);
  assert.equal(figureOf(notebook, "try-3").data.length, 5);
});

Deno.test("the notebook on evaluation runs on a benchmark's file", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await runWith(committed, WITH_FILES);
  checkOutputs(notebook);
  assert.match(printed(notebook, "open"), /^the public file\n/);
});

Deno.test("the committed notebook on evaluation holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH));
  await assertWrittenByRunner(PATH, 5);
});
