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
} from "./outputs.ts";

const PATH = `${FOLDER}/05_rewards.ipynb`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

const total = (values: (number | string | null)[]) =>
  values.reduce<number>((sum, value) => sum + Number(value), 0);

/**
 * What must hold of the outputs, whether committed or just made. `exact`: they come from
 * a processor like the one of the committed outputs.
 */
function checkOutputs(notebook: Notebook, exact: boolean): void {
  assertClean(notebook);
  // Greedy attempts agree; both ways count the same tasks.
  const [greedy, sampled] = figureOf(notebook, "greedy").data;
  assert.deepEqual(greedy.y.slice(1, 8), [0, 0, 0, 0, 0, 0, 0]);
  assert.ok(total(sampled.y.slice(1, 8)) > 0);
  assert.equal(total(greedy.y), total(sampled.y));

  // Real tasks against the curve: what they earn is what eight attempts can give.
  const [line, ...spots] = figureOf(notebook, "curve").data;
  assert.ok(Math.abs(Number(line.y[50]) - (0.5 - 2 ** -8)) < 1e-9);
  // A curve and three modes in either panel: the base, and the solver after some steps.
  assert.equal(spots.length, 7);
  const rewards = spots.toSpliced(3, 1).flatMap(({ y }) => y.map(Number));
  assert.ok(rewards.some((reward) => reward > 0));
  assert.ok(rewards.every((reward) => Number.isInteger(8 * reward)));

  // A task of no use stands lower under the official code's reward.
  const [paper, official] = figureOf(notebook, "ends").data;
  assert.ok(Number(official.x[3]) < Number(paper.x[3]));
  assert.match(String(paper.y[3]), /^never solved/);

  assert.equal(printed(notebook, "format").match(/malformed \(/g)?.length, 4);
  assert.match(
    printed(notebook, "bias"),
    /solve rate 0\.1, 2 attempts: 0\.090 expected/,
  );
  // More of the sampled tokens train where the estimates do.
  const [train, idle] = figureOf(notebook, "cost").data;
  const shares = train.x.map((tokens, i) =>
    Number(tokens) / (Number(tokens) + Number(idle.x[i]))
  );
  assert.ok(shares[0] > 2 * shares[1]);
  // The penalties leave most to what is unlike the rest, and never take all; without AVX-512
  // one program is so much like the rest that nothing is left.
  for (const { y } of figureOf(notebook, "repetition-curves").data) {
    const kept = y.map(Number);
    assert.ok(kept[0] > kept.at(-1)! && kept[0] <= 1, String(kept));
    assert.ok(exact ? kept.at(-1)! > 0 : kept.at(-1)! >= 0, String(kept));
  }

  // An update teaches more than the luck of a second try.
  const means = [...printed(notebook, "progress").matchAll(/: +(-?[\d.]+)$/gm)];
  const [taught, untaught] = means.map(([, mean]) => Number(mean));
  assert.ok(taught > untaught);
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the notebook on rewards runs from top to bottom in a fresh kernel", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook, hasAvx512());
  // No model takes part in these: their outputs are the same everywhere.
  assertSameOutputs(notebook, committed, ["start", "format", "asserts"]);
  for (const id of ["shapes", "bias"]) {
    assert.equal(printed(notebook, id), printed(committed, id));
    assert.deepEqual(figureOf(notebook, id), figureOf(committed, id));
  }
});

Deno.test("the committed notebook on rewards holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH), true);
  await assertWrittenByRunner(PATH, 9);
});
