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

const PATH = `${FOLDER}/02_model.ipynb`;
const BENCH_LOG = `${FOLDER}/../data/model/bench.json`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

/** The number that a cell prints after "largest difference". */
function largestDifference(notebook: Notebook, id: string): number {
  const text = printed(notebook, id);
  const found = /largest difference.*?(\d\.\de[+-]\d+)/.exec(text);
  assert.ok(found, `cell "${id}" prints no largest difference: ${text}`);
  return Number(found[1]);
}

const total = (values: readonly unknown[]) =>
  values.reduce((sum: number, value) => sum + Number(value), 0);

/** The decoder built in the cells is the library's, and PyTorch's. */
function checkDecoder(notebook: Notebook): void {
  assert.ok(largestDifference(notebook, "stack") < 1e-4);
  assert.ok(largestDifference(notebook, "qwen2-by-hand") < 1e-4);
  const families = printed(notebook, "families-opened").trim().split("\n");
  assert.equal(families.length, 3);
  for (const line of families) {
    assert.match(line, /480 logits, .*greedy text the same$/);
    assert.ok(Number(/difference (\S+),/.exec(line)![1]) < 1e-4, line);
  }
  // One curve, wherever the key stands.
  const [first, later] = figureOf(notebook, "rope-relative").data;
  first.y.forEach((score, distance) =>
    assert.ok(Math.abs(Number(score) - Number(later.y[distance])) < 1e-4)
  );
  // No token looks at a later one.
  for (const head of figureOf(notebook, "attention-map").data) {
    head.x.forEach((seen, i) => assert.ok(Number(seen) <= Number(head.y[i])));
  }
}

/** Sampling is honest, repeatable, and agrees with the training pass. */
function checkSampling(notebook: Notebook): void {
  assert.match(printed(notebook, "seeds"), /same seed, same tokens: true/);
  assert.match(printed(notebook, "seeds"), /15 others, same tokens: true/);
  assert.ok(largestDifference(notebook, "rollouts") < 1e-4);
  // A probability p drawn 1000 times has a deviation below 0.016.
  const bars = figureOf(notebook, "temperature").data;
  assert.equal(bars.length, 6);
  for (const i of [0, 2, 4]) {
    bars[i].y.forEach((probability, token) =>
      assert.ok(
        Math.abs(Number(probability) - Number(bars[i + 1].y[token])) < 0.08,
      )
    );
  }
  const [guess, alike] = figureOf(notebook, "entropy").data;
  guess.y.forEach((entropy, i) => {
    assert.ok(Number(entropy) < Number(alike.y[0]));
    assert.ok(i === 0 || Number(entropy) >= Number(guess.y[i - 1]));
  });
}

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  checkDecoder(notebook);
  checkSampling(notebook);
  const [losses] = figureOf(notebook, "training").data;
  assert.equal(losses.y.length, 150);
  assert.ok(total(losses.y.slice(-10)) < total(losses.y.slice(0, 10)) / 2);

  assert.match(printed(notebook, "update"), /^update 1: 0\.0 % of tokens/);
  for (const id of ["update", "updates"]) {
    const [likelier, rarer] = figureOf(notebook, id).data;
    assert.ok(likelier.y.length > 0 && rarer.y.length > 0);
  }
  assert.match(printed(notebook, "save"), /^config\.json +\d+ bytes$/m);
  assert.match(printed(notebook, "reopen"), /24 greedy .* the same: true/);
  assert.match(printed(notebook, "lora"), /change nothing: true/);
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

async function isRecorded(log: string): Promise<boolean> {
  try {
    return (await Deno.stat(log)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("the model's notebook runs from top to bottom in a fresh kernel", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook);
  assertSameOutputs(notebook, committed, ["asserts"]);
  if (!await isRecorded(BENCH_LOG)) return;
  // The log decides it, not the machine.
  for (const cell of ["bench", "profile"]) {
    assert.deepEqual(figureOf(notebook, cell), figureOf(committed, cell));
  }
});

Deno.test("the committed model's notebook holds its outputs", async () => {
  const notebook = await readNotebook(PATH);
  checkOutputs(notebook);
  const recorded = await isRecorded(BENCH_LOG);
  const bench = printed(notebook, "bench");
  assert.match(bench, recorded ? /^\(a\) /m : /^no log recorded/);
  await assertWrittenByRunner(PATH, recorded ? 19 : 14);
});
