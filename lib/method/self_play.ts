/**
 * The self-play loop (paper, Algorithm 1), as a generator of events.
 *
 * A notebook can stop after any event and look at what it carries; a headless
 * run drains it. Nothing here writes files or reads clocks, and all randomness
 * is addressed by seed and step, so the state below is all that a resumed run
 * needs besides the engine's own checkpoint.
 */

import { Buffers, type SavedBuffers } from "./buffer/mod.ts";
import type { Task } from "./modes/mod.ts";
import { DIALECTS } from "./modes/mod.ts";
import { chainsOf, drawChains } from "./chains.ts";
import { checkConfig, type SelfPlayConfig } from "./config.ts";
import { checkEngine } from "./engine_limits.ts";
import { type StepMetrics, stepMetrics } from "./metrics.ts";
import {
  drawGenerated,
  type DrawnProposals,
  drawProposals,
} from "./propose.ts";
import type {
  EvaluationRow,
  PolicySample,
  Proposal,
  Setting,
  SolvedTask,
  UpdateReport,
} from "./records.ts";
import { rewardStep } from "./rewards.ts";
import { seedBuffers } from "./seeding.ts";
import { solveTasks } from "./solve.ts";
import { countTokens, setAdvantages, updatePolicy } from "./update.ts";
import { validateProposals } from "./validate.ts";

/** All of a run's state outside the engine, as JSON. `step` is the last one done. */
export interface SelfPlayState {
  step: number;
  buffers: SavedBuffers;
}

/** What the loop reports, in the order of a step. Step 0 is the seeding. */
export type SelfPlayEvent =
  | ({ type: "seeded"; step: 0; rounds: number } & DrawnProposals)
  | ({ type: "proposed"; step: number } & DrawnProposals)
  | { type: "validated"; step: number; proposals: Proposal[] }
  | { type: "solved"; step: number; solved: SolvedTask[] }
  | {
    type: "rewarded";
    step: number;
    proposals: Proposal[];
    solved: SolvedTask[];
    samples: PolicySample[];
  }
  | {
    type: "advantages";
    step: number;
    proposals: Proposal[];
    solved: SolvedTask[];
    samples: PolicySample[];
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

/** What self-play is started with. `state` resumes after its step. */
export interface SelfPlayOptions extends Omit<Setting, "dialect"> {
  config: SelfPlayConfig;
  state?: SelfPlayState;
}

/**
 * Plays `config.steps` steps. Throws `UpdateFailed`, with the batch, where an
 * update is not finite; whatever else the engine or executor throws passes through.
 */
export async function* selfPlay(
  options: SelfPlayOptions,
): AsyncGenerator<SelfPlayEvent, void, void> {
  checkConfig(options.config);
  checkPolicies(options);
  checkEngine(options.config, options.engine);
  if (options.proposerEngine) {
    checkEngine(options.config, options.proposerEngine);
  }
  const setting: Setting = {
    ...options,
    dialect: DIALECTS[options.config.dialect],
  };
  let buffers: Buffers;
  if (options.state) buffers = Buffers.fromJSON(options.state.buffers);
  else buffers = yield* seed(setting);
  const first = (options.state?.step ?? 0) + 1;
  for (let step = first; step <= options.config.steps; step++) {
    yield* playStep(setting, buffers, step);
  }
}

/** The number of models has to be the config's: it decides what is learnt. */
function checkPolicies({ config, proposerEngine }: SelfPlayOptions): void {
  if (config.policies === "separate" && !proposerEngine) {
    throw new TypeError(
      'config field "policies" is "separate", but selfPlay() was given no ' +
        "proposerEngine: open a second model for it",
    );
  }
  if (config.policies === "shared" && proposerEngine) {
    throw new TypeError(
      'selfPlay() was given a proposerEngine, but config field "policies" is ' +
        '"shared": set it to "separate"',
    );
  }
}

async function* seed(
  setting: Setting,
): AsyncGenerator<SelfPlayEvent, Buffers, void> {
  const { buffers, rounds, ...drawn } = await seedBuffers(setting);
  yield { type: "seeded", step: 0, rounds, ...drawn };
  yield* finishStep(setting, buffers, 0, {
    ...drawn,
    solved: [],
    samples: [],
    update: null,
  });
  return buffers;
}

async function* playStep(
  setting: Setting,
  buffers: Buffers,
  step: number,
): AsyncGenerator<SelfPlayEvent, void, void> {
  const drawn = await draw(setting, buffers, step);
  const { proposals } = drawn;
  yield { type: "proposed", step, ...drawn };

  await validateProposals(setting, buffers, proposals);
  yield { type: "validated", step, proposals };

  const solved = await solveTasks(setting, buffers, proposals, step);
  yield { type: "solved", step, solved };

  const samples = rewardStep(setting, buffers, proposals, solved);
  yield { type: "rewarded", step, proposals, solved, samples };

  setAdvantages(setting, samples);
  yield { type: "advantages", step, proposals, solved, samples };

  const update: UpdateReport = {
    ...await updatePolicy(setting, samples, step),
    ...countTokens(proposals, solved, samples),
  };
  yield { type: "updated", step, report: update };

  keepTasks(setting, buffers, proposals);
  yield* finishStep(setting, buffers, step, {
    ...drawn,
    solved,
    samples,
    update,
  });
}

async function draw(
  setting: Setting,
  buffers: Buffers,
  step: number,
): Promise<DrawnProposals> {
  const { modes, proposalsPerMode, taskSource } = setting.config;
  if (taskSource === "generated") {
    return await drawGenerated(setting, modes, proposalsPerMode, step);
  }
  const drawn = await drawProposals(
    setting,
    buffers,
    modes,
    (mode) => proposalsPerMode - chainsOf(setting, mode),
    step,
  );
  const chains = drawChains(setting, buffers, step);
  return { ...drawn, proposals: [...drawn.proposals, ...chains] };
}

/** Evaluates if it is due, and closes the step. */
async function* finishStep(
  setting: Setting,
  buffers: Buffers,
  step: number,
  outcome: Omit<
    Parameters<typeof stepMetrics>[0],
    "step" | "modes" | "rolloutsPerTask" | "buffers"
  >,
): AsyncGenerator<SelfPlayEvent, void, void> {
  const { config, evaluate } = setting;
  const due = step === 0 || step === config.steps ||
    (config.evaluateEvery > 0 && step % config.evaluateEvery === 0);
  if (evaluate && due) {
    yield { type: "evaluated", step, rows: await evaluate(step) };
  }
  const metrics = stepMetrics({
    ...outcome,
    step,
    modes: config.modes,
    rolloutsPerTask: config.rolloutsPerTask,
    buffers,
  });
  const state = () => ({ step, buffers: buffers.toJSON() });
  yield { type: "stepFinished", step, metrics, state };
}

/** Puts this step's valid tasks into the buffers, by the config's admission rule. */
function keepTasks(
  { config }: Setting,
  buffers: Buffers,
  proposals: readonly Proposal[],
): void {
  const rate = (task: Task) => task.provenance.solveRate ?? 0;
  const admitted = {
    all: () => true,
    "not-always-solved": (task: Task) => rate(task) < 1,
    learnable: (task: Task) => rate(task) > 0 && rate(task) < 1,
  }[config.bufferAdmission];
  for (const { mode, status, task } of proposals) {
    const isChain = task?.provenance.source === "chained";
    if (status === "valid" && task && !isChain && admitted(task)) {
      buffers.of(mode).add([task]);
    }
  }
}
