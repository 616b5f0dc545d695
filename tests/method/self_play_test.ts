import assert from "node:assert/strict";
import {
  type Executor,
  type Job,
  startExecutor,
} from "../../lib/sandbox/mod.ts";
import {
  checkConfig,
  OFFICIAL_CONFIG,
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import type { CreditedSample } from "../../lib/method/stages.ts";
import {
  selfPlay,
  type SelfPlayEvent,
  type SelfPlayOptions,
  type SelfPlayState,
} from "../../lib/method/loop.ts";
import type { StepMetrics } from "../../lib/method/metrics.ts";
import { UpdateFailed } from "../../lib/method/update.ts";
import { characterTokenizer, ScriptedEngine } from "./scripted_engine.ts";
import "../../lib/extras/mod.ts";

const tokenizer = characterTokenizer();

const config: SelfPlayConfig = {
  ...TINY_CONFIG,
  steps: 3,
  proposalsPerMode: 6,
  rolloutsPerTask: 4,
  seedTasksPerMode: 8,
  seedRounds: 6,
};

async function play(
  executor: Executor,
  changes: Partial<SelfPlayConfig> = {},
  options: Partial<SelfPlayOptions> = {},
) {
  const engine = new ScriptedEngine(tokenizer);
  const events: SelfPlayEvent[] = [];
  const stream = selfPlay({
    config: { ...config, ...changes },
    engine,
    tokenizer,
    executor,
    ...options,
  });
  for await (const event of stream) events.push(event);
  return { engine, events };
}

function of<Type extends SelfPlayEvent["type"]>(
  events: SelfPlayEvent[],
  type: Type,
) {
  return events.filter((event): event is Extract<
    SelfPlayEvent,
    { type: Type }
  > => event.type === type);
}

function metricsOf(events: SelfPlayEvent[]): StepMetrics[] {
  return of(events, "stepFinished").map(({ metrics }) => metrics);
}

Deno.test("self-play on the real sandbox", async (t) => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });

  await t.step("a step's events come in order, after the seeding", async () => {
    const { events } = await play(executor, { steps: 1 }, {
      evaluate: (step) => Promise.resolve([{ task: "a", correct: step }]),
    });
    assert.deepEqual(events.map(({ type, step }) => `${step} ${type}`), [
      "0 seeded",
      "0 evaluated",
      "0 stepFinished",
      "1 proposed",
      "1 validated",
      "1 solved",
      "1 rewarded",
      "1 advantages",
      "1 updated",
      "1 evaluated",
      "1 stepFinished",
    ]);
  });

  await t.step(
    "seeding fills every buffer, each task descending from the identity",
    async () => {
      const { events } = await play(executor, { steps: 0 });
      const [{ state }] = of(events, "stepFinished");
      const { tasks } = state().buffers;
      assert.deepEqual(Object.keys(tasks), config.modes);
      for (const mode of config.modes) {
        assert.equal(tasks[mode]!.length, 8, mode);
      }
      assert.equal(tasks.deduction![0].program.source, "x=>x");
      const known = new Set(
        [...tasks.deduction!, ...tasks.abduction!].map(({ id }) => id),
      );
      for (const task of tasks.induction!) {
        assert.equal(task.provenance.parents.length, 1);
        assert.equal(task.examples.length, 6);
        assert.ok(known.has(task.provenance.parents[0]));
      }
    },
  );

  await t.step(
    "only what is played has a buffer, and what induction takes programs from",
    async () => {
      const held = async (modes: SelfPlayConfig["modes"]) => {
        const { events } = await play(executor, { steps: 1, modes });
        return Object.keys(metricsOf(events)[1].bufferSizes);
      };
      assert.deepEqual(await held(["deduction"]), ["deduction"]);
      assert.deepEqual(await held(["abduction"]), ["abduction"]);
      assert.deepEqual(await held(["induction"]), [
        "deduction",
        "abduction",
        "induction",
      ]);
      // The programs are proposed and judged though only induction is played.
      const { events } = await play(executor, {
        steps: 0,
        modes: ["induction"],
      });
      const [{ proposals }] = of(events, "seeded");
      const lent = proposals.filter(({ mode }) => mode === "deduction");
      assert.ok(lent.some(({ status }) => status === "valid"));
      assert.ok(metricsOf(events)[0].bufferSizes.deduction! > 1);
    },
  );

  await t.step(
    "equal seeds give equal metrics, another seed others",
    async () => {
      const text = async (seed: number) =>
        JSON.stringify(metricsOf((await play(executor, { seed })).events));
      const first = await text(1);
      assert.equal(await text(1), first);
      assert.notEqual(await text(2), first);
    },
  );

  await t.step(
    "state and engine saved after a step continue as if never stopped",
    async () => {
      const whole = await play(executor, { steps: 4 });
      const start = await play(executor, { steps: 2 });
      const state = JSON.parse(
        JSON.stringify(of(start.events, "stepFinished").at(-1)!.state()),
      ) as SelfPlayState;
      const engine = new ScriptedEngine(tokenizer);
      engine.skill = start.engine.skill;
      const rest = await play(executor, { steps: 4 }, { state, engine });
      assert.equal(
        JSON.stringify(metricsOf(rest.events)),
        JSON.stringify(metricsOf(whole.events).slice(3)),
      );
    },
  );

  await t.step(
    "fresh tasks are solved in their own step, and their rollouts train",
    async () => {
      const { events } = await play(executor);
      for (const { solved, samples, proposals } of of(events, "rewarded")) {
        const valid = proposals.filter(({ status }) => status === "valid");
        const fresh = solved.filter((task) => task.fresh);
        assert.equal(fresh.length, valid.length);
        assert.ok(fresh.length > 0);
        for (const { task, trained, rollouts, solveRate } of fresh) {
          assert.ok(trained);
          assert.equal(rollouts.length, 4);
          const right = rollouts.filter(({ grade }) =>
            grade === "right"
          ).length;
          assert.equal(solveRate, right / 4);
          const proposal = valid.find(({ id }) => id === task.id)!;
          const wanted = solveRate === 0 || solveRate === 1 ? 0 : 1 - solveRate;
          assert.equal(proposal.reward, wanted);
        }
        const perMode = solved.filter(({ task }) => task.mode === "abduction");
        assert.equal(perMode.length, 6);
        const proposed = samples.filter(({ role }) => role === "propose");
        assert.equal(proposed.length, 18);
      }
    },
  );

  await t.step(
    "the official ways: lagged solving, one further rollout per task",
    async () => {
      const { events } = await play(executor, {
        solveTiming: "lagged",
        trainOnEstimates: false,
        sampler: "official",
        learnability: "official",
        whitening: "token",
      });
      for (const { step, solved } of of(events, "solved")) {
        for (const { task, fresh, trained, rollouts } of solved) {
          assert.notEqual(fresh, trained);
          assert.equal(rollouts.length, fresh ? 4 : 1);
          if (trained) assert.ok(task.provenance.step < step);
        }
      }
      const { sampledTokens, trainedTokens } = of(events, "updated")[0].report;
      assert.ok(
        trainedTokens < 0.85 * sampledTokens,
        `${trainedTokens} of ${sampledTokens}`,
      );
    },
  );

  await t.step(
    "duplicates are penalised, held-out tasks vanish without reward",
    async () => {
      const { events } = await play(executor, { steps: 4 }, {
        heldOut: (program, argument) =>
          program.source === "x=>x*2" && argument === "4",
      });
      const proposals = of(events, "rewarded").flatMap((e) => e.proposals);
      const duplicates = proposals.filter((p) => p.status === "duplicate");
      assert.ok(duplicates.length > 0);
      assert.ok(duplicates.every(({ reward }) => reward === -0.5));
      const heldOut = proposals.filter(({ status }) => status === "heldOut");
      assert.ok(heldOut.length > 0);
      assert.ok(heldOut.every(({ reward }) => reward === null));
      const trained = of(events, "rewarded").flatMap(({ samples }) =>
        samples.map(({ promptGroup }) => promptGroup)
      );
      assert.ok(heldOut.every(({ id }) => !trained.includes(id)));
      const { tasks } = of(events, "stepFinished").at(-1)!.state().buffers;
      for (const list of Object.values(tasks)) {
        const barred = list.some(({ program, examples }) =>
          program.source === "x=>x*2" &&
          examples.some(({ argument }) => argument === "4")
        );
        assert.equal(barred, false);
        const perProgram = Map.groupBy(list, ({ program }) => program.source);
        assert.ok([...perProgram.values()].every(({ length }) => length <= 4));
      }
    },
  );

  await t.step(
    "thinking can be banned, the proposer left untrained, modes left out",
    async () => {
      const { engine, events } = await play(executor, {
        steps: 1,
        thinking: "banned",
        trainProposer: false,
        modes: ["deduction"],
      });
      const think = tokenizer.id("<t>");
      const banned = engine.sampled.filter(({ options }) =>
        options.bannedTokens?.includes(think)
      );
      assert.equal(banned.length, 6);
      assert.ok(
        engine.trained[0].every((s) => s.bannedTokens?.includes(think)),
      );
      const [{ samples }] = of(events, "rewarded");
      assert.ok(
        samples.every(({ role, mode }) =>
          role === "solve" && mode === "deduction"
        ),
      );
    },
  );

  await t.step("pass@k of a step, from its rollouts", async () => {
    const { events } = await play(executor, { steps: 1 });
    const { solve } = metricsOf(events)[1];
    const [{ solved }] = of(events, "solved");
    let between = 0;
    for (const mode of config.modes) {
      const right = solved.filter(({ task }) => task.mode === mode)
        .map(({ rollouts }) => rollouts.filter((r) => r.solves).length);
      // Of four attempts c are right; two drawn of them are both wrong in
      // (4 - c)(3 - c) of 12 cases.
      const mean = (of: (c: number) => number) =>
        right.reduce((sum, c) => sum + of(c), 0) / right.length;
      const expected = {
        1: mean((c) => c / 4),
        2: mean((c) => 1 - (4 - c) * (3 - c) / 12),
        4: mean((c) => c > 0 ? 1 : 0),
      };
      const { passAtK, solvedAtLeastOnce, solveRate } = solve[mode]!;
      assert.deepEqual(Object.keys(passAtK), ["1", "2", "4"]);
      for (const k of [1, 2, 4] as const) {
        assert.ok(Math.abs(passAtK[k]! - expected[k]) < 1e-12, `${mode} ${k}`);
      }
      assert.equal(passAtK[4], solvedAtLeastOnce);
      assert.ok(Math.abs(passAtK[1]! - solveRate!) < 1e-12);
      if (expected[1] < expected[2] && expected[2] < expected[4]) between++;
    }
    assert.ok(between > 0);
    const alone = await play(executor, {
      steps: 1,
      rolloutsPerTask: 1,
      learnability: "uniform", // one rollout is refused where the solve rate matters
    });
    const keys = Object.keys(
      metricsOf(alone.events)[1].solve.deduction!.passAtK,
    );
    assert.deepEqual(keys, ["1"]);
    const [seeding] = metricsOf(events);
    assert.deepEqual(
      seeding.solve.deduction!.passAtK,
      { 1: null, 2: null, 4: null },
    );
  });

  await t.step("two models: each is trained on its own role", async () => {
    const proposerEngine = new ScriptedEngine(tokenizer);
    const { engine, events } = await play(
      executor,
      { steps: 1, policies: "separate" },
      { proposerEngine },
    );
    const starts = (
      sequences: readonly { promptTokens: readonly number[] }[],
    ) =>
      new Set(
        sequences.map(({ promptTokens }) =>
          tokenizer.token(promptTokens[0]).slice(0, 2)
        ),
      );
    assert.deepEqual(starts(engine.trained[0]), new Set(["<S"]));
    assert.deepEqual(starts(proposerEngine.trained[0]), new Set(["<P"]));
    for (const { trained } of [engine, proposerEngine]) {
      const total = trained[0].flatMap(({ weights }) => weights)
        .reduce((sum, weight) => sum + weight, 0);
      assert.ok(
        total > 0 && total < 1 + 1e-9,
        "each loss is a mean of its own",
      );
    }
    const [, { proposerGradientNorm }] = metricsOf(events);
    assert.equal(typeof proposerGradientNorm, "number");
    const frozen = new ScriptedEngine(tokenizer);
    await play(
      executor,
      { steps: 1, policies: "separate", trainProposer: false },
      { proposerEngine: frozen },
    );
    assert.ok(frozen.sampled.length > 0);
    assert.deepEqual(frozen.trained, []);
  });

  await t.step("the number of models must be the config's", async () => {
    await assert.rejects(
      play(executor, { steps: 0, policies: "separate" }),
      /"policies" is "separate".*no proposerEngine/,
    );
    const proposerEngine = new ScriptedEngine(tokenizer);
    await assert.rejects(
      play(executor, { steps: 0 }, { proposerEngine }),
      /"policies" is "shared"/,
    );
  });

  await t.step("generated tasks take the proposer's place", async () => {
    let number = 0;
    const { events } = await play(executor, {
      taskSource: "generated",
      modes: ["deduction", "abduction"],
    }, {
      generateTasks: (_mode, count) =>
        Array.from({ length: count }, () => ({
          program: {
            language: "javascript",
            source: `x=>x+${1 + number++ % 4}*${number}`,
          },
          arguments: [`${number}`],
          message: "",
        })),
    });
    const [{ samples, proposals }] = of(events, "rewarded");
    assert.ok(proposals.some(({ status }) => status === "valid"));
    assert.ok(samples.length > 0 && samples.every((s) => s.role === "solve"));
  });

  await t.step(
    "chains take a part of the batch, are solved and not kept",
    async () => {
      const { events } = await play(executor, { chainedPerMode: 2, steps: 2 });
      for (const { proposals, solved, samples } of of(events, "rewarded")) {
        const chains = proposals.filter(({ parts }) => parts.length > 0);
        assert.ok(chains.length > 0 && chains.length <= 4);
        assert.equal(
          proposals.filter(({ mode, response }) =>
            mode === "deduction" && response !== null
          ).length,
          config.proposalsPerMode - 2,
        );
        assert.equal(
          samples.filter(({ role }) => role === "propose").length,
          proposals.filter(({ response }) => response !== null).length,
        );
        const valid = chains.flatMap(({ task }) => task ?? []);
        assert.ok(valid.length > 0);
        for (const task of valid) {
          assert.equal(task.provenance.source, "chained");
          assert.equal(task.provenance.composedOf!.length, 2);
          assert.ok(solved.some((other) => other.task === task));
        }
      }
      const state = of(events, "stepFinished").at(-1)!.state();
      assert.ok(!JSON.stringify(state).includes('"chained"'));
      for (
        const changes of [
          { chainedPerMode: 7 },
          { chainedPerMode: 1, language: "python" },
        ] as const
      ) {
        assert.throws(
          () => checkConfig({ ...config, ...changes }),
          /"chainedPerMode"/,
        );
      }
    },
  );

  await t.step(
    "intrinsic terms are logged always and rewarded on demand",
    async () => {
      const uniform = { steps: 1, learnability: "uniform" } as const;
      const valid = async (changes: Partial<SelfPlayConfig>) => {
        const { events } = await play(executor, { ...uniform, ...changes });
        const [{ proposals }] = of(events, "rewarded");
        return proposals.filter(({ status }) => status === "valid");
      };
      const logged = await valid({});
      assert.ok(logged.length > 0);
      for (const { mode, reward, intrinsic } of logged) {
        assert.equal(reward, 1);
        assert.ok(intrinsic!.answerDiversity >= 0);
        const written = mode !== "induction";
        assert.equal(intrinsic!.halstead !== null, written);
      }
      const paid = await valid({ editDistanceCoefficient: 0.5 });
      const distances = paid.map(({ intrinsic }) =>
        intrinsic!.editDistance ?? 0
      );
      assert.ok(distances.some((distance) => distance > 0));
      paid.forEach(({ reward }, i) =>
        assert.equal(reward, 1 + Math.min(0.5 * distances[i], 0.5))
      );
    },
  );

  await t.step(
    "what the sandbox could not judge has no reward and does not train",
    async () => {
      const isLost = ({ program }: Job) => program.source.includes("*3");
      const unreliable: Executor = {
        identity: executor.identity,
        run: (job) => executor.run(job),
        runMany: async (jobs) => {
          const outcomes = await executor.runMany(jobs);
          return outcomes.map((outcome, i) =>
            isLost(jobs[i])
              ? { kind: "infrastructure", reason: "a broken pipe" }
              : outcome
          );
        },
        close: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
      const { events } = await play(unreliable);
      const lost = of(events, "rewarded").flatMap(({ proposals }) =>
        proposals.filter(({ status }) => status === "unjudged")
      );
      assert.ok(lost.length > 0);
      assert.ok(lost.every(({ reward, task }) => reward === null && !task));
      const groups = of(events, "rewarded").flatMap(({ samples }) =>
        samples.map(({ promptGroup }) => promptGroup)
      );
      assert.ok(lost.every(({ id }) => !groups.includes(id)));
      const rollouts = of(events, "solved").flatMap(({ solved }) =>
        solved.flatMap((task) => task.rollouts)
      );
      assert.ok(
        rollouts.every(({ cause, grade }) =>
          (cause === "infrastructure") === (grade === "unjudged")
        ),
      );
    },
  );

  await t.step(
    "a task whose every attempt was lost is worth nothing, and is not kept",
    async () => {
      let broken = false;
      const unreliable: Executor = {
        identity: executor.identity,
        run: (job) => executor.run(job),
        runMany: async (jobs) =>
          broken
            ? jobs.map(() => ({
              kind: "infrastructure",
              reason: "a broken pipe",
            }))
            : await executor.runMany(jobs),
        close: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
      const lost = new Set<string>();
      const stream = selfPlay({
        config: { ...config, steps: 2, learnability: "official" },
        engine: new ScriptedEngine(tokenizer),
        tokenizer,
        executor: unreliable,
      });
      for await (const event of stream) {
        if (event.type === "validated") broken = true;
        if (event.type === "solved") broken = false;
        if (event.type === "rewarded") {
          const { proposals, samples } = event;
          for (const { id, status, cause, task, reward } of proposals) {
            if (status !== "unjudged") continue;
            assert.ok(task);
            assert.deepEqual([cause, reward], ["infrastructure", null]);
            assert.ok(samples.every(({ promptGroup }) => promptGroup !== id));
            lost.add(id);
          }
        }
        if (event.type !== "stepFinished" || event.step === 0) continue;
        for (
          const { tasks, freshTasks } of Object.values(event.metrics.solve)
        ) {
          assert.ok(tasks > 0 && freshTasks > 0);
        }
        const held = Object.values(event.state().buffers.tasks).flat();
        assert.ok(held.every(({ id }) => !lost.has(id)));
      }
      assert.ok(lost.size > 0);
    },
  );

  await t.step("merged sequences carry the whole batch's weight", async () => {
    const { engine, events } = await play(executor, { steps: 1 });
    const [{ samples }] = of(events, "advantages");
    const key = ({ response, advantage }: CreditedSample) =>
      JSON.stringify([
        response.promptTokens,
        response.sample.tokens,
        advantage,
      ]);
    const active = samples.filter(({ advantage, response }) =>
      advantage !== 0 && response.sample.tokens.length > 0
    );
    const [sequences] = engine.trained;
    assert.equal(sequences.length, new Set(active.map(key)).size);
    assert.ok(sequences.length < active.length);
    const weight = sequences.reduce(
      (sum, s) => sum + s.weights.reduce((a, b) => a + b, 0),
      0,
    );
    assert.ok(weight > 0.5 && weight <= 1 + 1e-9);
  });

  await t.step(
    "an update that is not finite hands over its batch",
    async () => {
      const engine = new ScriptedEngine(tokenizer);
      engine.failAtStep = 1;
      await assert.rejects(play(executor, {}, { engine }), (error) => {
        assert.ok(error instanceof UpdateFailed);
        assert.equal(error.step, 2);
        assert.ok(error.sequences.length > 0);
        assert.match(error.message, /loss is NaN/);
        return true;
      });
    },
  );

  await t.step(
    "prompts that never fit end in drops, not in a loop",
    async () => {
      const { events } = await play(executor, { steps: 1, maxPromptTokens: 2 });
      const [seeding, first] = metricsOf(events);
      assert.ok(seeding.promptsRedrawn > 0);
      assert.ok(seeding.promptsDropped > 0);
      const [seeded] = of(events, "seeded");
      assert.equal(seeded.promptsDropped, seeding.promptsDropped);
      const [proposed] = of(events, "proposed");
      assert.equal(proposed.promptsRedrawn, first.promptsRedrawn);
      const { promptsRedrawn, promptsDropped, propose } = first;
      assert.ok(promptsRedrawn > 0);
      assert.equal(promptsDropped, 6);
      assert.equal(propose.deduction?.valid, 0);
      assert.ok(propose.deduction!.failureCauses.promptTooLong > 0);
    },
  );

  await t.step(
    "a wrong setting is named, the published ones are right",
    async () => {
      for (const known of [PAPER_CONFIG, OFFICIAL_CONFIG, TINY_CONFIG]) {
        checkConfig(known);
      }
      await assert.rejects(
        play(executor, { rolloutsPerTask: 0 }),
        /"rolloutsPerTask" must be a whole number of at least 1, got 0/,
      );
      await assert.rejects(play(executor, { temperature: 0 }), /temperature/);
      await assert.rejects(
        play(executor, { learningRate: NaN }),
        /"learningRate" must be finite/,
      );
      const wrong: [Record<string, unknown>, RegExp][] = [
        [{ modes: [] }, /"modes" must be a list of some of deduction, /],
        [{ modes: ["deduction", "deduction"] }, /each at most once/],
        [{ modes: "deduction" }, /"modes" must be a list/],
        [{ modes: ["error"] }, /"modes" must be a list .*, got \["error"\]/],
        [{ references: -1 }, /"references" must be a whole number/],
        [{ trainProposer: "no" }, /"trainProposer" must be true or false/],
        [{ policies: "two" }, /"policies" must be one of shared, separate/],
        [{ learnability: "cubic" }, /"learnability" must be one of paper, /],
        [{ estimator: "ppo" }, /"estimator" must be one of trrpp, /],
        [{ language: "java" }, /"language" must be one of javascript, /],
        [{ rolloutsPerTask: "8" }, /"rolloutsPerTask" must be a number/],
        [{ learningRate: -1 }, /"learningRate" must be at least 0, got -1/],
        [{ clipLow: 2 }, /"clipLow" must be in \[0, 1\], got 2/],
        [{ topP: 0 }, /"topP" must be above 0 and at most 1, got 0/],
        [{ proposerWeight: -1 }, /"proposerWeight" must be at least 0/],
        [{ estimater: "grpo" }, /there is no config field "estimater"/],
        [{ seed: undefined }, /"seed" must be a number/],
      ];
      for (const [changes, message] of wrong) {
        await assert.rejects(play(executor, changes), message);
      }
    },
  );
});
