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
} from "./config.ts";
export type { RopeScaling } from "./rope_config.ts";
export type {
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  TrainSequence,
} from "./requests.ts";
export { Tokenizer, type TokenizerConfig } from "./tokenizer.ts";
export { createModel, Decoder } from "./decoder.ts";
export {
  loadModel,
  saveModel,
  type WeightFormat,
  writeModelFiles,
} from "./files/checkpoint.ts";
export { parseJsonObject } from "./files/json_file.ts";
export { ggufFiles, importGguf } from "./files/gguf.ts";
export { modelHash } from "./files/weight_files.ts";
export { syncFolder, syncTree } from "./files/durable.ts";
export { replaceFolder, restoreFolder } from "./files/replace_folder.ts";
export {
  type GenerationConfig,
  readGenerationConfig,
} from "./files/generation_config.ts";
export {
  readOptimiserState,
  writeOptimiserState,
} from "./files/optimiser_state.ts";
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
} from "./files/adapter_files.ts";
export { parameterCount } from "./parameters.ts";
export { lengthBuckets } from "./training/batch.ts";
export {
  type DecodingKind,
  eagerDecoding,
  sampleBatch,
} from "./sampling/sampling.ts";
export type { EndOfSample } from "./sampling/sample_rows.ts";
export { sampleText, stopAt, type TextSample } from "./sampling/text.ts";
export { type ChatMessage, chatPrompt } from "./chat.ts";
export {
  learningRateAt,
  type LearningRateSchedule,
} from "./training/schedule.ts";
export {
  AdamW,
  defaultOptimiser,
  NonFiniteError,
} from "./training/optimiser.ts";
export {
  languageModelEvaluation,
  type LanguageModelExample,
  type LanguageModelReport,
  languageModelStep,
  policyGradientStep,
  type PolicyReport,
  responseLogProbs,
} from "./training/training.ts";
export type { PolicyLoss, PolicyTokens } from "./training/policy_loss.ts";
