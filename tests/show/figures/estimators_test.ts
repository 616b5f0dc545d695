import assert from "node:assert/strict";
import { figureSvg } from "../../../tasks/notebook/static_images.ts";
import {
  logProbChanges,
  objectiveCurves,
  rewardSlider,
  rightAndWrong,
  whiteningScatter,
} from "../../../notebooks/figures/estimators.ts";

const sample = (role: "solve" | "propose", advantage: number) => ({
  role,
  mode: "deduction" as const,
  reward: 1,
  advantage,
});

Deno.test("an estimator's panel has arrows for right and for other answers", async () => {
  const samples = [
    sample("solve", 1),
    sample("solve", 2),
    { ...sample("solve", -1), reward: -0.5 },
    sample("propose", 0.5),
  ];
  const figure = rightAndWrong([{ name: "trrpp", samples }, {
    name: "grpo",
    samples,
  }]);
  const [right, wrong, other] = figure.data;
  assert.deepEqual(right.y, [0, 1.5]);
  assert.deepEqual(wrong.y, [0, -1]);
  assert.equal(other.xaxis, "x2");
  const { array, arrayminus } = right.error_y as Record<string, number[]>;
  assert.deepEqual([array[1], arrayminus[1]], [0.5, 0.5]);
  assert.match(figure.layout.title!.text!, /counts 1\.5 in deduction \(67 % r/);
  assert.match(await figureSvg(figure), /<svg/);
});

Deno.test("a slider over a reward keeps its bars and says whose answers moved", () => {
  const states = [
    { reward: 0, values: [[0, 0, 1], [0, 0, 1]] },
    { reward: 1, values: [[1, -1, 1], [1, -1, 0.5]] },
  ];
  const figure = rewardSlider(["a", "b"], ["p1", "p2", "t"], states, 0);
  const [{ steps }] = figure.layout.sliders as {
    steps: { args: [{ y: number[][] }, { "title.text": string }] }[];
  }[];
  assert.deepEqual(steps[1].args[0].y, states[1].values);
  assert.match(steps[1].args[1]["title.text"], /1 of 2 estimators move/);
  assert.deepEqual(figure.data.map(({ y }) => y), states[0].values);
});

Deno.test("points are parted by role and mode, with the diagonal for whitening", () => {
  const point = { role: "solve", mode: "deduction", x: 1, y: 2 } as const;
  const points = [point, { ...point, role: "propose", x: -1 } as const];
  const names = (figure: { data: { name?: string }[] }) =>
    figure.data.map(({ name }) => name);
  assert.deepEqual(names(logProbChanges(points)), [
    "solve, deduction",
    "propose, deduction",
    "below the axis, 0",
  ]);
  const figure = whiteningScatter(points);
  assert.equal(names(figure)[0], "equal");
  assert.deepEqual(figure.data[0].x, [-1, 1]);
  assert.deepEqual(figure.data[0].y, [-1, 1]);
});

Deno.test("an objective has a curve for each sign of the advantage", () => {
  const gain = (ratio: number, advantage: number) => ratio * advantage;
  const [plus, minus] = objectiveCurves("t", [{ name: "plain", gain }]).data;
  assert.equal(plus.y![400], 2);
  assert.equal(minus.y![400], -2);
  assert.notEqual(plus.line!.dash, minus.line!.dash);
});
