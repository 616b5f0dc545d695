/** The cost of a step by worked numbers, and settings that make a config fit. */

import assert from "node:assert/strict";
import { MODEL_PRESETS } from "../../lib/lab/model_presets.ts";
import { PAPER_CONFIG } from "../../lib/method/config.ts";
import { modelConfig } from "../../lib/model/config.ts";
import { memoryOf, peakOf } from "../../tasks/selfplay/memory_plan.ts";
import { main } from "../../tasks/selfplay.ts";
import {
  costOf,
  fits,
  fittingSettings,
  type Measured,
  memoryPlan,
} from "../../tasks/selfplay/cost.ts";
import {
  cardOf,
  fittingChange,
  memoryLines,
} from "../../tasks/selfplay/memory.ts";

const measured: Measured = {
  sampledPerSecond: 100,
  trainedPerSecond: 50,
  model: {
    config: modelConfig({
      model_type: "llama",
      vocab_size: 10,
      hidden_size: 4,
      num_hidden_layers: 1,
      num_attention_heads: 1,
      intermediate_size: 8,
      max_position_embeddings: 200,
    }),
    weightBytes: 4,
    loraRank: 0,
    graphs: true,
    recomputesLayers: false,
    microBatchTokens: 64,
  },
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
  // A sequence of 150 tokens.
  const { model } = measured;
  const plan = memoryPlan(config, model);
  assert.deepEqual([plan.rowTokens, plan.batchTokens], [150, 150]);
  assert.deepEqual([plan.sampledRows, plan.sampledTokens], [24, 150]);
  assert.equal(cost.memoryBytes, peakOf(memoryOf(plan)));
  // 40 of the table, 4 x 16 of attention, 3 x 32 of the gated block, 3 x 4 of norms.
  const numbers = 40 + 64 + 96 + 12;
  // After steps 0, 10 and 20.
  assert.equal(cost.diskBytes, 3 * 12 * numbers);
  const estimates = costOf({ ...config, trainOnEstimates: true }, measured);
  assert.equal(estimates.sampledTokens, 6 * 50 + 24 * 10);
  assert.equal(estimates.trainedTokens, 6 * (30 + 50) + 24 * (20 + 10));
  const untrained = costOf({ ...config, updates: "none" }, measured);
  assert.equal(untrained.trainedTokens, 0);
  assert.ok(untrained.memoryBytes < cost.memoryBytes - 12 * numbers);
  const kept = costOf({ ...config, keepCheckpoints: 2 }, measured);
  assert.equal(kept.diskBytes, 2 * 12 * numbers);
  // The context window bounds the longest sequence, a micro-batch the shortest.
  const long = memoryPlan({ ...config, maxPromptTokens: 900 }, model);
  assert.equal(long.rowTokens, 940);
  assert.equal(long.sampledTokens, 200);
  const short = memoryPlan({ ...config, maxPromptTokens: 1 }, model);
  assert.deepEqual([short.rowTokens, short.batchTokens], [51, 64]);
});

Deno.test("smaller settings make a config fit, or none do", () => {
  const wide = { ...measured.model.config, max_position_embeddings: 32768 };
  const context = { ...measured, model: { ...measured.model, config: wide } };
  const cost = costOf(PAPER_CONFIG, context);
  const room = { memoryBytes: cost.memoryBytes / 2, diskBytes: 2600 };
  assert.ok(!fits(cost, room));
  const changed = fittingSettings(PAPER_CONFIG, context, room)!;
  assert.ok(fits(costOf({ ...PAPER_CONFIG, ...changed }, context), room));
  assert.equal(changed.keepCheckpoints, 1);
  const enough = costOf(config, measured);
  assert.deepEqual(fittingSettings(config, measured, enough), {});
  const none = { memoryBytes: 1, diskBytes: 1 };
  assert.equal(fittingSettings(PAPER_CONFIG, context, none), null);
});

Deno.test("what a card has, and what would fit on it", () => {
  const { shape, engine, selfPlay } = MODEL_PRESETS["gpu-1.5b"];
  const plan = memoryPlan(selfPlay, {
    config: modelConfig(shape!),
    weightBytes: 4,
    loraRank: 0,
    graphs: false,
    recomputesLayers: true,
    microBatchTokens: engine!.microBatchTokens!,
  });
  const card = cardOf("NVIDIA RTX A5000, 24564\n")!;
  assert.deepEqual(card, { name: "NVIDIA RTX A5000", bytes: 24564 * 2 ** 20 });
  assert.equal(cardOf("No devices were found"), null);
  const [, verdict] = memoryLines(plan, card);
  assert.match(
    verdict,
    /^needs \d+\.\d GB; NVIDIA RTX A5000 has 24\.0: use --lora 16/,
  );
  const { needs } = fittingChange(plan, card.bytes)!;
  assert.ok(needs < card.bytes && card.bytes < peakOf(memoryOf(plan)));
  const small = fittingChange(plan, 10 * 2 ** 30)!;
  assert.equal(small.asked, "--lora 16 --weights bfloat16");
  assert.equal(fittingChange(plan, 2 ** 30), null);
  const roomy = { name: "a card", bytes: 2 ** 37 };
  assert.match(memoryLines(plan, roomy)[1], /it fits$/);
});

Deno.test("--dry tells a card's preset by its shape, and fetches nothing", async () => {
  const said: string[] = [];
  const print = console.log;
  const cache = await Deno.makeTempDir({ prefix: "hub-" });
  Deno.env.set("HF_HUB_CACHE", cache);
  console.log = (line: string) => void said.push(line);
  try {
    assert.equal(await main(["--dry", "--preset", "gpu-3b", "--lora", "8"]), 0);
  } finally {
    console.log = print;
    Deno.env.delete("HF_HUB_CACHE");
    await Deno.remove(cache, { recursive: true });
  }
  assert.match(said.join("\n"), /memory: weights 11\.6, gradients 0\.1/);
  assert.match(said.at(-1)!, /not measured, for the model is not here/);
});
