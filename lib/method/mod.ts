/**
 * Self-play: the loop of proposing and solving, its settings and its events.
 * The stages of a step are here too, for whoever takes a step by hand.
 */

export {
  checkConfig,
  OFFICIAL_CONFIG,
  PAPER_CONFIG,
  type SelfPlayConfig,
  TINY_CONFIG,
} from "./config.ts";
export { checkEngine, checkLimits } from "./engine_limits.ts";
export type { ProposerMetrics, SolverMetrics, StepMetrics } from "./metrics.ts";
export { compositeAt, type DrawnProposals, drawProposals } from "./propose.ts";
export * from "./records.ts";
export { rewardStep } from "./rewards.ts";
export { SETTINGS } from "./settings.ts";
export { paperTable3, settingsList } from "./settings_list.ts";
export { seedBuffers, type Seeding } from "./seeding.ts";
export * from "./self_play.ts";
export { solveTasks } from "./solve.ts";
export {
  optimiserAt,
  setAdvantages,
  trainSequences,
  UpdateFailed,
  updatePolicy,
} from "./update.ts";
export { validateProposals } from "./validate.ts";
