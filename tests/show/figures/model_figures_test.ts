import assert from "node:assert/strict";
import { lineChart } from "../../../lib/show/figures/line_chart.ts";
import { figureSvg } from "../../../tasks/notebook/static_images.ts";
import { matrixMarks } from "../../../notebooks/figures/matrix.ts";
import {
  modelBenchBars,
  type ModelBenchRow,
  ratioToTorch,
} from "../../../notebooks/figures/model_bench.ts";
import { operationBars } from "../../../notebooks/figures/operation_bars.ts";
import { ratioScatter } from "../../../notebooks/figures/ratios.ts";
import { tokenBars } from "../../../notebooks/figures/token_bars.ts";
import { tokenLabel } from "../../../notebooks/figures/token_labels.ts";

const labels = { title: "t", x: "x", y: "y" };

/** Attributes of a trace that `Trace` does not name. */
function attributes(trace: object) {
  return trace as {
    mode: string;
    marker: { color: string; symbol: string; size: number[] };
    text: string[];
  };
}

Deno.test("curves are lines, marks or references, and may share a colour", () => {
  const curve = { x: [0, 1], y: [2, 3] };
  const [line, marks, reference] = lineChart(labels, [
    { ...curve, name: "line" },
    { ...curve, name: "marks", drawn: "marks", colour: 0 },
    { ...curve, name: "reference", drawn: "reference" },
  ]).data;
  assert.equal(attributes(line).mode, "lines");
  assert.equal(attributes(marks).mode, "markers");
  assert.equal(attributes(marks).marker.color, line.line!.color);
  assert.equal(reference.line!.dash, "dot");
});

Deno.test("the areas of a matrix's marks are its values, the first row on top", async () => {
  const figure = matrixMarks(
    { ...labels, columns: ["a", "b", "c"], rows: ["first", "second"] },
    [
      { name: "one", values: [[1, 0.25, 0], [-1, 0, 0.0001]] },
      { name: "two", values: [[0, 0, 0], [0, 0.25, 0]] },
    ],
  );
  const [one, two] = figure.data;
  assert.deepEqual([one.x, one.y], [[0, 1], [0, 0]]);
  assert.deepEqual([two.x, two.y], [[1], [1]]);
  const [large, small] = attributes(one).marker.size;
  assert.ok(Math.abs(large / small - 2) < 1e-9);
  const { range } = figure.layout.yaxis as { range: number[] };
  assert.ok(range[0] > range[1]);
  assert.notEqual(
    attributes(one).marker.symbol,
    attributes(two).marker.symbol,
  );
  assert.match(await figureSvg(figure), />second</);
});

Deno.test("tokens keep their angle brackets, equal ones stay apart", async () => {
  assert.equal(tokenLabel("<o>"), "&lt;o&gt;");
  assert.equal(tokenLabel(" "), "␣");
  assert.equal(tokenLabel(".reduce((a,b)=>a+b,0)"), ".reduce((a,…");
  const figure = tokenBars(labels, ["<o>", "1", "1"], [
    { name: "p", values: [3, 1, 2], marks: { name: "q", values: [3, 1, 2] } },
    { name: "r", values: [1, 1, 1] },
  ]);
  const [p, q, r] = figure.data;
  assert.deepEqual(p.x, q.x);
  assert.equal(new Set(Array.from(p.x!)).size, 3);
  for (const [i, x] of Array.from(p.x!, Number).entries()) {
    assert.ok(x < i && Number(r.x![i]) > i);
  }
  assert.match(await figureSvg(figure), />&#60;o&#62;</);
});

Deno.test("ratios are parted by the sign of the advantage, cut at the edge and drawn once", async () => {
  const token = { oldProbability: 0.5, ratio: 1.2, advantage: 1 };
  const figure = ratioScatter("t", [
    token,
    { ...token, ratio: 1.2001 },
    { ...token, ratio: 1000 },
    { ...token, ratio: 0, advantage: -2 },
    { ...token, advantage: 0 },
  ], { low: 0.8, high: 1.2 });
  const [likelier, rarer] = figure.data;
  assert.deepEqual(likelier.x, [0.5, 0.5]);
  assert.ok(Math.abs(Number(likelier.y![0]) / 1.2 - 1) < 0.03);
  assert.equal(likelier.y![1], 10);
  assert.deepEqual(rarer.y, [0.1]);
  assert.match(await figureSvg(figure), /<svg/);
});

const row: ModelBenchRow = {
  shape: "a",
  title: "tiny",
  train_tokens_per_s: 3000,
  generate_tokens_per_s: 500,
  torch_train_tokens_per_s: 2000,
  torch_generate_tokens_per_s: 1000,
  environment: {},
  torch_environment: null,
  // The machine was slow in the second round, for both.
  rounds: [[3200, 2000], [1500, 1000], [3000, 2400]].map(([own, torch]) => ({
    train_tokens_per_s: own,
    torch_train_tokens_per_s: torch,
    generate_tokens_per_s: own / 6,
    torch_generate_tokens_per_s: torch / 2,
  })),
};

Deno.test("the model's speeds stand beside PyTorch's with their ratio", async () => {
  const figure = modelBenchBars([row]);
  const [own, torch] = figure.data;
  assert.deepEqual(own.x, [3000, 500]);
  assert.deepEqual(torch.x, [2000, 1000]);
  assert.deepEqual(attributes(own).text, ["3,000 (1.50 x)", "500 (0.50 x)"]);
  assert.match(await figureSvg(figure), /1\.50 x/);
});

Deno.test("a ratio is the median of the ratios within a round", () => {
  const rounds = [[1, 2], [3, 2], [2, 2]].map(([a, torch_a]) => ({
    a,
    torch_a,
  }));
  assert.equal(ratioToTorch(rounds, "a"), 1);
  assert.equal(ratioToTorch(rounds.slice(0, 2), "a"), 1);
  assert.equal(ratioToTorch(rounds.slice(0, 1), "a"), .5);
  assert.equal(ratioToTorch([{ a: 1 }], "a"), null);
});

Deno.test("speeds measured without PyTorch have no ratio", () => {
  const alone = {
    ...row,
    rounds: [{ train_tokens_per_s: 3000, generate_tokens_per_s: 500 }],
    torch_train_tokens_per_s: null,
    torch_generate_tokens_per_s: null,
  };
  const [own, torch] = modelBenchBars([alone]).data;
  assert.deepEqual(attributes(own).text, ["3,000", "500"]);
  assert.deepEqual(torch.x, []);
});

Deno.test("operations stand in their order, with their calls", async () => {
  const figure = operationBars("a step", [
    { operation: "BatchMatMulV2", ms_per_step: 22.3, calls_per_step: 72.6 },
    { operation: "Softmax", ms_per_step: 1.5, calls_per_step: 1 },
  ]);
  const [bars] = figure.data;
  assert.deepEqual(bars.x, [22.3, 1.5]);
  assert.deepEqual(bars.y, ["BatchMatMulV2", "Softmax"]);
  assert.deepEqual(attributes(bars).text, ["73 calls", "1 call"]);
  const { autorange } = figure.layout.yaxis as { autorange: string };
  assert.equal(autorange, "reversed");
  assert.match(await figureSvg(figure), />73 calls</);
});
