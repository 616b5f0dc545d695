/** Each named variant of the loop does what its name says. */

import assert from "node:assert/strict";
import { type Executor, startExecutor } from "../../lib/sandbox/mod.ts";
import { learnabilityReward } from "../../lib/method/reward/learnability.ts";
import {
  OFFICIAL_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../lib/method/config.ts";
import {
  selfPlay,
  type SelfPlayEvent,
  type SelfPlayState,
} from "../../lib/method/loop.ts";
import { compositeAt } from "../../lib/extras/composite/parts.ts";
import {
  intrinsicTerms,
  withIntrinsicTerms,
} from "../../lib/extras/intrinsic_terms.ts";
import { characterTokenizer, ScriptedEngine } from "./scripted_engine.ts";
import "../../lib/extras/mod.ts";

const tokenizer = characterTokenizer();

const base: SelfPlayConfig = {
  ...TINY_CONFIG,
  steps: 3,
  proposalsPerMode: 6,
  rolloutsPerTask: 8,
  seedTasksPerMode: 8,
  seedRounds: 6,
};

type Rewarded = Extract<SelfPlayEvent, { type: "rewarded" }>;

async function play(
  executor: Executor,
  changes: Partial<SelfPlayConfig>,
  state?: SelfPlayState,
  engine = new ScriptedEngine(tokenizer),
) {
  const config = { ...base, ...changes };
  const rewarded: Rewarded[] = [];
  const states: SelfPlayState[] = [];
  const events = selfPlay({ config, engine, tokenizer, executor, state });
  for await (const event of events) {
    if (event.type === "rewarded") rewarded.push(event);
    if (event.type === "stepFinished") states.push(event.state());
  }
  return { rewarded, states };
}

/** A proposer whose programs have a branch, so that no measure is 0. */
function playBranches(executor: Executor, changes: Partial<SelfPlayConfig>) {
  const engine = new ScriptedEngine(
    tokenizer,
    (prompt, variant) =>
      prompt.startsWith("<P")
        ? [`x=>x>${variant}?x-1:x+${variant}<i>${variant}<eos>`]
        : ["<a>4<eos>", "<a>5<eos>"],
  );
  return play(executor, changes, undefined, engine);
}

Deno.test("variants on the real sandbox", async (t) => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });

  await t.step("same-step: this step's valid tasks come first", async () => {
    const { rewarded } = await play(executor, {});
    for (const { step, solved, proposals } of rewarded) {
      for (const mode of base.modes) {
        const trained = solved.filter((s) => s.trained && s.task.mode === mode);
        const fresh = proposals.filter((p) =>
          p.mode === mode && p.status === "valid"
        ).map(({ id }) => id);
        assert.deepEqual(
          trained.slice(0, fresh.length).map(({ task }) => task.id),
          fresh,
        );
        const rest = trained.slice(fresh.length);
        assert.ok(rest.every(({ task }) => task.provenance.step < step));
      }
    }
  });

  await t.step(
    "lagged: the last step's come first, this step's not at all",
    async () => {
      const { rewarded } = await play(executor, { solveTiming: "lagged" });
      let fromLast = 0;
      for (const { step, solved } of rewarded) {
        for (const mode of base.modes) {
          const steps = solved
            .filter(({ trained, task }) => trained && task.mode === mode)
            .map(({ task }) => task.provenance.step);
          const older = steps.findIndex((made) => made !== step - 1);
          const tail = older < 0 ? [] : steps.slice(older);
          assert.ok(tail.every((made) => made < step - 1), `${step}: ${steps}`);
          fromLast += steps.length - tail.length;
        }
        // This step's tasks are estimated all the same: the proposer is paid at once.
        assert.ok(
          solved.some(({ fresh, task }) =>
            fresh && task.provenance.step === step
          ),
        );
      }
      assert.ok(fromLast > 0);
    },
  );

  await t.step(
    "duplicates: admitted as in the paper, or penalised",
    async () => {
      const admitted = await play(executor, {
        duplicates: "admit",
        inputsPerProgram: 0,
      });
      const keys = admitted.states.at(-1)!.buffers.tasks.deduction!.map((
        task,
      ) => `${task.program.source} ${task.examples[0].argument}`);
      assert.ok(new Set(keys).size < keys.length);
      assert.ok(
        admitted.rewarded.every(({ proposals }) =>
          proposals.every(({ status }) => status !== "duplicate")
        ),
      );
      const penalised = await play(executor, { inputsPerProgram: 0 });
      const kept = penalised.states.at(-1)!.buffers.tasks.deduction!.map((
        task,
      ) => `${task.program.source} ${task.examples[0].argument}`);
      assert.equal(new Set(kept).size, kept.length);
    },
  );

  await t.step(
    "admission: all, those not always solved, or the learnable ones",
    async () => {
      const rates = async (
        bufferAdmission: SelfPlayConfig["bufferAdmission"],
      ) => {
        const { states } = await play(executor, { bufferAdmission, steps: 6 });
        return Object.values(states.at(-1)!.buffers.tasks).flat()
          .filter(({ provenance }) => provenance.step > 0)
          .map(({ provenance }) => provenance.solveRate!);
      };
      const all = await rates("all");
      assert.ok(all.includes(0));
      const notAlways = await rates("not-always-solved");
      assert.ok(notAlways.includes(0) && !notAlways.includes(1));
      const learnable = await rates("learnable");
      assert.ok(learnable.length > 0);
      assert.ok(learnable.every((rate) => rate > 0 && rate < 1));
    },
  );

  await t.step(
    "a useless valid task: 0 as in the paper, -0.5 as in the official code",
    async () => {
      for (const learnability of ["paper", "official"] as const) {
        const { rewarded } = await play(executor, { learnability });
        const useless = rewarded.flatMap(({ proposals }) => proposals)
          .filter(({ status, solveRate }) =>
            status === "valid" && solveRate === 0
          );
        assert.ok(useless.length > 0);
        const wanted = learnability === "paper" ? 0 : -0.5;
        assert.ok(useless.every(({ reward }) => reward === wanted));
      }
    },
  );

  await t.step(
    "every fate of a proposal and every grade earns what the config says",
    async () => {
      const { rewarded } = await play(executor, {
        rewardMalformed: -11,
        rewardInvalid: -12,
        rewardDuplicate: -13,
        rewardRight: 21,
        rewardWrong: -22,
      });
      const fates: Record<string, number> = {
        malformed: -11,
        invalid: -12,
        duplicate: -13,
      };
      const seen = new Set<string>();
      for (const { proposals, solved, samples } of rewarded) {
        for (const { status, reward, solveRate } of proposals) {
          seen.add(status);
          assert.equal(
            reward,
            status === "valid"
              ? learnabilityReward("paper", solveRate!)
              : fates[status],
          );
        }
        const grades = { right: 21, wrong: -22, malformed: -11, unjudged: 0 };
        const expected = solved.filter(({ trained }) => trained)
          .flatMap(({ rollouts }) =>
            rollouts.map(({ grade }) => grades[grade])
          );
        assert.deepEqual(
          samples.filter(({ role }) => role === "solve").map((s) => s.reward),
          expected,
        );
      }
      assert.deepEqual(
        [...seen].sort(),
        ["duplicate", "invalid", "malformed", "valid"],
      );
    },
  );

  await t.step(
    "a rollout cut at its token limit is scored, and trains",
    async () => {
      const { rewarded } = await play(executor, {
        steps: 1,
        modes: ["deduction"],
        maxSolutionTokens: 1,
      });
      const [{ solved, samples }] = rewarded;
      const rollouts = solved.flatMap((task) => task.rollouts);
      assert.ok(rollouts.length > 0);
      for (const { response, grade, cause } of rollouts) {
        assert.equal(response.sample.tokens.length, 1);
        assert.equal(response.sample.finish, "length");
        assert.equal(grade, "malformed");
        assert.equal(cause, "unfinished");
      }
      const trained = samples.filter(({ role }) => role === "solve");
      assert.ok(trained.length > 0);
      assert.ok(trained.every(({ reward }) => reward === -1));
      assert.ok(solved.every(({ solveRate }) => solveRate === 0));
    },
  );

  await t.step(
    "estimates: the form of a rollout counts, or is ignored as in the official code",
    async () => {
      // Right but for a second answer before it; or hopeless.
      const engine = () =>
        new ScriptedEngine(
          tokenizer,
          (prompt, variant) =>
            prompt.startsWith("<P")
              ? [`x=>x+${variant}<i>${variant}<eos>`]
              : prompt.startsWith("<SD>x=>x+1<i>1")
              ? ["<a>0<a>2<eos>"]
              : ["nothing<eos>"],
        );
      const found: [string, number][] = [];
      for (const estimateForm of ["required", "ignored"] as const) {
        const { rewarded } = await play(
          executor,
          {
            modes: ["deduction"],
            steps: 1,
            proposalsPerMode: 24,
            seedTasksPerMode: 1,
            trainOnEstimates: false,
            estimateForm,
          },
          undefined,
          engine(),
        );
        const [{ solved, samples }] = rewarded;
        const rollouts = solved.flatMap((task) => task.rollouts);
        assert.ok(rollouts.every(({ grade }) => grade === "malformed"));
        const answered = solved.filter(({ task, fresh }) =>
          fresh && task.program.source === "x=>x+1"
        );
        assert.equal(answered.length, 1);
        found.push([estimateForm, answered[0].solveRate]);
        const others = solved.filter((task) => task !== answered[0]);
        assert.ok(others.length > 0);
        assert.ok(others.every(({ solveRate }) => solveRate === 0));
        // What trains the solver is graded on its form either way.
        const trained = samples.filter(({ role }) => role === "solve");
        assert.ok(trained.length > 0);
        assert.ok(trained.every(({ reward }) => reward === -1));
      }
      assert.deepEqual(found, [["required", 0], ["ignored", 1]]);
    },
  );

  await t.step("composition: from the start, or rising from step 101", () => {
    const at = (step: number, changes: Partial<SelfPlayConfig>) => {
      const { chance, maximum } = compositeAt({ ...base, ...changes }, step);
      return [Number(chance.toFixed(4)), maximum];
    };
    const paper = { compositeChance: 0.5, compositeMaximum: 3 };
    assert.deepEqual(at(1, paper), [0.5, 3]);
    assert.deepEqual(at(400, paper), [0.5, 3]);
    const official = { ...paper, compositeSchedule: "rising" } as const;
    assert.deepEqual(at(100, official), [0, 1]);
    assert.deepEqual(at(101, official), [0.5, 1]);
    assert.deepEqual(at(150, official), [0.5, 1]);
    assert.deepEqual(at(151, official), [0.51, 2]);
    assert.deepEqual(at(201, official), [0.52, 3]);
    assert.deepEqual(at(251, official), [0.53, 3]);
    assert.deepEqual(at(9999, official), [0.8, 3]);
    assert.deepEqual(at(9999, { compositeSchedule: "rising" }), [0, 1]);
  });

  await t.step(
    "each intrinsic term, in each combination, on top of the same rewards",
    async () => {
      const coefficients = {
        complexity: "complexityCoefficient",
        halstead: "halsteadCoefficient",
        editDistance: "editDistanceCoefficient",
        answerDiversity: "answerDiversityCoefficient",
      } as const;
      const names = Object.keys(coefficients) as (keyof typeof coefficients)[];
      const changed = new Set<string>();
      for (
        const intrinsicCombination of [
          "sum",
          "product",
          "sum-product",
          "product-sum",
        ] as const
      ) {
        for (const chosen of [...names.map((name) => [name]), names]) {
          const { rewarded } = await playBranches(executor, {
            steps: 1,
            modes: ["deduction", "abduction"],
            learnability: "uniform",
            intrinsicCombination,
            intrinsicCap: 0.3,
            ...Object.fromEntries(
              chosen.map((name) => [coefficients[name], 0.4]),
            ),
          });
          const valid = rewarded[0].proposals.filter((p) =>
            p.status === "valid"
          );
          assert.ok(valid.length > 0);
          for (const { reward, intrinsic } of valid) {
            const on = Object.fromEntries(
              names.map((name) => [name, chosen.includes(name) ? 0.4 : 0]),
            ) as Record<keyof typeof coefficients, number>;
            const terms = intrinsicTerms(intrinsic!, on, 0.3);
            assert.equal(terms.length, chosen.length);
            assert.ok(terms.every((term) => term <= 0.3));
            assert.equal(
              reward,
              withIntrinsicTerms(1, terms, intrinsicCombination),
            );
            if (reward !== 1) changed.add(`${intrinsicCombination} ${chosen}`);
          }
        }
      }
      assert.equal(changed.size, 4 * 5, [...changed].join("\n"));
    },
  );

  await t.step(
    "the state holds every task with its provenance, exactly",
    async () => {
      const { states } = await play(executor, { steps: 3 });
      const last = states.at(-1)!;
      const text = JSON.stringify(last);
      const resumed = await play(executor, { steps: 3 }, JSON.parse(text));
      assert.deepEqual(resumed.states, []);
      const { states: further } = await play(
        executor,
        { steps: 4, proposalsPerMode: 1 },
        JSON.parse(text),
      );
      const [after] = further;
      for (const mode of base.modes) {
        const before = last.buffers.tasks[mode]!;
        assert.deepEqual(
          after.buffers.tasks[mode]!.slice(0, before.length),
          before,
        );
        const made = before.filter(({ provenance }) => provenance.step > 0);
        assert.ok(made.length > 0);
        for (const { id, provenance } of made) {
          assert.equal(provenance.source, "proposed");
          assert.ok(id.startsWith(`${provenance.step}-${mode}-`));
          assert.equal(provenance.seed, base.seed);
          assert.equal(provenance.verdict, "valid");
          assert.ok(provenance.parents.length > 0);
          assert.ok(provenance.solveRate! >= 0 && provenance.solveRate! <= 1);
        }
      }
    },
  );

  await t.step("the official settings play as a whole", async () => {
    const { rewarded } = await play(executor, {
      ...OFFICIAL_CONFIG,
      ...{ dialect: "compact", language: "javascript" },
      ...{ steps: 2, proposalsPerMode: 6, seedTasksPerMode: 8 },
      ...{ maxPromptTokens: 112, maxProposalTokens: 64 },
    });
    assert.equal(rewarded.length, 2);
  });
});
