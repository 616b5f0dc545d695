import assert from "node:assert/strict";
import type { EvaluationLog } from "../../lib/lab/report.ts";
import { judgeTargets } from "../../lib/lab/targets.ts";
import { seedFolder, seedsIn } from "../../lib/lab/report_folder.ts";
import { readEvaluations } from "../../lib/run/read.ts";
import {
  kitRoot,
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

const PATH = `${FOLDER}/09_experiment.ipynb`;
const DATA = `${kitRoot()}/data/experiment/default`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

const logs = seedsIn(DATA).map((seed) =>
  readEvaluations(seedFolder(DATA, seed)) as unknown as EvaluationLog
);

/** Accuracy of the rows that a filter takes, over all seeds. */
function accuracyOf(keep: (row: EvaluationLog[number]) => boolean): number {
  const seeds = logs.map((log) => {
    const rows = log.filter(keep);
    const sum = rows.reduce(
      (total, row) => total + row.correct / row.samples,
      0,
    );
    return sum / rows.length;
  });
  return seeds.reduce((total, share) => total + share, 0) / seeds.length;
}

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  // The dots are the log's accuracies: base, forced and after, greedy deduction first.
  const traces = figureOf(notebook, "temperatures").data
    .filter(({ name }) => !name?.endsWith("single seeds"));
  assert.equal(traces.length, 3);
  const last = Math.max(...logs[0].map(({ step }) => step));
  const greedy = (step: number, forced: boolean) =>
    accuracyOf((row) =>
      row.split === "familiar" && row.mode === "deduction" &&
      row.temperature === 0 && row.step === step &&
      (row.thinking === "forced") === forced
    );
  const expected = [greedy(0, false), greedy(0, true), greedy(last, false)];
  traces.forEach(({ x }, i) =>
    assert.ok(Math.abs(Number(x[0]) - expected[i]) < 1e-9, String(i))
  );
  const judged = judgeTargets(logs).flatMap(({ met }) => met);
  const met = judged.filter(Boolean).length;
  assert.ok(
    printed(notebook, "targets").endsWith(`met: ${met} of ${judged.length}\n`),
  );
  for (const id of ["curves", "curves-small", "live-curves"]) {
    const names = figureOf(notebook, id).data.map(({ name }) => name);
    assert.ok(names.includes("the untouched base, made to think"), id);
  }
  assert.match(printed(notebook, "live"), /step: 20, finished: true/);
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the notebook on the experiment runs in a fresh kernel, with the numbers of the committed logs", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook);
  // These are computed from the logs alone.
  const computed = ["start", "thinking", "health", "targets", "asserts"];
  for (const id of computed) {
    assert.equal(printed(notebook, id), printed(committed, id), id);
  }
  for (const id of ["curves", "changes", "temperatures", "lengths", "pass"]) {
    assert.deepEqual(figureOf(notebook, id), figureOf(committed, id), id);
  }
  assertSameOutputs(notebook, committed, ["start", "targets"]);
});

Deno.test("the committed notebook on the experiment holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH));
  await assertWrittenByRunner(PATH, 13);
});
