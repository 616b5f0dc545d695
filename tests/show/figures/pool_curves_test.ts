/** The figure of pools against self-play holds the numbers that it was given. */

import assert from "node:assert/strict";
import { numbers } from "../../../lib/show/figures/figure.ts";
import { poolCurves } from "../../../tasks/report/pool_curves.ts";
import { poolFigure } from "../../../tasks/report/pools.ts";
import { figureSvg } from "../../../tasks/notebook/static_images.ts";

const at = (mean: number) => ({
  mean,
  low: mean - .1,
  high: mean + .05,
  seeds: [mean - .02, mean + .02],
});

Deno.test("pools are points with intervals, the rest are lines, seeds are dots", async () => {
  const panel = {
    title: "deep",
    pools: [at(.25), at(.5)],
    selfPlay: at(.75),
    frozen: at(.625),
    forced: at(.375),
  };
  const figure = poolCurves("finding", ["16", "∞"], [panel, panel]);
  const { data, layout } = figure;
  assert.equal(layout.title?.text, "finding");
  assert.equal(data.length, 14);
  const named = (name: string) =>
    data.filter((trace) => trace.name === name && trace.mode !== "markers");
  const [pools] = named("training on a pool of tasks");
  assert.deepEqual(numbers(pools.y), [25, 50]);
  const { array, arrayminus } = pools.error_y as Record<string, number[]>;
  assert.deepEqual([array, arrayminus].map((all) => all.map(Math.round)), [
    [5, 5],
    [10, 10],
  ]);
  const means = [
    "self-play, no task given",
    "self-play, proposer frozen",
    "the base, made to think",
  ]
    .map((name) => numbers(named(name).at(-1)!.y));
  assert.deepEqual(means, [[75, 75], [62.5, 62.5], [37.5, 37.5]]);
  const dots = data.filter(({ name }) => name === "single seeds");
  assert.deepEqual(numbers(dots[0].y).map(Math.round), [73, 77]);
  assert.deepEqual(numbers(dots[1].x as number[]), [0, 0, 1, 1]);
  assert.match(await figureSvg(figure), /^<svg/);
});

Deno.test("the committed figure is drawn anew to the byte", async () => {
  assert.equal(
    await figureSvg(poolFigure("data/experiment/pool")) + "\n",
    Deno.readTextFileSync("data/figures/pools.svg"),
  );
});
