import assert from "node:assert/strict";
import type { EvaluationResult } from "../../../lib/lab/evaluation/evaluate.ts";
import type { ScoreRow } from "../../../lib/lab/scores.ts";
import {
  accuracyCurve,
  armCurves,
  learningCurves,
} from "../../../lib/show/figures/learning_curves.ts";
import { moved } from "../../../lib/show/figures/moved.ts";
import { dotIntervals } from "../../../lib/show/figures/dot_intervals.ts";
import type { EvaluatedItem } from "../../../lib/show/figures/accuracy.ts";
import type { Figure } from "../../../lib/show/figures/figure.ts";
import { panelFigure } from "../../../lib/show/figures/panels.ts";
import { rangeOfSeeds } from "../../../lib/show/figures/seed_bands.ts";
import type {
  SolverMetrics,
  StepMetrics,
} from "../../../lib/method/metrics.ts";
import { figureSvg } from "../../../tasks/notebook/static_images.ts";
import { metricPanels } from "../../../notebooks/figures/metric_panels.ts";
import { passCurve, passCurves } from "../../../notebooks/figures/pass_at_k.ts";
import { solveRateShift } from "../../../notebooks/figures/solve_rate_shift.ts";
import { accuracyByDepth } from "../../../notebooks/figures/depth_accuracy.ts";
import { lengthHistograms } from "../../../notebooks/figures/length_histograms.ts";

function score(
  step: number,
  correct: number[],
  thinking: ScoreRow["thinking"] = "free",
): ScoreRow {
  return {
    step,
    split: "familiar",
    mode: "deduction",
    temperature: 0,
    thinking,
    samples: 1,
    correct,
    thinkingRate: 0,
    tokens: 3,
  };
}

/** Four items at the ends, two of them during the run. */
const first = [
  score(0, [0, 0, 1, 1]),
  score(0, [1, 1, 1, 0], "forced"),
  score(5, [0, 1]),
  score(10, [1, 1, 0, 0]),
];
const second = [
  score(0, [1, 0, 1, 1]),
  score(0, [1, 0, 0, 0], "forced"),
  score(5, [1, 1]),
  score(10, [1, 1, 0, 0]),
  score(15, [1, 1]),
];

function items(step: number, samples: number, correct: number[]) {
  return correct.map((right, i): EvaluatedItem => ({
    step,
    split: "familiar",
    mode: "deduction",
    item: `familiar/deduction/${i}`,
    depth: 1 + i,
    temperature: 1,
    thinking: "free",
    samples,
    correct: right,
    thought: 0,
    malformed: 0,
    tokens: 3,
    response: "",
  }));
}

const steps = [0, 1, 2, 3, 4, 5, 6].map((step) => ({
  step,
  solve: {
    deduction: {
      thinkingRate: step === 5 ? null : step / 10,
      solveRateHistogram: step <= 2 ? [3, 1] : [1, 1],
    } as SolverMetrics,
  },
  propose: {},
} as StepMetrics));

Deno.test("an accuracy curve takes the steps of all seeds and the items of all steps", () => {
  const curve = accuracyCurve([first, second], {
    split: "familiar",
    mode: "deduction",
  })!;
  assert.deepEqual(curve.steps, [0, 5, 10]);
  assert.equal(curve.items, 2);
  assert.deepEqual(curve.seeds, [[0, .5, 1], [.5, 1, 1]]);
  assert.deepEqual(curve.intervals.map(({ mean }) => mean), [.25, .75, 1]);
  assert.equal(curve.forced?.mean, .75);
  assert.ok(curve.intervals[0].low < .25 && curve.intervals[0].high > .25);
  const sampledForPass = { ...score(10, [0]), samples: 64 };
  const [same] = accuracyCurve([[...first, sampledForPass]], {
    split: "familiar",
    mode: "deduction",
  })!.seeds;
  assert.deepEqual(same, [0, .5, 1]);
  assert.equal(
    accuracyCurve([first], { split: "deep", mode: "deduction" }),
    null,
  );
});

Deno.test("answers that may not think are a curve; without a forced pass there is no line", () => {
  const banned = [score(0, [0, 1], "banned"), score(10, [1, 1], "banned")];
  const curve = accuracyCurve([banned], {
    split: "familiar",
    mode: "deduction",
  })!;
  assert.deepEqual(curve.seeds, [[.5, 1]]);
  assert.equal(curve.forced, null);
});

Deno.test("pass@k is taken from the rows with the most samples", () => {
  const log = [
    ...items(0, 4, [1, 0]),
    ...items(10, 1, [0, 0]),
    ...items(10, 4, [2, 0]),
  ];
  const before = passCurve([log], "familiar", "deduction", "before");
  assert.deepEqual(before.ks, [1, 2, 4]);
  assert.deepEqual(before.intervals.map(({ mean }) => mean), [.125, .25, .5]);
  const after = passCurve([log], "familiar", "deduction", "after");
  assert.deepEqual(
    after.intervals.map(({ mean }) => Number(mean.toFixed(6))),
    [.25, .416667, .5],
  );
  const forced = passCurve([log], "familiar", "deduction", "forced");
  assert.deepEqual(forced, { ks: [], intervals: [] });
});

Deno.test("panels have axes of their own and share the entries of the legend", () => {
  const line = (name: string, hidden = false) => ({
    type: "scatter",
    mode: "lines",
    name,
    x: [0, 1],
    y: [0, 1],
    ...(hidden ? { showlegend: false } : {}),
  });
  const { data, layout } = panelFigure(
    { title: "t", x: "x", y: "y", yRange: [0, 1] },
    [
      { title: "left", traces: [line("a", true), line("a")] },
      { title: "right", traces: [line("a"), line("b")] },
    ],
  );
  assert.deepEqual(data.map(({ xaxis }) => xaxis), ["x", "x", "x2", "x2"]);
  assert.deepEqual(
    data.map(({ showlegend }) => showlegend),
    [false, true, false, true],
  );
  const axes = layout as Record<string, { domain: number[]; range?: number[] }>;
  assert.ok(axes.xaxis.domain[1] < axes.xaxis2.domain[0]);
  assert.deepEqual(axes.yaxis2.range, [0, 1]);
});

