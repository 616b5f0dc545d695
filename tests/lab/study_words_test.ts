/** The study in words: every arm is played by a language model, here one that writes noise. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { type Study, studyNamed } from "../../lib/lab/studies.ts";
import { playArm } from "../../tasks/study/arms.ts";
import { readRows } from "../../lib/run/read.ts";
import { writeChatModel } from "../run/chat_model.ts";
import { studyReport } from "../../tasks/report/study.ts";

const words = studyNamed("appendix_words");

/** The study at the size of a test. */
const study: Study = {
  ...words,
  base: {
    ...words.base,
    world: { ...words.base.world, familiarItems: 4, otherItems: 4 },
    selfPlay: {
      ...words.base.selfPlay,
      steps: 1,
      proposalsPerMode: 2,
      rolloutsPerTask: 2,
      seedTasksPerMode: 2,
      seedRounds: 1,
      maxPromptTokens: 1800,
      maxProposalTokens: 8,
      maxSolutionTokens: 8,
    },
    evaluation: { ...words.base.evaluation, endItems: 1, maxNewTokens: 8 },
  },
};

const hardware = () => ({
  command: "test",
  hardware: "here",
  loadAverage: [],
  threads: "all",
  deno: Deno.version.deno,
});

Deno.test("a language model plays every arm of the study in words", async () => {
  const folder = await Deno.makeTempDir({ prefix: "study-words-" });
  const folders = {
    logs: join(folder, "logs"),
    work: join(folder, "work"),
    model: join(folder, "model"),
  };
  try {
    await writeChatModel(folders.model);
    for (const arm of study.arms) {
      assert.equal(await playArm(study, arm, 1, folders, hardware), true);
      const logs = join(folders.logs, arm.name, "seed-1");
      const [row] = readRows(join(logs, "metrics.jsonl")).slice(-1);
      const { propose } = row as { propose: Record<string, unknown> };
      assert.equal("error" in propose, arm.name === "errors", arm.name);
    }
    assert.match(studyReport(study, folders.logs), /\| no-globals \|/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a study says whether it needs a language model", async () => {
  const [arm] = study.arms;
  await assert.rejects(
    playArm(study, arm, 1, { logs: "none", work: "none" }, hardware),
    /"appendix_words" is played by a language model: give --model FOLDER/,
  );
  const other = studyNamed("appendix");
  const folders = { logs: "none", work: "none", model: "any" };
  await assert.rejects(
    playArm(other, other.arms[0], 1, folders, hardware),
    /"appendix" is played by base models of its own: leave --model out/,
  );
});
