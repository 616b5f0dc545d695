import assert from "node:assert/strict";
import {
  estimateAdvantages,
  type EstimatorName,
  ESTIMATORS,
  type RewardedSample,
  type Role,
} from "../../lib/advantage/mod.ts";

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

Deno.test("plain REINFORCE subtracts the batch mean", () => {
  close(
    estimateAdvantages("reinforce-baseline", batch, "sample"),
    batch.map(({ reward }) => reward - 0.3),
  );
});

Deno.test("one sample, equal rewards and an empty batch are defined for all", () => {
  for (const name of Object.keys(ESTIMATORS) as EstimatorName[]) {
    for (const whitening of ["sample", "token"] as const) {
      assert.deepEqual(estimateAdvantages(name, [], whitening), []);
      close(
        estimateAdvantages(name, [sample("solve", "a", 1)], whitening),
        [0],
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
