import assert from "node:assert/strict";
import { tokenUseBars } from "../../../lib/show/figures/token_use.ts";
import { figureSvg } from "../../../tasks/notebook/static_images.ts";
import {
  distinctProgramCurves,
  rejectionCauses,
} from "../../../notebooks/figures/proposals.ts";
import {
  estimateHistogram,
  expectedRewardCurves,
  standardErrorCurves,
} from "../../../notebooks/figures/solve_rates.ts";
import {
  familyTree,
  generations,
  type TreeTask,
} from "../../../notebooks/figures/family_tree.ts";
import { sampledSteps } from "../../../notebooks/figures/sampled_steps.ts";
import { bufferGrowth } from "../../../lib/show/figures/buffer_growth.ts";

function task(id: string, parents: string[], step = 0): TreeTask {
  return {
    id,
    mode: "deduction",
    program: { language: "javascript", source: `x=>x+${id}` },
    provenance: {
      source: "proposed",
      parents,
      step,
      seed: 1,
      verdict: "valid",
      solveRate: null,
    },
  };
}

/** 1 is the seed, 4 descends from it twice over, 5 is of another line. */
const tasks = [
  task("1", []),
  task("2", ["1", "1"]),
  task("3", ["2", "forgotten"], 1),
  task("4", ["1", "3"], 2),
  task("5", [], 2),
];

Deno.test("a generation is one more than the furthest parent's", () => {
  assert.deepEqual([...generations(tasks)], [
    ["1", 0],
    ["2", 1],
    ["3", 2],
    ["4", 3],
    ["5", 0],
  ]);
});

Deno.test("a family tree holds a task's ancestors and a line to each parent", () => {
  const [lines, nodes] = familyTree(tasks, "4").data;
  assert.deepEqual(nodes.hovertext, ["4", "1", "3", "2"]);
  assert.deepEqual(nodes.x, [3, 0, 2, 1]);
  // 1-4, 3-4, 2-3, 1-2, each ended by a gap.
  assert.equal(lines.y!.length, 4 * 3);
  assert.throws(() => familyTree(tasks, "9"), /no task "9"/);
});

Deno.test("causes of refusal are counted by mode, the most frequent last", () => {
  const proposals = [
    { mode: "deduction", status: "valid", cause: "valid" },
    { mode: "deduction", status: "invalid", cause: "thrown" },
    { mode: "abduction", status: "invalid", cause: "thrown" },
    { mode: "abduction", status: "heldOut", cause: "heldOut" },
  ] as const;
  const { data, layout } = rejectionCauses(proposals);
  assert.deepEqual(data[0].y, ["heldOut", "invalid: thrown"]);
  assert.deepEqual(data.map(({ x }) => x), [[0, 1], [1, 1]]);
  assert.equal(layout.title?.text, "3 of 4 proposals refused");
});

Deno.test("distinct programs rise only where a program is new", () => {
  const [, curve] = distinctProgramCurves([
    { name: "cap", programs: ["a", "b", "a", "c"] },
  ]).data;
  assert.deepEqual(curve.x, [0, 1, 2, 3, 4]);
  assert.deepEqual(curve.y, [0, 1, 2, 2, 3]);
});

Deno.test("every buffer that holds a task is drawn, from its first round", () => {
  const { data, layout } = bufferGrowth([
    { deduction: 1, abduction: 2, error: 0 },
    { deduction: 3, abduction: 2, error: 0 },
  ], 4);
  assert.deepEqual(data.map(({ name, x, y }) => [name, x, y]), [
    ["deduction", [4, 5], [1, 3]],
    ["abduction", [4, 5], [2, 2]],
  ]);
  assert.match(layout.title!.text!, /^After 5 rounds .* 3 \(deduction\)/);
});

Deno.test("tasks per batch by step are means over the batches", () => {
  const [, , , four, five] = tasks;
  const [curve] = sampledSteps([
    { name: "paper", batches: [[tasks[0], four], [four, five]] },
  ]).data;
  assert.deepEqual(curve.x, [0, 1, 2]);
  assert.deepEqual(curve.y, [0.5, 0, 1.5]);
});

const figures = {
  tree: familyTree(tasks, "4"),
  histogram: estimateHistogram(2, [{ name: "greedy", right: [0, 2, 2] }]),
  errors: standardErrorCurves([
    { name: "formula", attempts: [1, 4], errors: [0.4, 0.2], measured: false },
    { name: "measured", attempts: [1, 4], errors: [0.3, 0.2], measured: true },
  ]),
  expected: expectedRewardCurves("paper", [2, 4]),
  tokens: tokenUseBars([
    { name: "estimates", rows: [{ sampledTokens: 10, trainedTokens: 4 }] },
  ]),
};

for (const [name, figure] of Object.entries(figures)) {
  Deno.test(`figure "${name}" is plain JSON and can be drawn`, async () => {
    assert.deepEqual(figure, JSON.parse(JSON.stringify(figure)));
    const svg = await figureSvg(figure);
    const [title] = figure.layout.title!.text!.replaceAll(">", "&#62;")
      .replaceAll("&#62;&#62;", "").split("<br&#62;");
    assert.ok(svg.includes(title.replaceAll('"', "&#34;")), title);
    assert.ok(!svg.includes("NaN"));
  });
}

Deno.test("histograms count tasks, bars split the tokens of a mean step", () => {
  assert.deepEqual(figures.histogram.data[0].y, [1, 0, 2]);
  assert.deepEqual(figures.tokens.data.map(({ x }) => x), [[4], [6]]);
});
