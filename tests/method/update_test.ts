/** The update on a real model: epochs, means, and an update that is not finite. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { LocalEngine } from "../../lib/engines/local.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { startBackend } from "../../lib/model/mod.ts";
import { checkpointSteps } from "../../lib/run/checkpoint.ts";
import { readMetrics } from "../../lib/run/read.ts";
import { recordRun } from "../../lib/run/record.ts";
import type { CreditedSample } from "../../lib/method/stages.ts";
import { type SelfPlayConfig, TINY_CONFIG } from "../../lib/method/config.ts";
import { corrected } from "../../lib/method/importance.ts";
import {
  trainSequences,
  UpdateFailed,
  updatePolicy,
} from "../../lib/method/update.ts";
import { smallModel, tokensOf } from "../model/shapes.ts";
import { characterTokenizer } from "./scripted_engine.ts";
import { taughtEngine } from "./tiny_model.ts";

await startBackend();

const config: SelfPlayConfig = {
  ...TINY_CONFIG,
  learningRate: 0.02,
  warmupSteps: 0,
};

/** Four responses of a fresh engine, of 2 to 5 tokens, the first two good. */
async function sampled(engine: LocalEngine): Promise<CreditedSample[]> {
  const promptTokens = tokensOf(4, "prompt");
  const [samples] = await engine.sample(
    [{ promptTokens, count: 4, maxNewTokens: 5, seed: 1 }],
    { temperature: 1, stopTokens: [] },
  );
  return samples.map(({ tokens, logProbs }, i): CreditedSample => ({
    role: i % 2 === 0 ? "propose" : "solve",
    mode: "deduction",
    promptGroup: `${i}`,
    response: {
      promptTokens,
      sample: {
        tokens: tokens.slice(0, i + 2),
        logProbs: logProbs.slice(0, i + 2),
        finish: "length",
      },
      text: "",
      bannedTokens: [],
    },
    reward: 0,
    advantage: i < 2 ? 1 : -1,
  }));
}

/** Updates a fresh copy of one small model and gives its report and a probe of the result. */
async function updated(changes: Partial<SelfPlayConfig>) {
  const engine = new LocalEngine(smallModel());
  const samples = await sampled(engine);
  const settings = { ...config, ...changes };
  const { solver } = await updatePolicy(
    { config: settings, engine },
    samples,
    1,
  );
  const probe = await engine.logProbs(trainSequences(settings, samples));
  const steps = engine.optimiser.step;
  engine.dispose();
  return { report: solver!, probe: probe.flat(), steps };
}

Deno.test("several epochs take as many steps, and the ratio leaves 1 after the first", async () => {
  const one = await updated({ epochs: 1 });
  assert.equal(one.steps, 1);
  assert.ok(Math.abs(one.report.approximateKl) < 1e-5);
  assert.equal(one.report.clipFraction, 0);
  const three = await updated({ epochs: 3 });
  assert.equal(three.steps, 3);
  assert.ok(Math.abs(three.report.approximateKl) > 1e-3);
  assert.ok(three.report.clipFraction > 0);
  assert.notDeepEqual(three.probe, one.probe);
  // In the second epoch the objectives part.
  const unclipped = await updated({
    epochs: 3,
    objective: "importance-sampling",
  });
  assert.notDeepEqual(unclipped.probe, three.probe);
});

Deno.test("an asymmetric clip, the temperature and the entropy term reach the model", async () => {
  const base = await updated({ epochs: 3 });
  for (
    const change of [
      { clipHigh: 5 },
      { temperature: 2 },
      { entropyCoefficient: 0.5 },
      { aggregation: "sequence-mean" },
      { proposerWeight: 0 },
    ] as const
  ) {
    const other = await updated({ epochs: 3, ...change });
    assert.notDeepEqual(other.probe, base.probe, JSON.stringify(change));
  }
});

Deno.test("token-mean and sequence-mean weigh a long response as they say", () => {
  const sample = (length: number, advantage: number): CreditedSample => ({
    role: "solve",
    mode: "deduction",
    promptGroup: `${length}`,
    response: {
      promptTokens: [1],
      sample: {
        tokens: tokensOf(length, "long"),
        logProbs: Array(length).fill(-1),
        finish: "stop",
      },
      text: "",
      bannedTokens: [],
    },
    reward: 0,
    advantage,
  });
  const totals = (aggregation: SelfPlayConfig["aggregation"]) =>
    trainSequences({ ...config, aggregation }, [sample(6, 1), sample(2, -1)])
      .map(({ weights }) => weights.reduce((a, b) => a + b, 0));
  assert.deepEqual(totals("token-mean"), [0.75, 0.25]);
  assert.deepEqual(
    totals("sequence-mean").map((total) => total.toFixed(9)),
    ["0.500000000", "0.500000000"],
  );
});

