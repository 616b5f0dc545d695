/**
 * The method: self-play, its settings and its events, and the stages of a step for
 * whoever takes a step by hand.
 */

export {
  estimateAdvantages,
  type EstimatorName,
  ESTIMATORS,
} from "./advantage/mod.ts";
export { rae } from "./advantage/rae.ts";
export type { RewardedSample } from "./advantage/sample.ts";
export { Buffers } from "./buffer/buffers.ts";
export { identityTasks } from "./buffer/identity.ts";
export { sampleTasks } from "./buffer/sampler.ts";
export {
  checkConfig,
  OFFICIAL_CONFIG,
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "./config.ts";
export { creditSamples, rewardStep } from "./credit.ts";
export { evenly } from "./draft.ts";
export type { Engine } from "./engine.ts";
export { questionPrompt } from "./grade.ts";
export { selfPlay, type SelfPlayEvent } from "./loop.ts";
export type { StepMetrics } from "./metrics.ts";
export { chatDialect } from "./modes/chat.ts";
export { compactDialect } from "./modes/compact.ts";
export type { Dialect } from "./modes/dialect.ts";
export type { Candidate } from "./modes/mode.ts";
export { modeOf, MODES } from "./modes/registry.ts";
export { MODE_NAMES, type ModeName, type Task } from "./modes/task.ts";
export { policyLoss } from "./objective/loss.ts";
export { tokenWeights } from "./objective/weights.ts";
export { drawProposals } from "./propose.ts";
export {
  type Grade,
  proposerReward,
  solverReward,
} from "./reward/composite.ts";
export {
  LEARNABILITY_SHAPES,
  learnabilityReward,
} from "./reward/learnability.ts";
export { seedBuffers } from "./seeding.ts";
export { SETTINGS } from "./settings.ts";
export { solveTasks } from "./solve.ts";
export { trainSequences, updatePolicy } from "./update.ts";
export { validateProposals } from "./validate.ts";
