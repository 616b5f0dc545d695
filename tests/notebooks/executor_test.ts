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

const PATH = `${FOLDER}/01_executor.ipynb`;

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  assert.doesNotMatch(printed(notebook, "outcomes"), /UNEXPECTED/);
  assert.match(printed(notebook, "breakout-javascript"), /unharmed: 18 of 18/);
  assert.match(printed(notebook, "breakout-python"), /unharmed: 20 of 20/);
  assert.match(printed(notebook, "breakout-python"), /processes replaced: 0/);

  assert.match(
    printed(notebook, "wild-store-run"),
    /(?:honest: 5 \+ 2: value, 7\n7 becomes 9.*\n){2}honest: 5 \+ 2: value, 7\n/,
  );

  // Lines and marks in turns: every mark is on its line.
  const fuel = figureOf(notebook, "fuel").data;
  assert.equal(fuel.length, 4);
  for (const [line, marks] of [fuel.slice(0, 2), fuel.slice(2)]) {
    const [start, end] = line.y.map(Number);
    const slope = (end - start) / (Number(line.x[1]) - Number(line.x[0]));
    assert.equal(marks.x.length, 4);
    marks.x.forEach((turns, i) => {
      const expected = start + slope * Number(turns);
      assert.ok(Math.abs(Number(marks.y[i]) / expected - 1) < 1e-3);
    });
  }

  const [speeds] = figureOf(notebook, "speed").data;
  assert.deepEqual(speeds.y.slice(0, 4), [
    "this executor, JavaScript",
    "a node:vm context each",
    "a Deno process each",
    "this executor, Python",
  ]);
  assert.ok(speeds.x.every((perSecond) => Number(perSecond) > 0));
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the executor's notebook runs in a fresh kernel, with the committed verdicts, fuel and digest", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    300_000,
  );
  checkOutputs(notebook);
  assertSameOutputs(notebook, committed, [
    "start",
    "outcomes",
    "breakout-javascript",
    "breakout-python",
    "fuel-lines",
    "first-endless",
    "hoard",
    "memory",
    "wild-store-run",
    "backwards",
    "shuffled",
    "determinism",
    "equality",
    "data",
    "exploits",
  ]);
});

Deno.test("the committed executor's notebook holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH));
  await assertWrittenByRunner(PATH, 2);
});
