/**
 * The language model: configuration, tokenizer, decoder, sampling, training and
 * checkpoints, on whichever tfjs backend the machine has.
 */
export {
  BACKEND_NAMES,
  type BackendDecision,
  type BackendInfo,
  type BackendName,
  currentBackend,
  startBackend,
} from "./backend.ts";
export {
  configJson,
  type ModelConfig,
  modelConfig,
  type ModelShape,
  type ModelType,
  parseModelConfig,
  type RopeScaling,
} from "./config.ts";
export type {
  ObjectiveConfig,
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  TrainReport,
  TrainSequence,
} from "./requests.ts";
export { Tokenizer, type TokenizerConfig } from "./tokenizer.ts";
export { createModel, Decoder } from "./decoder.ts";
export {
  loadModel,
  saveModel,
  type WeightFormat,
  writeModelFiles,
} from "./checkpoint.ts";
export { replaceFolder, restoreFolder } from "./replace_folder.ts";
export {
  type GenerationConfig,
  readGenerationConfig,
} from "./generation_config.ts";
export { readOptimiserState, writeOptimiserState } from "./optimiser_state.ts";
export {
  Adapters,
  LORA_TARGETS,
  type LoraConfig,
  type LoraTarget,
} from "./lora.ts";
export {
  baseModelOf,
  hasAdapters,
  readAdapters,
  writeAdapters,
} from "./adapter_files.ts";
export { parameterCount } from "./parameters.ts";
export { lengthBuckets } from "./batch.ts";
export { type DecodingKind, eagerDecoding, sampleBatch } from "./sampling.ts";
export type { EndOfSample } from "./sample_rows.ts";
export { sampleText, stopAt, type TextSample } from "./text.ts";
export { type ChatMessage, chatPrompt } from "./chat.ts";
export { learningRateAt, type LearningRateSchedule } from "./schedule.ts";
export { AdamW, defaultOptimiser, NonFiniteError } from "./optimiser.ts";
export {
  languageModelEvaluation,
  type LanguageModelExample,
  type LanguageModelReport,
  languageModelStep,
  policyGradientStep,
  responseLogProbs,
} from "./training.ts";
