/** The figure of pass@16 by depth holds the numbers of the scores that it was given. */

import assert from "node:assert/strict";
import { numbers } from "../../../lib/show/figures/figure.ts";
import { buildSplits } from "../../../lib/lab/world/splits.ts";
import { splitNamed } from "../../lab/world/split_named.ts";
import { studyNamed } from "../../../lib/lab/studies.ts";
import type { ScoreRow } from "../../../lib/lab/scores.ts";
import { passByDepth } from "../../../notebooks/figures/pass_by_depth.ts";

const study = studyNamed("ladder");
const splits = buildSplits(study.base.world);

/** Scores in which every program of `solved` operations is solved in each of 16 attempts. */
function scores(solved: number, change: Partial<ScoreRow>): ScoreRow[] {
  return (["deduction", "abduction"] as const).map((mode) => ({
    step: 0,
    split: "deep",
    mode,
    temperature: 1,
    thinking: "free",
    samples: 16,
    correct: splitNamed(splits, "deep", mode).items.map(({ depth }) =>
      depth === solved ? 16 : 0
    ),
    thinkingRate: 1,
    tokens: 40,
    ...change,
  }));
}

Deno.test("every depth has its share, and the base made to think its own line", () => {
  const rows = [
    ...scores(3, { thinking: "forced" }),
    ...scores(5, { step: 100 }),
  ];
  const bySeed = new Map([[1, rows], [2, rows]]);
  const found = new Map([["self-play", bySeed]]);
  const { data } = passByDepth(study, found, [3, 4, 5]);
  assert.deepEqual(data.map(({ name }) => name), [
    "base, made to think",
    "self-play",
    "base, made to think",
    "self-play",
  ]);
  for (const i of [0, 2]) assert.deepEqual(numbers(data[i].y), [100, 0, 0]);
  for (const i of [1, 3]) assert.deepEqual(numbers(data[i].y), [0, 0, 100]);
});
