/** Objectives in the API's words, and a step's numbers worked by hand. */
import assert from "node:assert/strict";
import type { ObjectiveConfig } from "../../lib/method/objective/loss.ts";
import {
  responseLogProbs,
  stepStatistics,
  trainingDatum,
  wireObjective,
} from "../../lib/engines/tinker/tinker_objective.ts";

function objective(name: ObjectiveConfig["objective"]): ObjectiveConfig {
  return {
    objective: name,
    clipLow: 0.2,
    clipHigh: 0.28,
    entropyCoefficient: 0,
  };
}

/** Two response tokens whose ratios will be 1.5 and 0.5. */
const sequence = {
  promptTokens: [7, 8, 9],
  responseTokens: [4, 5],
  advantages: [2, -1],
  weights: [0.25, 0.5],
  oldLogProbs: [Math.log(0.2), Math.log(0.4)],
};
const newLogProbs = [[Math.log(0.3), Math.log(0.2)]];

Deno.test("objectives map by name, and thresholds are ratios", () => {
  const clip = { clip_low_threshold: 0.8, clip_high_threshold: 1.28 };
  assert.deepEqual(wireObjective(objective("importance-sampling")), {
    loss_fn: "importance_sampling",
  });
  assert.deepEqual(wireObjective(objective("ppo-clip")), {
    loss_fn: "ppo",
    loss_fn_config: clip,
  });
  assert.deepEqual(wireObjective(objective("cispo")), {
    loss_fn: "cispo",
    loss_fn_config: clip,
  });
  assert.deepEqual(wireObjective(objective("reinforce")), {
    loss_fn: "cispo",
    loss_fn_config: { clip_low_threshold: 1, clip_high_threshold: 1 },
  });
});

Deno.test("a training datum shifts targets by one and masks the prompt", () => {
  const inputs = (reduction: "sum" | "sequence-mean", count: number) =>
    trainingDatum(sequence, reduction, count);
  assert.deepEqual(inputs("sum", 8), {
    model_input: { chunks: [{ type: "encoded_text", tokens: [7, 8, 9, 4] }] },
    loss_fn_inputs: {
      target_tokens: { data: [8, 9, 4, 5] },
      weights: { data: [0, 0, 1, 1] },
      logprobs: { data: [0, 0, ...sequence.oldLogProbs] },
      advantages: { data: [0, 0, 0.5, -0.5] },
    },
  });
  // A server that divides by 2 tokens and 8 sequences gets 16 times as much.
  const divided = inputs("sequence-mean", 8).loss_fn_inputs as {
    advantages: { data: number[] };
  };
  assert.deepEqual(divided.advantages.data, [0, 0, 8, -8]);
});

Deno.test("the loss and statistics of a step, by hand", () => {
  const loss = (name: ObjectiveConfig["objective"]) =>
    stepStatistics([sequence], newLogProbs, objective(name)).loss;
  const near = (got: number, wanted: number) =>
    assert.ok(Math.abs(got - wanted) < 1e-12, `${got} instead of ${wanted}`);
  // −(0.25 · 1.5 · 2 + 0.5 · 0.5 · −1)
  near(loss("importance-sampling"), -0.5);
  // Gain 2 at ratio 1.5 is cut at 1.28; loss −1 at ratio 0.5 is bounded by 0.8.
  near(loss("ppo-clip"), -(0.25 * 1.28 * 2 + 0.5 * 0.8 * -1));
  near(
    loss("cispo"),
    -(0.25 * 1.28 * 2 * Math.log(0.3) + 0.5 * 0.8 * -1 * Math.log(0.2)),
  );
  near(
    loss("reinforce"),
    -(0.25 * 2 * Math.log(0.3) + 0.5 * -1 * Math.log(0.2)),
  );
  const report = stepStatistics([sequence], newLogProbs, objective("ppo-clip"));
  near(report.entropy, -(Math.log(0.3) + Math.log(0.2)) / 2);
  near(report.approximateKl, (Math.log(0.2 / 0.3) + Math.log(0.4 / 0.2)) / 2);
  near(report.clipFraction, 1);
  assert.equal(report.tokens, 2);
});

Deno.test("log-probabilities are those of the response, however many are told", () => {
  const answer = (data: unknown[]) => ({
    loss_fn_outputs: [{ logprobs: { data } }],
  });
  const read = (data: unknown[]) =>
    responseLogProbs("forward", answer(data), [sequence]);
  assert.deepEqual(read([-9, -9, -1, -2]), [[-1, -2]]);
  assert.deepEqual(read([-1, -2]), [[-1, -2]]);
  assert.deepEqual(read([-1, null]), [[-1, NaN]]);
  assert.throws(
    () => read([-1]),
    /loss_fn_outputs\[0\]\.logprobs\.data" should be a list of at least 2/,
  );
  assert.throws(
    () => responseLogProbs("forward", { loss_fn_outputs: [] }, [sequence]),
    /"loss_fn_outputs" should be a list of 1/,
  );
});
