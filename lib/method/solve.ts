/** The solver's turn: which tasks it gets, its rollouts, and their grades. */

import { type Buffers, sampleTasks, type TaskPool } from "./buffer/mod.ts";
import { type ModeName, MODES, type Task, THINK_TOKEN } from "./modes/mod.ts";
import { derivedSeed, randomStream } from "../random.ts";
import { endings } from "./endings.ts";
import type { Proposal, Rollout, Setting, SolvedTask } from "./records.ts";

/** A task to be attempted, before it has been. */
interface Plan {
  task: Task;
  fresh: boolean;
  trained: boolean;
  count: number;
}

/** Rolls out this step's tasks and grades every response. */
export async function solveTasks(
  setting: Setting,
  buffers: Buffers,
  proposals: readonly Proposal[],
  step: number,
): Promise<SolvedTask[]> {
  const plans = setting.config.modes.flatMap((mode) =>
    planMode(setting, buffers, proposals, mode, step)
  );
  const rollouts = await rollOut(setting, plans, step);
  await gradeRollouts(setting, plans, rollouts);
  return plans.map(({ task, fresh, trained }, i) => ({
    task,
    fresh,
    trained,
    rollouts: rollouts[i],
    solveRate: solveRate(rollouts[i]),
  }));
}

/** Share of right rollouts among those that could be judged. */
function solveRate(rollouts: readonly Rollout[]): number {
  const judged = rollouts.filter(({ grade }) => grade !== "unjudged");
  return judged.filter(({ solves }) => solves).length /
    Math.max(1, judged.length);
}

/** This step's tasks of one mode: fresh ones to be estimated, and a batch to train on. */
function planMode(
  { config }: Setting,
  buffers: Buffers,
  proposals: readonly Proposal[],
  mode: ModeName,
  step: number,
): Plan[] {
  const fresh = proposals.flatMap((proposal) =>
    proposal.mode === mode && proposal.status === "valid" && proposal.task
      ? [proposal.task]
      : []
  );
  const pool = taskPool(
    config.solveTiming,
    fresh,
    buffers.of(mode).tasks,
    step,
  );
  const batch = sampleTasks(
    config.sampler,
    pool,
    config.proposalsPerMode,
    randomStream(config.seed, "batch", step, mode),
  );
  const estimates = fresh.map((task): Plan => ({
    task,
    fresh: true,
    trained: false,
    count: config.rolloutsPerTask,
  }));
  if (!config.trainOnEstimates) {
    const single = (task: Task): Plan => ({
      task,
      fresh: false,
      trained: true,
      count: 1,
    });
    return [...estimates, ...batch.map(single)];
  }
  const plans = [...estimates];
  for (const task of batch) {
    const estimate = plans.find((plan) => plan.task === task && !plan.trained);
    if (estimate) estimate.trained = true;
    else {
      plans.push({
        task,
        fresh: false,
        trained: true,
        count: config.rolloutsPerTask,
      });
    }
  }
  return plans;
}

/** What counts as fresh for the solver's batch: this step's tasks, or the last step's. */
function taskPool(
  timing: "same-step" | "lagged",
  fresh: readonly Task[],
  past: readonly Task[],
  step: number,
): TaskPool {
  if (timing === "same-step") return { fresh, past };
  const isLast = (task: Task) => task.provenance.step === step - 1;
  return {
    fresh: past.filter(isLast),
    past: past.filter((task) => !isLast(task)),
  };
}

async function rollOut(
  setting: Setting,
  plans: readonly Plan[],
  step: number,
): Promise<Rollout[][]> {
  const { config, engine, tokenizer, dialect } = setting;
  const bannedTokens = config.thinking === "banned"
    ? [tokenizer.id(THINK_TOKEN)]
    : [];
  const promptTokens = plans.map(({ task }) =>
    tokenizer.encode(dialect.solverPrompt(task))
  );
  const samples = await engine.sample(
    plans.map(({ count }, i) => ({
      promptTokens: promptTokens[i],
      count,
      maxNewTokens: config.maxSolutionTokens,
      seed: derivedSeed(config.seed, "solve", step, i),
    })),
    {
      temperature: config.temperature,
      topP: config.topP,
      ...endings(setting),
      bannedTokens,
    },
  );
  return plans.map((_, i) =>
    samples[i].map((sample): Rollout => {
      const text = tokenizer.decode(sample.tokens, {
        skipSpecial: !dialect.keepsSpecialTokens,
      });
      return {
        response: { promptTokens: promptTokens[i], sample, text, bannedTokens },
        grade: "malformed",
        cause: "unread",
        solves: false,
        thought: false,
        answer: null,
      };
    })
  );
}

/** An answer for the executor to check. */
interface Pending {
  task: Task;
  rollout: Rollout;
  answer: string;
  /** Whether its form was right, so that the verdict is also its grade. */
  graded: boolean;
}

/** Reads every response and has the executor check the answers, a batch per mode. */
async function gradeRollouts(
  setting: Setting,
  plans: readonly Plan[],
  rollouts: readonly Rollout[][],
): Promise<void> {
  for (const mode of setting.config.modes) {
    const pending = plans.flatMap((plan, i) =>
      plan.task.mode === mode
        ? rollouts[i].flatMap((rollout) =>
          readRollout(setting, plan, rollout) ?? []
        )
        : []
    );
    const verdicts = await MODES[mode].verify(
      setting.executor,
      pending,
      setting.config,
    );
    pending.forEach(({ rollout, graded }, i) => {
      const { correct, cause } = verdicts[i];
      rollout.solves = correct;
      if (graded) {
        rollout.grade = correct ? "right" : "wrong";
        rollout.cause = cause;
      }
      if (cause === "infrastructure") {
        rollout.grade = "unjudged";
        rollout.cause = cause;
      }
    });
  }
}

/** Notes how a response reads; gives the answer to check, if there is one. */
function readRollout(
  { config, dialect }: Setting,
  { task, fresh }: Plan,
  rollout: Rollout,
): Pending | null {
  const { text } = rollout.response;
  const reading = dialect.readAnswer(task.mode, text, config.language);
  if (reading.ok) {
    rollout.thought = reading.trace !== null;
    rollout.answer = reading.answer;
    return { task, rollout, answer: reading.answer, graded: true };
  }
  rollout.thought = reading.thought;
  rollout.cause = reading.cause;
  if (config.estimateForm === "required" || !fresh) return null;
  const answer = dialect.findAnswer(task.mode, text, config.language);
  return answer === null ? null : { task, rollout, answer, graded: false };
}
