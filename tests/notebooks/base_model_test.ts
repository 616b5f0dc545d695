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

const PATH = `${FOLDER}/08_base_model.ipynb`;
/** The base model is pretrained in one cell, on cores that others use too. */
const TIMEOUT_MS = 600_000;

/** The share in a line of the table of results, in per cent. */
function right(notebook: Notebook, way: string, mode: string): number {
  const line = new RegExp(`^${way} +${mode} +right +(\\d+) %`, "m");
  const found = printed(notebook, "evaluation").match(line);
  assert.ok(found, `${way}, ${mode}`);
  return Number(found[1]);
}

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  assert.match(printed(notebook, "world"), /as the generator says: 12 of 12/);
  const promise = printed(notebook, "held-out") +
    printed(notebook, "held-out-unchecked");
  assert.match(promise, /^held-out prompts among documents: 0$/m);
  assert.match(promise, /^without the check: [1-9]\d* of 8000$/m);
  assert.match(promise, /is barred: true/);

  // Traced answers are the longer ones.
  const [direct, traced] = figureOf(notebook, "lengths").data;
  assert.deepEqual([direct.name, traced.name], ["direct", "traced"]);
  const longest = ({ x }: typeof direct) => Math.max(...x.map(Number));
  assert.ok(longest(traced) > 2 * longest(direct));

  const [curriculum, corpus] = figureOf(notebook, "training").data;
  assert.deepEqual([curriculum.name, corpus.name], ["curriculum", "corpus"]);
  assert.ok(Number(curriculum.y.at(-1)) < 0.5 * Number(curriculum.y[0]));
  assert.ok(Number(corpus.y.at(-1)) < Number(corpus.y[0]));

  // Greedy answers do not think, and thinking is what they miss.
  assert.match(
    printed(notebook, "evaluation"),
    /^greedy +deduction .* thinks +0 %/m,
  );
  const gain = right(notebook, "made to think", "deduction") -
    right(notebook, "greedy", "deduction");
  assert.ok(gain >= 5, `${gain} points`);
  const depths = figureOf(notebook, "depth").data;
  assert.ok(depths.every(({ x }) => x.length === 3));
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the notebook on the base model builds one in a fresh kernel, with the committed world and documents", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook);
  // No model takes part in these: their outputs are the same everywhere.
  assertSameOutputs(notebook, committed, [
    "world",
    "documents",
    "tokenizer",
    "held-out",
    "held-out-unchecked",
    "asserts",
  ]);
});

Deno.test("the committed notebook on the base model holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH));
  await assertWrittenByRunner(PATH, 3);
});