/** A solver's sample of a prompt group, by what the loss looks at. */
function solved(
  promptGroup: string,
  advantage: number,
  finish: "stop" | "length" = "stop",
): CreditedSample {
  const tokens = tokensOf(4, `${promptGroup}${advantage}${finish}`);
  return {
    role: "solve",
    mode: "deduction",
    promptGroup,
    response: {
      promptTokens: [1],
      sample: { tokens, logProbs: tokens.map(() => -1), finish },
      text: "",
      bannedTokens: [],
    },
    reward: 0,
    advantage,
  };
}

Deno.test("cut responses and silent groups leave the loss, and its means, by name", () => {
  const samples = [solved("a", 1), solved("a", -1, "length"), solved("b", 0)];
  const weights = (changes: Partial<SelfPlayConfig>) =>
    trainSequences({ ...config, ...changes }, samples)
      .map(({ weights: [weight] }) => weight);
  assert.deepEqual(weights({}), [1 / 12, 1 / 12]);
  assert.deepEqual(weights({ cutResponses: "mask" }), [1 / 8]);
  assert.deepEqual(weights({ silentGroups: "leave-out" }), [1 / 8, 1 / 8]);
  const both = { cutResponses: "mask", silentGroups: "leave-out" } as const;
  assert.deepEqual(weights(both), [1 / 4]);
});

Deno.test("an importance cap weighs by the trainer's probability, and no more than the cap", async () => {
  const engine = await taughtEngine(characterTokenizer(), 1);
  const [sequence] = trainSequences(config, [solved("a", 1)]);
  const [own] = await engine.logProbs([sequence]);
  // The sampler's probabilities: half, equal, four times and two thirds of the trainer's.
  const factors = [.5, 1, 4, 2 / 3];
  const oldLogProbs = own.map((value, t) => value + Math.log(factors[t]));
  const capped = { ...config, importanceCap: 1.6 };
  const { sequences: [found], importance } = await corrected(capped, engine, [{
    ...sequence,
    oldLogProbs,
  }]);
  const expected = [1.6, 1, .25, 1.5].map((factor) => factor / 4);
  found.weights.forEach((weight, t) =>
    assert.ok(Math.abs(weight - expected[t]) < 1e-5, `${found.weights}`)
  );
  assert.deepEqual(found.oldLogProbs, own);
  // What is recorded is not capped: 2, 1, 1/4 and 3/2, of which one is above 1.6.
  const { tokens, capped: above } = importance!;
  assert.deepEqual([tokens, above], [4, 1 / 4]);
  const close = (value: number, wanted: number) =>
    assert.ok(Math.abs(value - wanted) < 1e-5, `${value}`);
  close(importance!.mean, 4.75 / 4);
  close(importance!.least, 1 / 4);
  close(importance!.most, 2);
  assert.equal(
    (await corrected(config, engine, [sequence])).sequences[0],
    sequence,
  );
  engine.dispose();
});

Deno.test("a loss that becomes NaN stops the run, with the batch and no checkpoint of it", async () => {
  const folder = join(await Deno.makeTempDir({ prefix: "nan-test-" }), "run");
  const tokenizer = characterTokenizer();
  const engine = await taughtEngine(tokenizer, 60);
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  // The first epoch's step throws the weights beyond what a float holds.
  const run = recordRun({
    folder,
    config: {
      ...TINY_CONFIG,
      steps: 3,
      proposalsPerMode: 4,
      rolloutsPerTask: 3,
      seedTasksPerMode: 4,
      seedRounds: 2,
      maxProposalTokens: 32,
      maxSolutionTokens: 24,
      learningRate: 1e30,
      warmupSteps: 0,
      epochs: 2,
    },
    engine,
    tokenizer,
    executor,
  });
  await assert.rejects(run, (error) => {
    assert.ok(error instanceof UpdateFailed);
    assert.match(error.message, /step 1 failed: .*(NaN|not finite|Infinity)/);
    return true;
  });
  const saved = JSON.parse(
    Deno.readTextFileSync(join(folder, "failed_update_step_1.json")),
  );
  assert.ok(saved.sequences.length > 0);
  for (const { responseTokens, advantages, oldLogProbs } of saved.sequences) {
    assert.equal(responseTokens.length, oldLogProbs.length);
    assert.ok(advantages.every(Number.isFinite));
    assert.ok(oldLogProbs.every(Number.isFinite));
  }
  assert.deepEqual(checkpointSteps(folder), [0]);
  assert.equal(readMetrics(folder).length, 1);
  engine.dispose();
  await Deno.remove(join(folder, ".."), { recursive: true });
});
