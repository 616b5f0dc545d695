import assert from "node:assert/strict";
import { judgeClaims } from "../../lib/lab/claims.ts";
import { readStudy } from "../../lib/lab/study_scores.ts";
import { STUDIES, studyNamed } from "../../lib/lab/studies.ts";
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

const PATH = `${FOLDER}/10_ablations.ipynb`;
const DATA = `${kitRoot()}/data/experiment`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

const study = studyNamed("ablations");
const scores = readStudy(study, `${DATA}/${study.name}`);
const earlier = readStudy(study, `${DATA}/earlier/${study.name}`);
const otherStudies = Object.values(STUDIES)
  .filter(({ name }) => name !== study.name)
  .map((other) => ({
    other,
    recorded: readStudy(other, `${DATA}/${other.name}`).size > 0,
  }));

/** The two live figures, the ladder, those of the recorded arms, and one for each other study. */
function figureCount(): number {
  const studies = otherStudies.filter(({ recorded }) => recorded).length;
  const bounded =
    Object.values(STUDIES).filter((other) =>
      other.bounds && readStudy(other, `${DATA}/${other.name}`).size > 1
    ).length;
  const comparable = scores.size > 1 && scores.has(study.reference);
  const judged = judgeClaims(study, scores, earlier).some(({ greedy }) =>
    greedy
  );
  return 3 + studies + bounded + (comparable ? 2 : 0) + (judged ? 1 : 0) +
    (scores.size > 0 ? 3 : 0);
}

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  const arms = printed(notebook, "arms");
  for (const { name, says } of study.arms) {
    assert.ok(arms.includes(`${name}: ${says}\n`), name);
  }
  const verdicts = judgeClaims(study, scores, earlier).flatMap(({ greedy }) =>
    greedy ? [greedy.verdict] : []
  );
  const holds = verdicts.filter((verdict) => verdict === "holds here").length;
  assert.ok(
    printed(notebook, "orderings").includes(
      `\nholds here: ${holds} of ${verdicts.length}\n`,
    ),
  );
  const studies = printed(notebook, "studies");
  for (const { other: { name }, recorded } of otherStudies) {
    const missing = `nothing recorded; to record it: deno task ablate ${name} `;
    assert.equal(studies.includes(missing), !recorded, name);
  }
  const lines = figureOf(notebook, "live").data;
  assert.deepEqual(lines.map(({ name, x }) => [name, x.length]), [
    ["self-play", 20],
    ["direct-answers", 20],
  ]);
  assert.match(
    printed(notebook, "live-verdict"),
    /^self-play − direct-answers: .*(holds here|cannot tell)$/m,
  );
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the notebook on ablations runs in a fresh kernel, with the verdicts of the committed logs", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(committed, PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook);
  // Computed from the settings and the logs alone.
  assertSameOutputs(notebook, committed, ["arms", "recorded", "asserts"]);
  for (const id of ["orderings", "studies"]) {
    assert.equal(printed(notebook, id), printed(committed, id), id);
  }
});

Deno.test("the committed notebook on ablations holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH));
  await assertWrittenByRunner(PATH, figureCount());
});
