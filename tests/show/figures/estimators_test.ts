import assert from "node:assert/strict";
import { figureSvg } from "../../../tasks/notebook/static_images.ts";
import {
  estimatorColumns,
  logProbChanges,
  objectiveCurves,
  whiteningScatter,
} from "../../../notebooks/figures/estimators.ts";

const sample = (role: "solve" | "propose", advantage: number) => ({
  role,
  mode: "deduction" as const,
  reward: 1,
  advantage,
});

Deno.test("estimators stand side by side in the column of their group", async () => {
  const samples = [
    sample("solve", 1),
    sample("solve", 1),
    sample("solve", -1),
    sample("propose", 0.5),
  ];
  const figure = estimatorColumns([
    { name: "a", samples },
    { name: "b", samples },
  ]);
  const [a, b] = figure.data;
  assert.deepEqual(a.x, [-0.2, -0.2, 0.8]);
  assert.deepEqual(b.x, [0.2, 0.2, 1.2]);
  assert.deepEqual(a.y, [1, -1, 0.5]);
  assert.match(await figureSvg(figure), /<svg/);
});

Deno.test("points are parted by role and mode, with the diagonal for whitening", () => {
  const point = { role: "solve", mode: "deduction", x: 1, y: 2 } as const;
  const points = [point, { ...point, role: "propose", x: -1 } as const];
  const names = (figure: { data: { name?: string }[] }) =>
    figure.data.map(({ name }) => name);
  assert.deepEqual(names(logProbChanges(points)), [
    "solve, deduction",
    "propose, deduction",
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
