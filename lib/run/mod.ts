/** Runs on disk: recording, resuming and reading them back. */

export { checkpointFolder, checkpointSteps } from "./checkpoint.ts";
export * from "./compare.ts";
export * from "./play.ts";
export type { Manifest } from "./manifest.ts";
export * from "./read.ts";
export { LOG_NAMES, recordRun, type RunOutcome } from "./record.ts";
export { readRunConfig } from "./run_folder.ts";
export type { RolloutRow, TaskRow } from "./rows.ts";
export type { TimingRow, Work } from "./stopwatch.ts";
export type { RecordOptions } from "./record_options.ts";
