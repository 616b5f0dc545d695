/** What self-play changed per arm, and the two studies that need it. */

import assert from "node:assert/strict";
import { armNamed, armPreset, studyNamed } from "../../lib/lab/studies.ts";
import { baseModelHash } from "../../lib/lab/base_model.ts";
import { changeOf } from "../../lib/lab/study_changes.ts";
import type { ScoreKey, ScoreRow } from "../../lib/lab/scores.ts";
import { worldLanguages } from "../../lib/lab/world/config.ts";
import { changeTable } from "../../tasks/report/study_changes.ts";

const KEY: ScoreKey = {
  split: "familiar",
  mode: "deduction",
  temperature: 0,
  forced: false,
};

function score(step: number, correct: number[], forced = false): ScoreRow {
  return {
    step,
    split: "familiar",
    mode: "deduction",
    temperature: 0,
    thinking: forced ? "forced" : "free",
    samples: 1,
    correct,
    thinkingRate: 0,
    tokens: 3,
  };
}

const SEEDS: ScoreRow[][] = [
  [score(0, [0, 0]), score(0, [1, 0], true), score(9, [1, 1])],
  [score(0, [1, 0]), score(0, [1, 1], true), score(9, [1, 0])],
];

Deno.test("a change is the last score less the first, of the same items", () => {
  const change = changeOf(SEEDS, KEY)!;
  assert.equal(change.before, .25);
  assert.equal(change.forced, .75);
  assert.equal(change.after, .75);
  assert.equal(change.change.mean, .5);
  // The seeds change by 1 and 0: a standard error of 0.5, and t of one degree of freedom.
  assert.deepEqual(change.change.seeds, [1, 0]);
  assert.ok(Math.abs(change.change.high - (.5 + .5 * 12.7062)) < 1e-4);
  assert.ok(Math.abs(change.change.low - (.5 - .5 * 12.7062)) < 1e-4);
  assert.equal(changeOf(SEEDS, { ...KEY, split: "deep" }), null);
});

Deno.test("the table has a line per split and arm, and none for what is missing", () => {
  const scores = new Map([
    ["a", new Map(SEEDS.map((rows, seed) => [seed, rows]))],
    ["b", new Map([[1, [score(0, [0]), score(9, [0])]]])],
    ["c", new Map<number, ScoreRow[]>([[1, []]])],
  ]);
  const lines = changeTable(scores, [KEY]).split("\n").slice(4);
  assert.equal(lines.length, 2);
  assert.match(
    lines[0],
    /^\| familiar deduction \| a \| 25.0 \| 75.0 \| 75.0 \| \+50.0 \[/,
  );
  assert.match(
    lines[1],
    /^\| familiar deduction \| b \| 0.0 \| {2}\| 0.0 \| \+0.0 \[/,
  );
});

Deno.test("scaling: three sizes, equal in everything but the model", () => {
  const study = studyNamed("scaling");
  const presets = study.arms.map((arm) => armPreset(study, arm));
  assert.deepEqual(presets.map(({ model }) => model.hiddenSize), [48, 64, 96]);
  for (const { world, pretrain, selfPlay, model } of presets) {
    assert.deepEqual(world, study.base.world);
    assert.deepEqual(pretrain, study.base.pretrain);
    assert.deepEqual(selfPlay, study.base.selfPlay);
    assert.equal(model.hiddenSize % model.heads, 0);
  }
});

Deno.test("transfer: self-play in the world's own language, the other held out too", () => {
  const study = studyNamed("transfer");
  for (
    const [name, languages] of [
      ["python", ["python", "javascript"]],
      ["javascript", ["javascript", "python"]],
      ["python-alone", ["python"]],
    ] as const
  ) {
    const preset = armPreset(study, armNamed(study, name));
    assert.deepEqual(worldLanguages(preset.world), languages);
    assert.equal(preset.selfPlay.language, languages[0]);
  }
  const hashes = study.arms.map((arm) =>
    baseModelHash(armPreset(study, arm), 1)
  );
  assert.equal(new Set(hashes).size, 3);
});
