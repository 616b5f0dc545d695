/** Learning progress as a reward, and dynamic sampling of the solver's batch. */

import assert from "node:assert/strict";
import "../../lib/extras/mod.ts";
import {
  checkConfig,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import { selfPlay, type SelfPlayEvent } from "../../lib/method/loop.ts";
import type { TrainSequence } from "../../lib/method/engine.ts";
import { type Executor, startExecutor } from "../../lib/sandbox/mod.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";

const base: SelfPlayConfig = {
  ...TINY_CONFIG,
  steps: 2,
  modes: ["deduction"],
  proposalsPerMode: 8,
  rolloutsPerTask: 8,
  seedTasksPerMode: 8,
  duplicates: "admit",
};

async function play(
  executor: Executor,
  changes: Partial<SelfPlayConfig>,
  engine: ScriptedEngine,
) {
  const config = { ...base, ...changes };
  const { tokenizer } = engine;
  const events: SelfPlayEvent[] = [];
  for await (
    const event of selfPlay({ config, engine, tokenizer, executor })
  ) events.push(event);
  const of = <T extends SelfPlayEvent["type"]>(type: T) =>
    events.filter((event) => event.type === type) as Extract<
      SelfPlayEvent,
      { type: T }
    >[];
  return { of };
}

/** A proposal; some are malformed, so that not all earn the same. */
const proposal = (variant: number) =>
  variant === 9 ? "x=>x" : `x=>x+${variant}<i>${variant}<eos>`;

/** The right answer to a deduction `x=>x+a` on b. */
function sumIn(prompt: string): number {
  const [, a, b] = /x=>x\+(\d+)<i>(\d+)/.exec(prompt) ?? ["", "0", "0"];
  return Number(a) + Number(b);
}

/** Answers wrongly until the first update, and rightly from then on. */
function lateLearner(): ScriptedEngine {
  const engine: ScriptedEngine = new ScriptedEngine(
    characterTokenizer(),
    (prompt, variant) =>
      prompt.startsWith("<P")
        ? [proposal(variant)]
        : engine.trained.length > 0
        ? [`<a>${sumIn(prompt)}<eos>`]
        : ["<a>y<eos>", "y<eos>"],
  );
  return engine;
}

/** By a + b: always right, never right, or either. */
function mixedSolver(): ScriptedEngine {
  return new ScriptedEngine(characterTokenizer(), (prompt, variant) => {
    if (prompt.startsWith("<P")) return [proposal(variant)];
    const sum = sumIn(prompt);
    const [right, wrong] = [`<a>${sum}<eos>`, "<a>y<eos>"];
    return [[right, wrong], [right], [wrong]][(sum / 2) % 3];
  });
}

Deno.test("variants of a step on the real sandbox", async (t) => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });

  await t.step("a task earns what an update taught of it", async () => {
    const engine = lateLearner();
    const { of } = await play(executor, { rewardValid: "progress" }, engine);
    const [first, second] = of("rewarded").map(({ proposals }) =>
      proposals.filter(({ status }) => status === "valid")
    );
    assert.ok(first.length > 0 && second.length > 0);
    for (const { solveRate, solveRateAfter, reward } of first) {
      assert.deepEqual([solveRate, solveRateAfter, reward], [0, 1, 1]);
    }
    for (const { solveRate, solveRateAfter, reward } of second) {
      assert.deepEqual([solveRate, solveRateAfter, reward], [1, 1, 0]);
    }
  });

  await t.step("a step updates the solver, then the proposer", async () => {
    const engine = lateLearner();
    const { of } = await play(
      executor,
      { rewardValid: "progress", steps: 1 },
      engine,
    );
    const isProposal = ({ promptTokens }: TrainSequence) =>
      engine.tokenizer.decode(promptTokens).startsWith("<P");
    assert.equal(engine.trained.length, 2);
    assert.ok(engine.trained[0].length > 0);
    assert.ok(!engine.trained[0].some(isProposal));
    assert.ok(engine.trained[1].length > 0);
    assert.ok(engine.trained[1].every(isProposal));
    const [{ report }] = of("updated");
    assert.ok(report.solver !== null && report.proposer !== null);
    assert.equal(report.sequences, engine.trained.flat().length);
    // Every sample is there once, with its advantage; the second solving is counted.
    const [{ samples, solved }] = of("advantages");
    const trained = solved.filter((task) => task.trained)
      .flatMap(({ rollouts }) => rollouts);
    const ofSolver = samples.filter(({ role }) => role === "solve");
    assert.equal(ofSolver.length, trained.length);
    const tokens = engine.sampled.filter(({ request }) => request.count === 8)
      .length;
    const again = of("rewarded")[0].proposals.filter(({ status }) =>
      status === "valid"
    ).length;
    assert.equal(tokens, solved.length + again);
  });

  await t.step("progress plays with running means and two models", async () => {
    const proposerEngine = lateLearner();
    const engine = lateLearner();
    const { tokenizer } = engine;
    const config: SelfPlayConfig = {
      ...base,
      rewardValid: "progress",
      policies: "separate",
      estimator: "rae",
    };
    const parts = { config, engine, proposerEngine, tokenizer, executor };
    let baselines = {};
    for await (const event of selfPlay(parts)) {
      if (event.type !== "stepFinished" || event.step === 0) continue;
      baselines = event.state().baselines!;
      assert.ok(event.metrics.loss !== null);
      assert.ok(event.metrics.proposerLoss !== null);
    }
    assert.deepEqual(Object.keys(baselines), [
      "solve/deduction",
      "propose/deduction",
    ]);
    assert.equal(engine.trained.length, 2);
    assert.equal(proposerEngine.trained.length, 2);
  });

  await t.step("dynamic sampling trains on tasks that differ", async () => {
    const outcome = async (dynamicSampling: number) => {
      const changes = { dynamicSampling };
      const { of } = await play(executor, changes, mixedSolver());
      return of("rewarded").map(({ solved, samples }) => ({ solved, samples }));
    };
    const agrees = (rate: number) => rate === 0 || rate === 1;
    const plain = await outcome(0);
    const dynamic = await outcome(6);
    for (const [i, { solved, samples }] of dynamic.entries()) {
      const before = plain[i].solved.filter(({ trained }) => trained);
      const trained = solved.filter((task) => task.trained);
      assert.ok(before.some(({ solveRate }) => agrees(solveRate)));
      assert.ok(trained.every(({ solveRate }) => !agrees(solveRate)));
      assert.ok(trained.length <= before.length);
      const differing = before.filter(({ solveRate }) => !agrees(solveRate));
      assert.ok(trained.length > differing.length, "none was replaced");
      // What left is recorded; nothing is tried twice.
      const ids = solved.map(({ task }) => task.id);
      assert.equal(new Set(ids).size, ids.length);
      assert.equal(
        samples.filter(({ role }) => role === "solve").length,
        8 * trained.length,
      );
    }
  });
});

Deno.test("what could not work is refused with the cure", () => {
  const refused: [Partial<SelfPlayConfig>, RegExp][] = [
    [{ dynamicSampling: 1, trainOnEstimates: false }, /"dynamicSampling" must/],
    [
      { rewardValid: "progress", trainProposer: false },
      /"rewardValid" must be/,
    ],
    [{ rewardValid: "progress", updates: "none" }, /nobody would earn/],
    [{ rewardValid: "progress", taskSource: "generated" }, /"rewardValid"/],
  ];
  for (const [changes, message] of refused) {
    assert.throws(() => checkConfig({ ...base, ...changes }), message);
  }
  checkConfig({ ...base, rewardValid: "progress", rolloutsPerTask: 1 });
});
