import assert from "node:assert/strict";
import {
  estimateAdvantages,
  type EstimatorName,
  ESTIMATORS,
} from "../../../lib/method/advantage/mod.ts";
import type {
  RewardedSample,
  Role,
} from "../../../lib/method/advantage/sample.ts";

function sample(
  role: Role,
  promptGroup: string,
  reward: number,
  tokenCount = 1,
): RewardedSample {
  return { role, mode: "deduction", promptGroup, reward, tokenCount };
}

function close(actual: number[], expected: number[]) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) =>
    assert.ok(
      Math.abs(value - expected[i]) < 1e-5,
      `${i}: ${value}, not ${expected[i]}`,
    )
  );
}

// Two tasks of four attempts, rewards 1/-0.5, and two proposals.
const batch = [
  sample("solve", "a", 1),
  sample("solve", "a", -0.5),
  sample("solve", "a", -0.5),
  sample("solve", "a", -0.5),
  sample("solve", "b", 1),
  sample("solve", "b", 1),
  sample("solve", "b", 1),
  sample("solve", "b", -0.5),
  sample("propose", "p1", 0.75),
  sample("propose", "p2", 0.25),
];

Deno.test("TRR++ whitens each role and mode apart", () => {
  // Solve: mean 0.25, deviation 0.75. Propose: mean 0.5, deviation 0.25.
  close(estimateAdvantages("trrpp", batch, "sample"), [
    1,
    -1,
    -1,
    -1,
    1,
    1,
    1,
    -1,
    1,
    -1,
  ]);
});

Deno.test("REINFORCE++ has one mean for all: here the proposals' mean is above it", () => {
  // Sum 3, mean 0.3; squares 4·0.49 + 4·0.64 + 0.2025 + 0.0025 = 4.725.
  const deviation = Math.sqrt(4.725 / 10);
  const expected = batch.map(({ reward }) => (reward - 0.3) / deviation);
  close(estimateAdvantages("reinforce-plus-plus", batch, "sample"), expected);
});

Deno.test("token-weighted whitening counts tokens, with Bessel's correction", () => {
  // Rewards 1 (3 tokens) and 0 (1 token): mean 0.75,
  // variance (3·0.0625 + 1·0.5625) / 3 = 0.25.
  const pair = [sample("solve", "a", 1, 3), sample("solve", "b", 0, 1)];
  close(estimateAdvantages("trrpp", pair, "token"), [0.5, -1.5]);
  close(estimateAdvantages("trrpp", pair, "sample"), [1, -1]);
  close(estimateAdvantages("reinforce-baseline", pair, "token"), [0.25, -0.75]);
});

Deno.test("RLOO: the baseline is the mean of the others", () => {
  const expected = [
    1.5,
    -0.5,
    -0.5,
    -0.5,
    0.5,
    0.5,
    0.5,
    -1.5,
    0.5,
    -0.5,
  ];
  close(estimateAdvantages("rloo", batch, "sample"), expected);
});

Deno.test("GRPO divides by the task's own deviation, Dr. GRPO does not", () => {
  // Task a: mean -0.125, deviation sqrt((1.125² + 3·0.375²) / 3) = 0.75.
  const inTask = [1.125, -0.375, -0.375, -0.375, 0.375, 0.375, 0.375, -1.125];
  const proposals = [0.25, -0.25];
  const deviation = Math.sqrt(2 * 0.0625);
  close(estimateAdvantages("dr-grpo", batch, "sample"), [
    ...inTask,
    ...proposals,
  ]);
  close(estimateAdvantages("grpo", batch, "sample"), [
    ...inTask.map((value) => value / 0.75),
    ...proposals.map((value) => value / deviation),
  ]);
});

Deno.test("rejection learns from what was rewarded, and unlearns nothing", () => {
  close(estimateAdvantages("rejection", batch, "sample"), [
    ...[1, 0, 0, 0],
    ...[1, 1, 1, 0],
    ...[1, 1],
  ]);
});

Deno.test("plain REINFORCE subtracts the batch mean", () => {
  close(
    estimateAdvantages("reinforce-baseline", batch, "sample"),
    batch.map(({ reward }) => reward - 0.3),
  );
});

