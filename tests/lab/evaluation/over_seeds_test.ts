import assert from "node:assert/strict";
import {
  holm,
  pValue,
  seedInterval,
} from "../../../lib/lab/evaluation/over_seeds.ts";
import { detectableDifference } from "../../../tasks/report/detectable.ts";
import { bootstrapMean } from "../../../lib/lab/evaluation/statistics.ts";
import { type RandomStream, randomStream } from "../../../lib/random.ts";

const near = (found: number, wanted: number, margin: number) =>
  assert.ok(Math.abs(found - wanted) < margin, `${found}, not ${wanted}`);

Deno.test("t on seed means by hand, with each seed's own mean", () => {
  // Means 1, 2, 3: deviation 1, error 1 / √3, t(2) at 97.5 % 4.302653.
  const { mean, low, high, seeds } = seedInterval([[1], [2], [3]]);
  assert.equal(mean, 2);
  near(high - 2, 4.302653 / Math.sqrt(3), 1e-5);
  near(2 - low, 4.302653 / Math.sqrt(3), 1e-5);
  assert.deepEqual(seeds, [1, 2, 3]);
  // t(2) at 95 % 2.919986: the interval of two one-sided tests at 5 %.
  const inner = seedInterval([[1], [2], [3]], .9);
  near(inner.high - 2, 2.919986 / Math.sqrt(3), 1e-5);
});

Deno.test("items that differ alike in all seeds widen the interval, by hand", () => {
  // Seeds are equal: the whole error is that of two items, mean square 2 · 2 = 4,
  // error √(4 / 4) = 1, one degree of freedom, t(1) at 97.5 % 12.7062.
  const { low, high } = seedInterval([[1, 3], [1, 3]]);
  near(high - 2, 12.7062, 1e-3);
  near(2 - low, 12.7062, 1e-3);
});

Deno.test("seeds that end alike by chance leave the width of their items", () => {
  // Seed means are equal, items are not: mean square of the rest 1, of items 0.
  const { low, high } = seedInterval([[0, 1, 0, 1], [1, 0, 1, 0]]);
  // Rest: 8 · .25 / 3 = 2 / 3; error √(2 / 3 / 8); t(3) at 97.5 % 3.182446.
  near(high - .5, 3.182446 * Math.sqrt(2 / 24), 1e-5);
  near(.5 - low, 3.182446 * Math.sqrt(2 / 24), 1e-5);
});

Deno.test("one seed gives the interval over its items, and no seeds", () => {
  const values = Array.from({ length: 50 }, (_, i) => i % 3);
  assert.deepEqual(seedInterval([values]), bootstrapMean(values, 0));
  assert.equal(seedInterval([values]).seeds, undefined);
});

Deno.test("values that are all equal have no width, and no p-value but 0 or 1", () => {
  const same = [[.5, .5], [.5, .5]];
  const { low, high } = seedInterval(same);
  assert.deepEqual([low, high], [.5, .5]);
  assert.equal(pValue(same, .5), 1);
  assert.equal(pValue(same), 0);
});

Deno.test("a p-value is below 5 % where the interval leaves zero out, and only there", () => {
  const random = randomStream(1, "p-values");
  for (let world = 0; world < 50; world++) {
    const values = simulated(3, 20, { seed: .1, item: .1, rest: .3 }, random)
      .map((row) => row.map((value) => value + .25));
    const { low, high } = seedInterval(values);
    assert.equal(pValue(values) < .05, low > 0 || high < 0);
  }
  near(pValue([[1], [2], [3]]), .0742, 1e-4); // t(2) = 2 / (1 / √3)
  assert.ok(Number.isNaN(pValue([[1, 2]])));
});

Deno.test("Holm's correction by hand", () => {
  const found = holm([.04, .01, NaN, .03]);
  // Smallest first: 3 · .01, then 2 · .03, then at least as much for .04.
  near(found[1], .03, 1e-12);
  near(found[3], .06, 1e-12);
  near(found[0], .06, 1e-12);
  assert.ok(Number.isNaN(found[2]));
  assert.deepEqual(holm([.9, .8]), [1, 1]);
});

Deno.test("the detectable difference agrees with tables of the t test's power", () => {
  // Single-sample t test, two-sided 5 %, 80 % power, in standard deviations.
  near(detectableDifference(1, 3), 3.26, .02);
  near(detectableDifference(1, 5), 1.68, .01);
  near(detectableDifference(1, 10), .996, .005);
  near(detectableDifference(1, 20), .660, .005);
  assert.ok(Number.isNaN(detectableDifference(1, 1)));
  assert.ok(detectableDifference(1, 5, .05 / 15) > detectableDifference(1, 5));
});

Deno.test("seeds that differ widen the interval more than items do", () => {
  const seeds = [.2, .5, .8].map((rate) =>
    Array.from({ length: 300 }, (_, i) => i < rate * 300 ? 1 : 0)
  );
  const over = seedInterval(seeds);
  near(over.mean, .5, 1e-9);
  const pooled = bootstrapMean(seeds.flat(), 1);
  assert.ok(over.high - over.low > 3 * (pooled.high - pooled.low));
});

/** Standard deviations of the crossed model. */
interface Components {
  seed: number;
  item: number;
  rest: number;
}

/** A world whose true mean is 0: new seeds, new items. */
function simulated(
  seeds: number,
  items: number,
  deviation: Components,
  random: RandomStream,
): number[][] {
  const ofItems = Array.from(
    { length: items },
    () => deviation.item * normal(random),
  );
  return Array.from({ length: seeds }, () => {
    const ofSeed = deviation.seed * normal(random);
    return ofItems.map((ofItem) =>
      ofSeed + ofItem + deviation.rest * normal(random)
    );
  });
}

function normal(random: RandomStream): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
  return radius * Math.cos(2 * Math.PI * random.next());
}

/**
 * Deviations of the recorded runs' differences: items .218 and rest .476 throughout;
 * seeds from none (arms of the ablations) to .11 (abduction of `long`).
 */
const RECORDED = [
  { name: "an ablation's arm, seeds alike", seed: 0, items: 300 },
  { name: "an ablation's arm", seed: .02, items: 300 },
  { name: "default, abduction", seed: .03, items: 200 },
  { name: "default, deduction", seed: .086, items: 200 },
  { name: "long, abduction", seed: .11, items: 100 },
];
const WORLDS = 1000;

for (const seeds of [3, 5, 10]) {
  for (const { name, seed, items } of RECORDED) {
    Deno.test(`95 % intervals of ${seeds} seeds cover at least 92 %: ${name}`, () => {
      const random = randomStream(seeds, "coverage", name);
      let covered = 0;
      for (let world = 0; world < WORLDS; world++) {
        const deviation = { seed, item: .218, rest: .476 };
        const { low, high } = seedInterval(
          simulated(seeds, items, deviation, random),
        );
        if (low <= 0 && high >= 0) covered++;
      }
      console.log(`${seeds} seeds, ${name}: ${100 * covered / WORLDS} %`);
      assert.ok(covered >= .92 * WORLDS, `covered ${covered} of ${WORLDS}`);
    });
  }
}
