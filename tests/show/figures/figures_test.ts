import assert from "node:assert/strict";
import {
  accuracyBars,
  type EvaluatedItem,
} from "../../../lib/show/figures/accuracy.ts";
import {
  duplicateCurves,
  rewardCurves,
  type RunRows,
  solveRateCurves,
  thinkingRateCurves,
  tokenLengthCurves,
  validityCurves,
} from "../../../lib/show/figures/run_curves.ts";
import type { Figure } from "../../../lib/show/figures/figure.ts";
import { MODE_COLOURS } from "../../../lib/show/figures/style.ts";
import type {
  ProposerMetrics,
  SolverMetrics,
} from "../../../lib/method/metrics.ts";
import { figureSvg } from "../../../tasks/notebook/static_images.ts";
import { throughputBars } from "../../../notebooks/figures/throughput.ts";
import { advantageByGroup } from "../../../notebooks/figures/advantage.ts";
import { learnabilityCurves } from "../../../notebooks/figures/learnability.ts";
import { solveRateHistogram } from "../../../notebooks/figures/solve_rate_histogram.ts";

/** Rows of a run in which induction has no task to solve in the second step. */
const rows = [1, 2, 3].map((step) => {
  const solver = (shift: number) => ({
    meanReward: 0.1 * step + shift,
    solveRate: 0.2 * step,
    thinkingRate: 0.3 * step,
    meanResponseTokens: 5 * step,
    solveRateHistogram: [step, 1, 0],
  } as SolverMetrics);
  const proposer = {
    meanReward: 0.5,
    valid: 0.9,
    duplicate: 0.05 * step,
    meanResponseTokens: 12,
  } as ProposerMetrics;
  return {
    step,
    solve: {
      deduction: solver(0),
      abduction: solver(-0.2),
      induction: step === 2
        ? { ...solver(0), meanReward: null, solveRate: null }
        : solver(0),
    },
    propose: { deduction: proposer },
  };
}) satisfies RunRows;

function item(
  step: number,
  mode: EvaluatedItem["mode"],
  correct: number,
  thinking: EvaluatedItem["thinking"] = "free",
): EvaluatedItem {
  return {
    step,
    split: "familiar",
    mode,
    item: "x",
    depth: 2,
    temperature: 0,
    thinking,
    samples: 1,
    correct,
    thought: 0,
    malformed: 0,
    tokens: 3,
    response: "",
  };
}

const evaluated = [
  item(0, "abduction", 0),
  item(0, "abduction", 1),
  item(0, "deduction", 0),
  item(0, "deduction", 0),
  item(0, "deduction", 1, "forced"),
  item(10, "deduction", 1),
  item(10, "abduction", 1),
  { ...item(10, "abduction", 0), temperature: 1 },
  { ...item(10, "abduction", 0), split: "deep" },
];

const advantages = [
  { role: "solve", mode: "deduction", reward: 1, advantage: 1 },
  { role: "solve", mode: "deduction", reward: 1, advantage: 1 },
  { role: "solve", mode: "deduction", reward: -0.5, advantage: -2 },
  { role: "propose", mode: "induction", reward: 0.5, advantage: 0 },
] as const;

const figures: Record<string, { figure: Figure; traces: number }> = {
  rewards: { figure: rewardCurves(rows), traces: 4 },
  solveRates: { figure: solveRateCurves(rows), traces: 3 },
  validity: { figure: validityCurves(rows), traces: 1 },
  duplicates: { figure: duplicateCurves(rows), traces: 1 },
  lengths: { figure: tokenLengthCurves(rows), traces: 4 },
  thinking: { figure: thinkingRateCurves(rows), traces: 3 },
  histogram: { figure: solveRateHistogram(rows), traces: 3 },
  learnability: { figure: learnabilityCurves(8), traces: 13 },
  advantages: { figure: advantageByGroup(advantages), traces: 2 },
  accuracy: { figure: accuracyBars(evaluated, "familiar"), traces: 3 },
  throughput: {
    figure: throughputBars("tokens", [
      { name: "wasm", perSecond: 100 },
      { name: "tensorflow", perSecond: 12000 },
    ]),
    traces: 1,
  },
};