Deno.test("every whitened estimator, both ways, on responses of unequal length", () => {
  // Solve: rewards 1 (3 tokens), 0 (1); propose: 0.5 (2), -0.5 (2).
  const mixed = [
    sample("solve", "a", 1, 3),
    sample("solve", "b", 0, 1),
    sample("propose", "p", 0.5, 2),
    sample("propose", "q", -0.5, 2),
  ];
  // Propose by tokens: mean 0, variance 4 · 0.25 / 3.
  const third = 0.5 / Math.sqrt(1 / 3);
  close(estimateAdvantages("trrpp", mixed, "sample"), [1, -1, 1, -1]);
  close(estimateAdvantages("trrpp", mixed, "token"), [
    0.5,
    -1.5,
    third,
    -third,
  ]);
  // All: by samples mean 0.25, variance 0.3125; by tokens mean 0.375,
  // variance (3 · 0.390625 + 0.140625 + 2 · 0.015625 + 2 · 0.765625) / 7.
  const all = (mean: number, deviation: number) =>
    mixed.map(({ reward }) => (reward - mean) / deviation);
  close(
    estimateAdvantages("reinforce-plus-plus", mixed, "sample"),
    all(0.25, Math.sqrt(0.3125)),
  );
  close(
    estimateAdvantages("reinforce-plus-plus", mixed, "token"),
    all(0.375, Math.sqrt(2.875 / 7)),
  );
  close(
    estimateAdvantages("reinforce-baseline", mixed, "token"),
    all(0.375, 1),
  );
  // The others compare attempts at one task, and know no tokens.
  for (const name of ["rloo", "grpo", "dr-grpo"] as const) {
    assert.deepEqual(
      estimateAdvantages(name, mixed, "token"),
      estimateAdvantages(name, mixed, "sample"),
    );
  }
});

Deno.test("six groups are whitened apart: a role's or mode's level does not matter", () => {
  const groups = (["propose", "solve"] as const).flatMap((role) =>
    (["deduction", "abduction", "induction"] as const).map((mode) => ({
      role,
      mode,
    }))
  );
  const six = groups.flatMap(({ role, mode }, level) =>
    [0, 1].map((reward): RewardedSample => ({
      role,
      mode,
      promptGroup: `${role}${mode}`,
      reward: 10 * level + (level + 1) * reward,
      tokenCount: 1,
    }))
  );
  close(
    estimateAdvantages("trrpp", six, "sample"),
    groups.flatMap(() => [-1, 1]),
  );
  const global = estimateAdvantages("reinforce-plus-plus", six, "sample");
  assert.ok(global.slice(0, 6).every((advantage) => advantage < 0));
});

Deno.test("a group of one beside a real group gets 0, or its distance from the batch", () => {
  const mixed = [
    sample("solve", "a", 1),
    sample("solve", "a", 0),
    sample("propose", "p", 7),
  ];
  for (const name of ["trrpp", "rloo", "grpo", "dr-grpo"] as const) {
    const [first, second, alone] = estimateAdvantages(name, mixed, "sample");
    assert.ok(first > 0 && second < 0 && alone === 0, name);
  }
  const [, , alone] = estimateAdvantages("reinforce-baseline", mixed, "sample");
  close([alone], [7 - 8 / 3]);
});

Deno.test("one sample, equal rewards and an empty batch are defined for all", () => {
  for (const name of Object.keys(ESTIMATORS) as EstimatorName[]) {
    for (const whitening of ["sample", "token"] as const) {
      assert.deepEqual(estimateAdvantages(name, [], whitening), []);
      // Rejection compares nothing: what was rewarded is learnt from.
      close(
        estimateAdvantages(name, [sample("solve", "a", 1)], whitening),
        [name === "rejection" ? 1 : 0],
      );
      const equal = [1, 2, 3].map(() => sample("solve", "a", -0.5, 7));
      close(estimateAdvantages(name, equal, whitening), [0, 0, 0]);
      const empty = [sample("solve", "a", 1, 0), sample("solve", "a", 0, 0)];
      assert.ok(
        estimateAdvantages(name, empty, whitening).every(Number.isFinite),
      );
    }
  }
});
