import assert from "node:assert/strict";
import { isRecorded } from "../../notebooks/figures/paper/appendix.ts";
import { openStudy } from "../../notebooks/figures/paper/studies.ts";
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
  withTries,
} from "./outputs.ts";

const EXPERIMENTS = `${kitRoot()}/data/experiment`;
const PATH = `${FOLDER}/11_paper_figures.ipynb`;
/** The base model is pretrained in one cell, if it is not there yet. */
const TIMEOUT_MS = 900_000;

/** Cells that draw a figure of the paper, and the item each is about. */
const DRAWN = {
  "table-1": "Table 1",
  "table-2": "Table 2",
  in: "Figures 6a and 14",
  scaling: "Figure 6b",
  lengths: "Figure 15",
  measures: "Figure 27",
  out: "Figures 28 to 31",
  pass: "Figure 8 of v3",
  gap: "Appendix C.5",
};
/** Computed from the committed logs and the paper's numbers alone. */
const FROM_LOGS = [
  "inventory",
  "runs",
  "table-1",
  "table-2",
  "in",
  "scaling",
  "lengths",
  "measures",
  "out",
  "pass",
  "appendix",
  "seed",
  "prompts",
  "ask-paper",
];

/** What must hold of the outputs, whether committed or just made. */
function checkOutputs(notebook: Notebook): void {
  assertClean(notebook);
  for (const [id, item] of Object.entries(DRAWN)) {
    const [sentence] = printed(notebook, id).split("\n");
    assert.ok(sentence.startsWith(`${item}: `), sentence);
    assert.match(sentence, /same direction|differs|cannot tell/);
    assert.match(sentence, /, because .*\.$/);
    assert.ok(figureOf(notebook, id).data.length > 1, id);
  }
  assert.match(printed(notebook, "examples"), /^deduction: f = x=>/);
  assert.match(
    printed(notebook, "trial"),
    /^\d+ of \d+ right answers turn back/,
  );
  assert.match(printed(notebook, "uhoh"), /^\d+ of \d+ answers to read/);
  assert.equal(
    printed(notebook, "ask").match(/ {4}(right|wrong|malformed) \(/g)?.length,
    4,
  );
  assert.match(printed(notebook, "tally"), /^same direction: \d+ of \d+ /);
  assert.match(printed(notebook, "asserts"), /all checks passed/);
}

Deno.test("the notebook on the paper runs in a fresh kernel, and then what it invites to try", async () => {
  const committed = await readNotebook(PATH);
  const notebook = await freshRun(
    await withSolutions(withTries(committed, "more", 4), PATH),
    TIMEOUT_MS,
  );
  checkOutputs(notebook);
  for (const id of FROM_LOGS) {
    assert.equal(printed(notebook, id), printed(committed, id), id);
  }
  assertSameOutputs(notebook, committed, ["inventory", "asserts"]);
  assert.match(printed(notebook, "try-0"), /^Figures 28 to 31: /);
  assert.match(printed(notebook, "try-1"), /^Figures 6a and 14: /);
  assert.match(printed(notebook, "try-2"), /^Figure 15: /);
  assert.match(printed(notebook, "try-3"), /grade: "(right|wrong)"/);
});

Deno.test("the committed notebook on the paper holds its outputs", async () => {
  checkOutputs(await readNotebook(PATH));
  const appendices = ["appendix", "appendix_words"]
    .filter((name) => isRecorded(openStudy(name, EXPERIMENTS)));
  await assertWrittenByRunner(PATH, 11 + appendices.length);
});
