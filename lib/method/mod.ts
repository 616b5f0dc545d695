/**
 * The method: self-play, its settings and its events, and the stages of a step for
 * whoever takes a step by hand.
 */

export {
  checkConfig,
  EARLIER_CONFIG,
  OFFICIAL_CONFIG,
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "./config.ts";
export {
  creditSamples,
  creditWith,
  rewardStep,
  solverSamples,
} from "./credit.ts";
export { draftPlace, type Drawn, evenly, type TaskRequest } from "./draft.ts";
export {
  type Chains,
  type Composition,
  type Extras,
  type IntrinsicTerms,
  registerExtra,
} from "./extras.ts";
export type {
  Engine,
  EngineLimit,
  EngineSamplingOptions,
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  StopText,
  TrainReport,
  TrainSequence,
} from "./engine.ts";
export { checkEngine, checkLimits } from "./engine_limits.ts";
export {
  type Asked,
  type Question,
  questionPrompt,
  solveAndGrade,
  type SolveOptions,
  type Solver,
} from "./grade.ts";
export {
  selfPlay,
  type SelfPlayEvent,
  type SelfPlayOptions,
  type SelfPlayState,
} from "./loop.ts";
export type { ProposerMetrics, SolverMetrics, StepMetrics } from "./metrics.ts";
export { drawProposals } from "./propose.ts";
export { type ObjectiveConfig, policyLoss } from "./objective/mod.ts";
export {
  type SavedSeeding,
  seedBuffers,
  type Seeding,
  type SeedingOptions,
  type SeedingRound,
} from "./seeding.ts";
export type {
  CandidateGenerator,
  EvaluationRow,
  Setting,
  TextCodec,
} from "./setting.ts";
export { SETTINGS } from "./settings.ts";
export { paperTable3, settingsList } from "./settings_list.ts";
export { attemptTasks, solveTasks } from "./solve.ts";
export {
  drawGiven,
  registerSource,
  sourceOf,
  type TaskSource,
} from "./source.ts";
export {
  type Attempted,
  type CreditedSample,
  type Draft,
  type IntrinsicMeasures,
  type Judged,
  type PolicySample,
  type Reported,
  type Response,
  type Rewarded,
  type Rollout,
  type SolvedTask,
  type UpdateReport,
  wasJudged,
} from "./stages.ts";
export {
  optimiserAt,
  trainSequences,
  UpdateFailed,
  updatePolicy,
} from "./update.ts";
export { validateProposals } from "./validate.ts";
