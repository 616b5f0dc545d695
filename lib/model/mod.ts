/**
 * The language model: configuration, tokenizer, decoder, sampling, training and
 * checkpoints, on the fastest tfjs backend of the machine.
 */

export { currentBackend, startBackend } from "./backend.ts";
export { chatPrompt } from "./chat.ts";
export { modelConfig } from "./config.ts";
export { createModel, Decoder } from "./decoder.ts";
export {
  baseModelOf,
  hasAdapters,
  readAdapters,
  writeAdapters,
} from "./files/adapter_files.ts";
export { loadModel, saveModel, writeModelFiles } from "./files/checkpoint.ts";
export { syncFolder, syncTree } from "./files/durable.ts";
export { parseJsonObject } from "./files/json_file.ts";
export {
  readOptimiserState,
  writeOptimiserState,
} from "./files/optimiser_state.ts";
export { replaceFolder, restoreFolder } from "./files/replace_folder.ts";
export { modelHash } from "./files/weight_files.ts";
export { Adapters, LORA_TARGETS, type LoraConfig } from "./lora.ts";
export { parameterCount } from "./parameters.ts";
export type {
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  SamplingProgress,
  TrainSequence,
} from "./requests.ts";
export { sampleBatch } from "./sampling/sampling.ts";
export { sampleText, stopAt } from "./sampling/text.ts";
export { Tokenizer } from "./tokenizer.ts";
export { AdamW, defaultOptimiser } from "./training/optimiser.ts";
export type { PolicyLoss, PolicyTokens } from "./training/policy_loss.ts";
export {
  languageModelEvaluation,
  type LanguageModelExample,
  languageModelStep,
  policyGradientStep,
  responseLogProbs,
} from "./training/training.ts";
