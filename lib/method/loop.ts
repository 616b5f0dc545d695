/**
 * The self-play loop (paper, Algorithm 1) as a generator of events: propose,
 * validate, solve, reward, advantage, update.
 *
 * A notebook can stop after any event and look at the rows of that stage; a run
 * without a notebook drains the events. The loop writes no files and reads no
 * clock, and all randomness is addressed by seed and step. A resumed run therefore
 * needs the state below and the engine's checkpoint, and nothing else.
 */

import { keepTasks } from "./admission.ts";
import { PlayAhead } from "./ahead.ts";
import type { Baselines } from "./advantage/rae.ts";
import { Buffers, type SavedBuffers } from "./buffer/buffers.ts";
import { checkConfig, type SelfPlayConfig } from "./config.ts";
import { creditSamples, rewardStep } from "./credit.ts";
import type { PromptCounts } from "./draft.ts";
import { checkModels } from "./engine_limits.ts";
import { checkExtras, extraFor, type Practice } from "./extras.ts";
import { type StepMetrics, stepMetrics, type StepRecord } from "./metrics.ts";
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
  checkModels(options.config, options.engine, options.proposerEngine);
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
  const { step = 0, baselines = {} } = options.state ?? {};
  yield* playSteps(setting, { buffers, baselines }, step + 1);
}

/** The memory of a run outside the model, as of the step that was played last. */
interface Memory {
  buffers: Buffers;
  baselines: Baselines;
}

/** Plays and learns, step by step. With a staleness of 1 the next step is played ahead. */
async function* playSteps(
  setting: Setting,
  memory: Memory,
  first: number,
): AsyncGenerator<SelfPlayEvent, void, void> {
  const { steps, staleness } = setting.config;
  await using ahead = new PlayAhead<SelfPlayEvent, PlayedStep>();
  for (let step = first; step <= steps; step++) {
    const played = yield* ahead.take() ?? play(setting, memory, step);
    if (staleness > 0) {
      played.staleness = Math.min(staleness, step - first);
      if (step < steps) {
        await ahead.begin(setting, (held) => play(held, memory, step + 1));
      }
    }
    yield* learn(setting, played);
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
  yield* finishStep(setting, {
    ...{ step: 0, ...drawn, tallies, solved: [], samples: [], update: null },
    ...{ baselines: {}, buffers: buffers.toJSON() },
    bufferSizes: buffers.sizes(),
  });
  return buffers;
}

/** A step before its update, with the memory after it. */
interface PlayedStep extends
  Pick<
    StepRecord,
    "promptsRedrawn" | "promptsDropped" | "solved" | "samples" | "staleness"
  > {
  step: number;
  proposals: Rewarded[];
  practice: Practice | null;
  /** The samples that are still to be learnt from. */
  left: CreditedSample[];
  baselines: Baselines;
  buffers: SavedBuffers;
  bufferSizes: StepMetrics["bufferSizes"];
}

/** Plays one step up to its advantages, and puts its tasks into the buffers. */
async function* play(
  setting: Setting,
  memory: Memory,
  step: number,
): AsyncGenerator<SelfPlayEvent, PlayedStep, void> {
  const { buffers, baselines: before } = memory;
  const drawn = await drawStep(setting, buffers, step);
  yield { type: "proposed", step, ...drawn };

  const judged = await validateProposals(setting, buffers, drawn.proposals);
  yield { type: "validated", step, proposals: judged };

  const attempts = await solveTasks(setting, buffers, judged, step);
  const { solved } = attempts;
  yield { type: "solved", step, solved };

  const practice = await extraFor(setting.config, "progress")
    ?.practise(setting, attempts.proposals, solved, before, step) ?? null;
  const attempted = practice?.proposals ?? attempts.proposals;
  const rewards = rewardStep(setting, buffers, attempted, solved, step);
  const { proposals } = rewards;
  yield { type: "rewarded", step, solved, ...rewards };

  // After practice the solver has had its update, and the proposer's is left.
  const open = rewards.samples.filter(({ role }) =>
    practice === null || role === "propose"
  );
  const credit = creditSamples(setting, open, practice?.baselines ?? before);
  const { baselines, samples: left } = credit;
  const samples = [...left, ...practice?.samples ?? []];
  yield { type: "advantages", step, proposals, solved, samples };

  keepTasks(setting, buffers, proposals);
  memory.baselines = baselines;
  return {
    ...{ step, ...drawn, proposals, solved, samples, practice, left },
    baselines,
    buffers: buffers.toJSON(),
    bufferSizes: buffers.sizes(),
  };
}

/** Learns from a step that was played, and closes it. */
async function* learn(
  setting: Setting,
  played: PlayedStep,
): AsyncGenerator<SelfPlayEvent, void, void> {
  const { step, practice, proposals, solved, samples } = played;
  const made = await updatePolicy(setting, played.left, step);
  const tried = [...solved, ...practice?.again ?? []];
  const update: UpdateReport = {
    ...practice?.withProposer(made) ?? made,
    ...countTokens(proposals, tried, samples),
  };
  yield { type: "updated", step, report: update };
  yield* finishStep(setting, { ...played, update });
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
  outcome:
    & Omit<StepRecord, "modes" | "rolloutsPerTask">
    & Pick<PlayedStep, "baselines" | "buffers">,
): AsyncGenerator<SelfPlayEvent, void, void> {
  const { config, evaluate } = setting;
  const { step, baselines, buffers } = outcome;
  const due = step === 0 || step === config.steps ||
    (config.evaluateEvery > 0 && step % config.evaluateEvery === 0);
  const owed = evaluate && due ? yield* evaluation(setting, step) : false;
  const metrics = stepMetrics({
    ...outcome,
    modes: config.modes,
    rolloutsPerTask: config.rolloutsPerTask,
  });
  const known = Object.keys(baselines).length > 0;
  const state = () => ({
    step,
    buffers,
    ...(known && { baselines }),
    ...(owed && { evaluationOwed: true }),
  });
  yield { type: "stepFinished", step, metrics, state };
}
