import assert from "node:assert/strict";
import {
  bootstrapChange,
  bootstrapMean,
  median,
} from "../../../lib/lab/evaluation/statistics.ts";
import { passAtK } from "../../../lib/method/pass_at_k.ts";

const near = (found: number, wanted: number, margin: number) =>
  assert.ok(Math.abs(found - wanted) < margin, `${found}, not ${wanted}`);

Deno.test("pass@k by hand: 4 samples, 1 right", () => {
  assert.equal(passAtK(4, 1, 1), .25);
  near(passAtK(4, 1, 2), .5, 1e-12); // 1 - C(3,2)/C(4,2) = 1 - 3/6
  assert.equal(passAtK(4, 1, 4), 1);
  assert.equal(passAtK(4, 0, 4), 0);
  near(
    passAtK(64, 3, 8),
    1 - (61 * 60 * 59 * 58 * 57 * 56 * 55 * 54) /
        (64 * 63 * 62 * 61 * 60 * 59 * 58 * 57),
    1e-12,
  );
  assert.throws(() => passAtK(4, 1, 5), /pass@5/);
});

Deno.test("a median by hand", () => {
  const values = [10, 1, 3];
  assert.equal(median(values), 3);
  assert.deepEqual(values, [10, 1, 3]);
  assert.equal(median([10, 1, 3, 4]), 3.5);
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

Deno.test("the interval of a share agrees with the normal approximation", () => {
  const values = Array.from({ length: 400 }, (_, i) => i < 120 ? 1 : 0);
  const { mean, low, high } = bootstrapMean(values, 1);
  const half = 1.96 * Math.sqrt(.3 * .7 / 400);
  assert.equal(mean, .3);
  near(low, .3 - half, .005);
  near(high, .3 + half, .005);
  assert.deepEqual(bootstrapMean(values, 1), bootstrapMean(values, 1));
});

Deno.test("pairing narrows the interval of a change", () => {
  const before = Array.from({ length: 200 }, (_, i) => i % 2);
  const after = before.map((value, i) => i % 20 === 0 ? 1 : value);
  const paired = bootstrapChange(before, after, 1);
  near(paired.mean, .05, 1e-12);
  assert.ok(paired.low > 0);
  assert.ok(paired.high - paired.low < .08);
  assert.throws(() => bootstrapChange([1], [1, 2], 1), /1 and 2/);
});
