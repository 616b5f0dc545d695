/** The experiment: presets, base models, and runs of self-play on them. */

export * from "./base_model.ts";
export * from "./corpus.ts";
export * from "./evaluation_plan.ts";
export * from "./health.ts";
export { type Lab, type LabOptions, openLab } from "./open.ts";
export * from "./presets.ts";
export * from "./pretrain.ts";
export * from "./report.ts";
export * from "./report_folder.ts";
export * from "./run.ts";
export * from "./scores.ts";
export * from "./studies.ts";
export * from "./study_changes.ts";
export * from "./study_scores.ts";
export * from "./study_run.ts";
export * from "./targets.ts";
export * from "./thought.ts";
