/** Self-play: the loop of proposing and solving, its settings and its events. */

export * from "./config.ts";
export type { ProposerMetrics, SolverMetrics, StepMetrics } from "./metrics.ts";
export * from "./records.ts";
export * from "./self_play.ts";
export { UpdateFailed } from "./update.ts";