/** Marks of a drawn figure: lines, bars or points, without the legend's. */
function drawnTraces(svg: string): number {
  const plot = svg.split('<g class="infolayer">')[0];
  const groups = plot.match(/<g class="trace (scatter|bars)/g) ?? [];
  return groups.length;
}

for (const [name, { figure, traces }] of Object.entries(figures)) {
  Deno.test(`figure "${name}" is plain JSON with a title, and draws all its traces`, async () => {
    assert.deepEqual(figure, JSON.parse(JSON.stringify(figure)));
    assert.ok(figure.layout.title?.text);
    assert.equal(figure.data.length, traces);
    const svg = await figureSvg(figure);
    assert.equal(drawnTraces(svg), traces);
    assert.ok(svg.includes(figure.layout.title.text));
    assert.ok(!svg.includes("NaN"));
    for (const [, y] of svg.matchAll(/class="xtitle"[^>]* y="([\d.]+)"/g)) {
      assert.ok(
        Number(y) > 150,
        `a title of an axis at ${y} is on the figure's`,
      );
    }
    assert.equal(await figureSvg(figure), svg);
  });
}

/** The ids that an image defines. */
function idsIn(svg: string): string[] {
  return [...svg.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
}

Deno.test("images on one page share no id, and refer to their own alone", async () => {
  const seen = new Set<string>();
  for (const [name, { figure }] of Object.entries(figures)) {
    const svg = await figureSvg(figure);
    const ids = new Set(idsIn(svg));
    assert.ok(ids.size > 0);
    for (const id of ids) {
      assert.ok(!seen.has(id), `"${name}" has the id ${id} of another figure`);
      seen.add(id);
    }
    for (const [, id] of svg.matchAll(/url\(['"]?#([^'")]+)/g)) {
      assert.ok(ids.has(id), `"${name}" refers to ${id}`);
    }
  }
});

Deno.test("the same data in another size is another image", async () => {
  const { data, layout } = learnabilityCurves(8);
  const [small, large] = await Promise.all(
    [300, 600].map((width) =>
      figureSvg({ data, layout: { ...layout, width } })
    ),
  );
  const shared = new Set(idsIn(small));
  assert.deepEqual(idsIn(large).filter((id) => shared.has(id)), []);
});

Deno.test("a mode has one colour, a role one dash; a gap is null", () => {
  const { data } = rewardCurves(rows);
  const [deduction, , induction, proposer] = data;
  assert.equal(deduction.line?.color, MODE_COLOURS.deduction);
  assert.equal(proposer.line?.color, MODE_COLOURS.deduction);
  assert.equal(deduction.line?.dash, "solid");
  assert.equal(proposer.line?.dash, "dash");
  assert.deepEqual(induction.y, [0.1, null, 0.1 * 3]);
});

Deno.test("accuracies are shares with intervals, for one split and temperature", () => {
  const [before, after, forced] = accuracyBars(evaluated, "familiar").data;
  assert.deepEqual(before.x, ["deduction", "abduction"]);
  assert.deepEqual(before.y, [0, 0.5]);
  assert.deepEqual(after.y, [1, 1]);
  assert.deepEqual(forced.y, [1]);
  const { array, arrayminus } = before.error_y as Record<string, number[]>;
  assert.deepEqual([array[1], arrayminus[1]], [0.5, 0.5]);
  assert.throws(() => accuracyBars(evaluated, "large"), /split "large"/);
});

Deno.test("advantages of equal reward share a disc, sized by their number", () => {
  const [solve] = advantageByGroup(advantages).data;
  assert.deepEqual(solve.y, [1, -2]);
  assert.deepEqual((solve.marker as { size: number[] }).size, [2, 1]);
});

Deno.test("solve-rate bars add up the tasks of all steps", () => {
  const [deduction] = solveRateHistogram(rows).data;
  assert.deepEqual(deduction.x, [0, 1, 2]);
  assert.deepEqual(deduction.y, [6, 3, 0]);
});

Deno.test("learnability is shown at every solve rate that can occur", () => {
  const [paper] = learnabilityCurves(4).data;
  assert.deepEqual(paper.x, [0, 0.25, 0.5, 0.75, 1]);
  assert.deepEqual(paper.y, [0, 0.75, 0.5, 0.25, 0]);
});

Deno.test("a trace that would come out empty is refused", async () => {
  await assert.rejects(
    figureSvg({ data: [{ type: "scattergl", y: [1, 2] } as { type: string }] }),
    /"scattergl" cannot be drawn as a static image/,
  );
});
