/** Runs on disk: recording, resuming and reading them back. */

export { checkpointFolder } from "./checkpoint.ts";
export { playModel } from "./play.ts";
export {
  readEvaluations,
  readMetrics,
  readRollouts,
  readRun,
  readTasks,
  readTimings,
} from "./read.ts";
export { recordRun } from "./record.ts";
