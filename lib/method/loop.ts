/**
 * The self-play loop (paper, Algorithm 1) as a generator of events: propose,
 * validate, solve, reward, advantage, update.
 *
 * A notebook can stop after any event and look at the rows of that stage; a run
 * without a notebook drains the events. The loop writes no files and reads no
 * clock, and all randomness is addressed by seed and step. A resumed run therefore
 * needs the state below and the engine's checkpoint, and nothing else.
 */

import type { Baselines } from "./advantage/rae.ts";
import { Buffers, type SavedBuffers } from "./buffer/buffers.ts";
import { checkConfig, type SelfPlayConfig } from "./config.ts";
import { creditWith, rewardStep } from "./credit.ts";
import type { PromptCounts } from "./draft.ts";
import { checkEngine, checkModels } from "./engine_limits.ts";
import { checkExtras, extraOf } from "./extras.ts";
import { type StepMetrics, stepMetrics } from "./metrics.ts";
import type { Task } from "./modes/task.ts";
import { seedBuffers, type SeedingOptions } from "./seeding.ts";
import { dialectFor } from "./dialect_choice.ts";
import type { EvaluationRow, Setting } from "./setting.ts";
import { drawStep } from "./source.ts";
import { solveTasks } from "./solve.ts";
import type {
  CreditedSample,
  Draft,
  Judged,
  PolicySample,
  PolicyUpdate,
  Rewarded,
  SolvedTask,
  UpdateReport,
} from "./stages.ts";
import { countTokens } from "./tally.ts";
import { updatePolicy } from "./update.ts";
import { validateProposals } from "./validate.ts";

/** The state of a run outside the engine, as JSON. `step` is the last step done. */
export interface SelfPlayState {
  step: number;
  buffers: SavedBuffers;
  /** The running means of the estimator `rae`, once there are any. */
  baselines?: Baselines;
  /** Whether the evaluation after the step is still to be made. */
  evaluationOwed?: boolean;
}

/** The events of the loop, in the order of a step. Step 0 is the seeding. */
export type SelfPlayEvent =
  | (
    & { type: "seeded"; step: 0; rounds: number; proposals: Judged[] }
    & PromptCounts
  )
  | ({ type: "proposed"; step: number; proposals: Draft[] } & PromptCounts)
  | { type: "validated"; step: number; proposals: Judged[] }
  | { type: "solved"; step: number; solved: SolvedTask[] }
  | {
    type: "rewarded";
    step: number;
    proposals: Rewarded[];
    solved: SolvedTask[];
    samples: PolicySample[];
  }
  | {
    type: "advantages";
    step: number;
    proposals: Rewarded[];
    solved: SolvedTask[];
    samples: CreditedSample[];
  }
  | { type: "updated"; step: number; report: UpdateReport }
  | { type: "evaluated"; step: number; rows: EvaluationRow[] }
  | {
    type: "stepFinished";
    step: number;
    metrics: StepMetrics;
    /** The state after this step, to be saved with the engine's checkpoint. */
    state: () => SelfPlayState;
  };

/**
 * The options of self-play. With `state` the run resumes after that step; with `seeding`
 * it resumes within the seeding, whose rounds are no events.
 */
export interface SelfPlayOptions extends Omit<Setting, "dialect"> {
  config: SelfPlayConfig;
  state?: SelfPlayState;
  seeding?: SeedingOptions;
}

/**
 * Plays `config.steps` steps. Throws `UpdateFailed` with the batch where an update is
 * not finite; other errors of the engine or the executor pass through.
 */
export async function* selfPlay(
  options: SelfPlayOptions,
): AsyncGenerator<SelfPlayEvent, void, void> {
  checkConfig(options.config);
  checkExtras(options.config);
  checkModels(options.config, options.proposerEngine);
  checkEngine(options.config, options.engine);
  if (options.proposerEngine) {
    checkEngine(options.config, options.proposerEngine);
  }
  const setting: Setting = {
    ...options,
    dialect: dialectFor(options.config, options.tokenizer),
  };
  let buffers: Buffers;
  if (options.state) buffers = Buffers.fromJSON(options.state.buffers);
  else buffers = yield* seed(setting, options.seeding);
  if (options.state?.evaluationOwed) {
    if (yield* evaluation(setting, options.state.step)) return;
  }
  const first = (options.state?.step ?? 0) + 1;
  let baselines = options.state?.baselines ?? {};
  for (let step = first; step <= options.config.steps; step++) {
    baselines = yield* playStep(setting, buffers, baselines, step);
  }
}

