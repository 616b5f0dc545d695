import assert from "node:assert/strict";
import {
  LEARNABILITY_SHAPES,
  learnabilityReward,
} from "../../../lib/method/reward/learnability.ts";
import { expectedReward } from "../../../notebooks/figures/expected_reward.ts";
import {
  proposerReward,
  solverReward,
} from "../../../lib/method/reward/composite.ts";

Deno.test("learnability at the ends, at a quarter and in the middle", () => {
  const table: Record<string, number[]> = {
    paper: [0, 0.75, 0.5, 0],
    official: [-0.5, 0.75, 0.5, -0.5],
    "r-zero": [0, 0.5, 1, 0],
    quadratic: [0, 0.75, 1, 0],
    inverse: [1, 0.75, 0.5, 0],
    band: [0, 1, 1, 0],
    uniform: [1, 1, 1, 1],
  };
  for (const shape of LEARNABILITY_SHAPES) {
    const values = [0, 0.25, 0.5, 1].map((p) => learnabilityReward(shape, p));
    assert.deepEqual(values, table[shape], shape);
  }
  assert.equal(learnabilityReward("paper", 1 / 8), 7 / 8);
  assert.throws(() => learnabilityReward("paper", NaN), RangeError);
  assert.throws(() => learnabilityReward("paper", 1.1), RangeError);
});

Deno.test("every shape at every solve rate that eight rollouts can give", () => {
  const table: Record<string, number[]> = {
    paper: [0, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8, 0],
    official: [-0.5, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8, -0.5],
    "r-zero": [0, 1 / 4, 2 / 4, 3 / 4, 1, 3 / 4, 2 / 4, 1 / 4, 0],
    quadratic: [0, 7 / 16, 12 / 16, 15 / 16, 1, 15 / 16, 12 / 16, 7 / 16, 0],
    inverse: [1, 7 / 8, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8, 0],
    band: [0, 0, 1, 1, 1, 1, 1, 0, 0],
    uniform: [1, 1, 1, 1, 1, 1, 1, 1, 1],
  };
  assert.deepEqual(Object.keys(table).sort(), [...LEARNABILITY_SHAPES].sort());
  for (const shape of LEARNABILITY_SHAPES) {
    const values = Array.from(
      { length: 9 },
      (_, right) => learnabilityReward(shape, right / 8),
    );
    assert.deepEqual(values, table[shape], shape);
  }
  // The best that a proposal can earn, and at which rate.
  assert.equal(Math.max(...table.paper), 0.875);
});

Deno.test("solver and proposer rewards follow equation 6", () => {
  assert.equal(solverReward("right"), 1);
  assert.equal(solverReward("wrong"), -0.5);
  assert.equal(solverReward("malformed"), -1);
  assert.equal(proposerReward("malformed", null), -1);
  assert.equal(proposerReward("invalid", null), -1);
  assert.equal(proposerReward("duplicate", null), -0.5);
  assert.equal(proposerReward("valid", 0.375), 0.625);
  assert.throws(() => proposerReward("valid", null), TypeError);
});

Deno.test("a wrong induction earns its share of the partial reward, and no other answer does", () => {
  const rewards = { right: 1, wrong: -0.5, malformed: -1, partial: 1.2 };
  assert.ok(Math.abs(solverReward("wrong", rewards, 2 / 3) - 0.3) < 1e-12);
  assert.equal(solverReward("wrong", rewards, 0), -0.5);
  assert.equal(solverReward("right", rewards, 1), 1);
  assert.equal(solverReward("malformed", rewards, 2 / 3), -1);
  assert.equal(solverReward("wrong", { ...rewards, partial: 0 }, 1), -0.5);
});

Deno.test("the composite pays by format, then truth, then worth", () => {
  const solver = { right: 3, wrong: 2, malformed: 1 };
  assert.deepEqual(
    (["malformed", "wrong", "right"] as const).map((g) =>
      solverReward(g, solver)
    ),
    [1, 2, 3],
  );
  const proposer = {
    learnability: "official",
    malformed: -4,
    invalid: -3,
    duplicate: -2,
  } as const;
  const earned = (status: Parameters<typeof proposerReward>[0], rate: number) =>
    proposerReward(status, rate, proposer);
  assert.equal(earned("malformed", 0.5), -4);
  assert.equal(earned("invalid", 0.5), -3);
  assert.equal(earned("duplicate", 0.5), -2);
  assert.deepEqual([0, 0.5, 1].map((rate) => earned("valid", rate)), [
    -0.5,
    0.5,
    -0.5,
  ]);
});

Deno.test("the expected reward sums over all outcomes of the attempts", () => {
  // n = 2: only one right of two is paid, 1/2 with chance 2 p (1 - p).
  assert.ok(Math.abs(expectedReward("paper", 0.3, 2) - 0.21) < 1e-12);
  // Linear but for the ends: at the ends official pays 1/2 less.
  const gap = expectedReward("paper", 0.3, 3) -
    expectedReward("official", 0.3, 3);
  assert.ok(Math.abs(gap - 0.5 * (0.3 ** 3 + 0.7 ** 3)) < 1e-12);
  assert.ok(Math.abs(expectedReward("uniform", 0.3, 9) - 1) < 1e-12);
  // The variance of one attempt, less its own estimate's: (n - 1) / n.
  const quadratic = expectedReward("quadratic", 0.3, 4);
  assert.ok(Math.abs(quadratic - 4 * 0.21 * 3 / 4) < 1e-12);
});
