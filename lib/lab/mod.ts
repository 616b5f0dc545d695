/**
 * The experiment: presets, their small worlds of programs, base models, runs of
 * self-play on them, evaluation, and studies that compare runs.
 */

export { baseModelSteps, worldParts } from "./base_model.ts";
export { judgeClaims, verdictOf } from "./claims.ts";
export { corpusBatches } from "./corpus.ts";
export {
  evaluateSplits,
  type EvaluationResult,
  questionOf,
} from "./evaluation/evaluate.ts";
export { seedInterval } from "./evaluation/over_seeds.ts";
export type { Interval } from "./evaluation/statistics.ts";
export { summarise } from "./evaluation/summary.ts";
export { collapsedModes } from "./health.ts";
export { openLab } from "./open.ts";
export { type Preset, presetNamed } from "./presets.ts";
export { createTinyModel } from "./pretrain.ts";
export { type EvaluationLog, reportLines } from "./report.ts";
export { readHardware, seedFolder, seedsIn } from "./report_folder.ts";
export { generatedTasks, runExperiment } from "./run.ts";
export { accuracies, scoreAt, type ScoreRow, scoreRows } from "./scores.ts";
export { solverMatrix } from "./solver_matrix.ts";
export {
  armNamed,
  armPreset,
  STUDIES,
  type Study,
  studyNamed,
} from "./studies.ts";
export {
  difference,
  familiar,
  finalAccuracies,
  readStudy,
} from "./study_scores.ts";
export { judgeTargets } from "./targets.ts";
export { thoughtLines } from "./thought.ts";
export type { DocumentKind } from "./world/config.ts";
export { type Document, DocumentWriter } from "./world/documents.ts";
export { ProgramGenerator } from "./world/generator.ts";
export { HeldOut, normaliseText } from "./world/held_out.ts";
export { renderProgram } from "./world/program.ts";
export { CORPUS_RANGE, literal } from "./world/value.ts";
