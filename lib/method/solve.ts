/** The solver's turn: which tasks it gets, its graded rollouts, and their solve rates. */

import type { Buffers } from "./buffer/buffers.ts";
import { sampleTasks, type TaskPool } from "./buffer/sampler.ts";
import { extraFor, extraOf } from "./extras.ts";
import { solveAndGrade } from "./grade.ts";
import type { ModeName, Task } from "./modes/task.ts";
import { derivedSeed, randomStream } from "../random.ts";
import type { Setting } from "./setting.ts";
import {
  type Attempted,
  type Judged,
  type Rollout,
  type SolvedTask,
  wasJudged,
} from "./stages.ts";

/** A task to be attempted `count` times. */
interface Plan extends Pick<SolvedTask, "task" | "fresh" | "trained"> {
  count: number;
}

/**
 * Has the solver attempt this step's tasks. Returns the proposals with the solve
 * rates of their tasks, and every task that was attempted with its rollouts.
 */
export async function solveTasks(
  setting: Setting,
  buffers: Buffers,
  proposals: readonly Judged[],
  step: number,
): Promise<{ proposals: Attempted[]; solved: SolvedTask[] }> {
  const { config } = setting;
  const plans = config.modes.flatMap((mode) =>
    planMode(setting, buffers, proposals, mode, step)
  );
  const batch = await attemptTasks(setting, plans, ["solve", step]);
  const solved = await extraFor(config, "dynamicSampling")
    ?.refill(setting, buffers, batch, step) ?? batch;
  return { proposals: withSolveRates(proposals, solved), solved };
}

/** Has the solver attempt tasks; `address` names the random draws. */
export async function attemptTasks(
  setting: Setting,
  plans: readonly Plan[],
  address: readonly (string | number)[],
): Promise<SolvedTask[]> {
  const { config } = setting;
  const rollouts = await solveAndGrade(
    setting,
    plans.map(({ task, fresh, count }, i) => ({
      question: { task },
      count,
      seed: derivedSeed(config.seed, ...address, i),
      anyForm: fresh && config.estimateForm === "ignored",
      byMajority: config.gold === "majority" || !hasGold(task),
    })),
    { ...config, maxNewTokens: config.maxSolutionTokens, judging: config },
  );
  return plans.map((plan, i) => solvedTask(plan, rollouts[i]));
}

/** Tells whether the outputs of a task are known: a leaked task gets its own from the solver. */
function hasGold({ examples }: Task): boolean {
  return examples.every(({ output }) => output !== "");
}

/** Puts the solve rate of a fresh task into its provenance, and the majority's answer where there is no gold. */
function solvedTask(
  { task: asked, fresh, trained }: Plan,
  rollouts: Rollout[],
): SolvedTask {
  const rate = solveRate(rollouts);
  const known = fresh && wasJudged({ rollouts });
  const task = hasGold(asked)
    ? asked
    : extraOf("ungrounded").withMajority(asked, rollouts);
  const rated = known
    ? { ...task, provenance: { ...task.provenance, solveRate: rate } }
    : task;
  return {
    task: rated,
    fresh,
    trained: trained && hasGold(task),
    rollouts,
    solveRate: rate,
  };
}

/** Returns the share of rollouts that solve their task among those that could be judged. */
export function solveRate(
  rollouts: readonly Pick<Rollout, "grade" | "solves">[],
): number {
  const judged = rollouts.filter(({ grade }) => grade !== "unjudged");
  return judged.filter(({ solves }) => solves).length /
    Math.max(1, judged.length);
}

function withSolveRates(
  proposals: readonly Judged[],
  solved: readonly SolvedTask[],
): Attempted[] {
  const attempts = new Map(
    solved.filter(({ fresh }) => fresh).map((task) => [task.task.id, task]),
  );
  return proposals.map((proposal): Attempted => {
    const attempt = attempts.get(proposal.id);
    if (proposal.status !== "valid" || !attempt) {
      return { ...proposal, solveRate: null };
    }
    const { task, solveRate } = attempt;
    if (!hasGold(task)) {
      return {
        ...proposal,
        ...{ status: "invalid", cause: "noMajority", task: null },
        solveRate: null,
      };
    }
    return wasJudged(attempt) ? { ...proposal, task, solveRate } : {
      ...proposal,
      status: "unjudged",
      cause: "infrastructure",
      solveRate: null,
    };
  });
}

/** Plans one mode: the fresh tasks, to be estimated, and a batch to train on. */
function planMode(
  { config }: Setting,
  buffers: Buffers,
  proposals: readonly Judged[],
  mode: ModeName,
  step: number,
): Plan[] {
  const { rolloutsPerTask, trainOnEstimates } = config;
  const fresh = proposals.flatMap((proposal) =>
    proposal.mode === mode && proposal.status === "valid" ? [proposal.task] : []
  );
  const batch = sampleTasks(
    config.sampler,
    taskPool(config.solveTiming, fresh, buffers.of(mode).tasks, step),
    config.proposalsPerMode,
    randomStream(config.seed, "batch", step, mode),
  );
  const estimates = fresh.map((task): Plan => ({
    task,
    fresh: true,
    trained: false,
    count: rolloutsPerTask,
  }));
  const further = { fresh: false, trained: true };
  if (!trainOnEstimates) {
    return [
      ...estimates,
      ...batch.map((task) => ({ ...further, task, count: 1 })),
    ];
  }
  const plans = [...estimates];
  for (const task of batch) {
    const estimate = plans.find((plan) => plan.task === task && !plan.trained);
    if (estimate) estimate.trained = true;
    else plans.push({ ...further, task, count: rolloutsPerTask });
  }
  return plans;
}

/** Returns what counts as fresh for the solver's batch, this step's tasks or the last step's, and the rest. */
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
