/** Runs on disk: folders of logs and checkpoints that are recorded, resumed and read. */

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