Deno.test("metrics are means of three steps, without step 0 and what was not measured", () => {
  const { data } = metricPanels({ title: "t", x: "x", y: "y" }, [steps], [{
    title: "thinking",
    value: (row, mode) => row.solve[mode]?.thinkingRate,
  }]);
  const line = data.at(-1)!;
  assert.deepEqual(line.x, [3, 6]);
  assert.deepEqual(
    Array.from(line.y!, (value) => Number(Number(value).toFixed(6))),
    [.2, .5],
  );
  assert.deepEqual(rangeOfSeeds([1, 2, 6]), { mean: 3, low: 1, high: 6 });
});

Deno.test("solve rates of the first and the last third are shares of their tasks", () => {
  const { data } = solveRateShift([steps]);
  assert.deepEqual(data.map(({ name }) => name), [
    "steps 1 to 2",
    "steps 5 to 6",
  ]);
  assert.deepEqual(data.map(({ y }) => y), [[.75, .25], [.5, .5]]);
});

Deno.test("dots have the ends of their intervals; rows without one are left out", () => {
  const { data } = dotIntervals(
    { title: "t", x: "x", rows: ["a", "b"], reference: 0 },
    [{ name: "s", intervals: [null, { mean: .5, low: .25, high: 1 }] }],
  );
  const [{ x, y, error_x }] = data;
  assert.deepEqual([x, y], [[.5], [1]]);
  const { array, arrayminus } = error_x as Record<string, number[]>;
  assert.deepEqual([array, arrayminus], [[.5], [.25]]);
});

Deno.test("the interval of a share ends where a share ends, that of a difference does not", () => {
  const highs = [undefined, 0].map((reference) => {
    const { data } = dotIntervals(
      { title: "t", x: "x", rows: ["a"], reference },
      [{ name: "s", intervals: [{ mean: .9, low: .7, high: 1.1 }] }],
    );
    const { array } = data[0].error_x as { array: number[] };
    return Number(array[0].toFixed(6));
  });
  assert.deepEqual(highs, [.1, .2]);
});

Deno.test("a title says how each mode moved, from the first to the last three steps", () => {
  const rows = [9, 1, 2, 3, 10, 11, 12].map((value, step) => ({ step, value }));
  const text = moved(
    [rows, rows],
    ({ value }, mode) => mode === "deduction" ? value : null,
    10,
  );
  assert.equal(text, "deduction 20 → 110");
});

Deno.test("single seeds are dots of their own, and lines of their own in pass@k", () => {
  const { data } = dotIntervals({ title: "t", x: "x", rows: ["a", "b"] }, [{
    name: "s",
    intervals: [null, { mean: 2, low: 0, high: 4, seeds: [1, 3] }],
  }]);
  assert.deepEqual(data.map(({ x, y }) => [x, y]), [
    [[1, 3], [1, 1]],
    [[2], [1]],
  ]);
  const logs = [items(0, 4, [1, 0]), items(0, 4, [4, 4])];
  const thin = passCurves(logs, "familiar").data
    .filter(({ name }) => name === "single seeds");
  // Before and after are the same step here.
  const ends = thin.map(({ y }) => Array.from(y!).at(-1));
  assert.deepEqual(ends, [.5, 1, .5, 1]);
});

const evaluated: EvaluationResult[] = items(0, 1, [1, 0, 1]);
const figures: Record<string, { figure: Figure; traces: number }> = {
  learning: { figure: learningCurves([first, second], "familiar"), traces: 6 },
  "learning, one seed": {
    figure: learningCurves([first], "familiar"),
    traces: 4,
  },
  arms: {
    figure: armCurves(
      "Two arms",
      [{ name: "a", seeds: [first] }, { name: "b", seeds: [second] }],
      "familiar",
    ),
    traces: 3,
  },
  pass: {
    figure: passCurves([items(0, 4, [1, 0])], "familiar"),
    traces: 4,
  },
  depth: {
    figure: accuracyByDepth("Accuracy by depth", [
      { name: "direct", rows: evaluated, drawn: "mode" },
      { name: "made to think", rows: evaluated, drawn: "reference" },
    ]),
    traces: 2,
  },
  lengths: {
    figure: lengthHistograms("Lengths", [
      { kind: "deduction", lengths: { direct: [3, 3, 5], traced: [9] } },
    ]),
    traces: 2,
  },
  shift: { figure: solveRateShift([steps]), traces: 2 },
  dots: {
    figure: dotIntervals({ title: "Changes", x: "points", rows: ["a"] }, [
      { name: "s", intervals: [{ mean: 0, low: -1, high: 1 }] },
    ]),
    traces: 1,
  },
};

for (const [name, { figure, traces }] of Object.entries(figures)) {
  Deno.test(`figure "${name}" of an experiment is plain JSON and draws its traces`, async () => {
    assert.deepEqual(figure, JSON.parse(JSON.stringify(figure)));
    assert.equal(figure.data.length, traces);
    const svg = await figureSvg(figure);
    const plot = svg.split('<g class="infolayer">')[0];
    const drawn = plot.match(/<g class="trace (scatter|bars)/g) ?? [];
    assert.equal(drawn.length, traces);
    assert.ok(svg.includes(figure.layout.title!.text!));
    assert.ok(!svg.includes("NaN"));
  });
}
