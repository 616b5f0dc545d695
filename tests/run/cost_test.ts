/** The cost of a step by worked numbers, and settings that make a config fit. */

import assert from "node:assert/strict";
import { PAPER_CONFIG } from "../../lib/method/config.ts";
import {
  costOf,
  fits,
  fittingSettings,
  type Measured,
} from "../../tasks/selfplay/cost.ts";

const measured: Measured = {
  sampledPerSecond: 100,
  trainedPerSecond: 50,
  loadedBytes: 1000,
  // 12 bytes for each of 10 numbers, and 2 for each of 40 tokens.
  trainingBytes: 200,
  batchTokens: 40,
  trainedParameters: 10,
  microBatchTokens: 64,
  contextLength: 200,
  promptTokens: { propose: 30, solve: 20 },
};
const config = {
  ...PAPER_CONFIG,
  proposalsPerMode: 2,
  rolloutsPerTask: 4,
  maxPromptTokens: 100,
  maxProposalTokens: 50,
  maxSolutionTokens: 10,
  steps: 20,
  checkpointEvery: 10,
  keepCheckpoints: 0,
  epochs: 1,
};

Deno.test("the cost of a step in worked numbers", () => {
  // 3 modes x 2 proposals; 6 x 4 estimates and 6 further rollouts.
  const cost = costOf({ ...config, trainOnEstimates: false }, measured);
  assert.equal(cost.sampledTokens, 6 * 50 + 30 * 10);
  assert.equal(cost.trainedTokens, 6 * (30 + 50) + 6 * (20 + 10));
  assert.equal(cost.seconds, 600 / 100 + 660 / 50);
  // Gradients and moments, and a sequence of 150 tokens.
  assert.equal(cost.memoryBytes, 1000 + 120 + 2 * 150);
  // After steps 0, 10 and 20.
  assert.equal(cost.diskBytes, 3 * 120);
  const estimates = costOf({ ...config, trainOnEstimates: true }, measured);
  assert.equal(estimates.sampledTokens, 6 * 50 + 24 * 10);
  assert.equal(estimates.trainedTokens, 6 * (30 + 50) + 24 * (20 + 10));
  const untrained = costOf({ ...config, updates: "none" }, measured);
  assert.equal(untrained.trainedTokens, 0);
  assert.equal(untrained.memoryBytes, 1000);
  const kept = costOf({ ...config, keepCheckpoints: 2 }, measured);
  assert.equal(kept.diskBytes, 2 * 120);
  // The context window bounds the longest sequence, a micro-batch the shortest.
  const long = costOf({ ...config, maxPromptTokens: 900 }, measured);
  assert.equal(long.memoryBytes, 1000 + 120 + 2 * 200);
  const short = costOf({ ...config, maxPromptTokens: 1 }, measured);
  assert.equal(short.memoryBytes, 1000 + 120 + 2 * 64);
});

Deno.test("smaller settings make a config fit, or none do", () => {
  const context = { ...measured, contextLength: 32768 };
  const cost = costOf(PAPER_CONFIG, context);
  const room = { memoryBytes: cost.memoryBytes / 2, diskBytes: 200 };
  assert.ok(!fits(cost, room));
  const changed = fittingSettings(PAPER_CONFIG, context, room)!;
  assert.ok(fits(costOf({ ...PAPER_CONFIG, ...changed }, context), room));
  assert.equal(changed.keepCheckpoints, 1);
  const enough = costOf(config, measured);
  assert.deepEqual(fittingSettings(config, measured, enough), {});
  const none = { memoryBytes: 1, diskBytes: 1 };
  assert.equal(fittingSettings(PAPER_CONFIG, context, none), null);
});