async function* seed(
  setting: Setting,
  options?: SeedingOptions,
): AsyncGenerator<SelfPlayEvent, Buffers, void> {
  const { buffers, rounds, tallies, ...drawn } = await seedBuffers(
    setting,
    options,
  );
  yield { type: "seeded", step: 0, rounds, ...drawn };
  yield* finishStep(setting, buffers, {}, 0, {
    ...drawn,
    tallies,
    solved: [],
    samples: [],
    update: null,
  });
  return buffers;
}

/** Plays one step; returns the running means after it. */
async function* playStep(
  setting: Setting,
  buffers: Buffers,
  before: Baselines,
  step: number,
): AsyncGenerator<SelfPlayEvent, Baselines, void> {
  const drawn = await drawStep(setting, buffers, step);
  yield { type: "proposed", step, ...drawn };

  const judged = await validateProposals(setting, buffers, drawn.proposals);
  yield { type: "validated", step, proposals: judged };

  const attempts = await solveTasks(setting, buffers, judged, step);
  const { solved } = attempts;
  yield { type: "solved", step, solved };

  const practice = setting.config.rewardValid === "progress"
    ? await extraOf("progress")
      .practise(setting, attempts.proposals, solved, before, step)
    : null;
  const attempted = practice?.proposals ?? attempts.proposals;
  const rewards = rewardStep(setting, buffers, attempted, solved, step);
  const { proposals } = rewards;
  yield { type: "rewarded", step, solved, ...rewards };

  // After practice the solver has had its update, and the proposer's is left.
  const left = rewards.samples.filter(({ role }) =>
    practice === null || role === "propose"
  );
  const credit = creditWith(setting, left, practice?.baselines ?? before);
  const { baselines } = credit;
  const samples = [...credit.samples, ...practice?.samples ?? []];
  yield { type: "advantages", step, proposals, solved, samples };

  const made = await updatePolicy(setting, credit.samples, step);
  const tried = [...solved, ...practice?.again ?? []];
  const update: UpdateReport = {
    ...practice === null ? made : bothUpdates(practice.update, made),
    ...countTokens(proposals, tried, samples),
  };
  yield { type: "updated", step, report: update };

  keepTasks(setting, buffers, proposals);
  yield* finishStep(setting, buffers, baselines, step, {
    ...drawn,
    proposals,
    solved,
    samples,
    update,
  });
  return baselines;
}

/** Joins the solver's update with the proposer's after it, on one model or on two. */
function bothUpdates(first: PolicyUpdate, second: PolicyUpdate): PolicyUpdate {
  return {
    ...first,
    proposer: second.proposer ?? second.solver,
    sequences: first.sequences + second.sequences,
  };
}

/** Evaluates; returns whether that is still owed, because it was given up. */
async function* evaluation(
  setting: Setting,
  step: number,
): AsyncGenerator<SelfPlayEvent, boolean, void> {
  const rows = await setting.evaluate?.(step, setting);
  if (rows) yield { type: "evaluated", step, rows };
  return rows === null;
}

/** Evaluates where an evaluation is due, and closes the step. */
async function* finishStep(
  setting: Setting,
  buffers: Buffers,
  baselines: Baselines,
  step: number,
  outcome: Omit<
    Parameters<typeof stepMetrics>[0],
    "step" | "modes" | "rolloutsPerTask" | "buffers"
  >,
): AsyncGenerator<SelfPlayEvent, void, void> {
  const { config, evaluate } = setting;
  const due = step === 0 || step === config.steps ||
    (config.evaluateEvery > 0 && step % config.evaluateEvery === 0);
  const owed = evaluate && due ? yield* evaluation(setting, step) : false;
  const metrics = stepMetrics({
    ...outcome,
    step,
    modes: config.modes,
    rolloutsPerTask: config.rolloutsPerTask,
    buffers,
  });
  const known = Object.keys(baselines).length > 0;
  const state = () => ({
    step,
    buffers: buffers.toJSON(),
    ...(known && { baselines }),
    ...(owed && { evaluationOwed: true }),
  });
  yield { type: "stepFinished", step, metrics, state };
}

/** Puts the step's valid tasks into the buffers, by the config's admission rule. */
function keepTasks(
  { config }: Setting,
  buffers: Buffers,
  proposals: readonly Rewarded[],
): void {
  const rate = (task: Task) => task.provenance.solveRate ?? 0;
  const admitted = {
    all: () => true,
    "not-always-solved": (task: Task) => rate(task) < 1,
    learnable: (task: Task) => rate(task) > 0 && rate(task) < 1,
  }[config.bufferAdmission];
  for (const proposal of proposals) {
    if (proposal.status !== "valid") continue;
    const { mode, source, task } = proposal;
    if (source !== "chained" && admitted(task)) buffers.of(mode).add([task]);
  }
}
