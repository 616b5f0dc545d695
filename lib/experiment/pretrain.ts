/**
 * Pretraining of the tiny base model: what stands in for a language model.
 *
 * A short curriculum (shallow programs, many traces) first lets the copying
 * circuits form; then the corpus proper. Progress is measured in tokens, never
 * in seconds, so equal configurations and seeds make equal weights. Left out:
 * caching (base_model.ts).
 */

import {
  AdamW,
  createModel,
  type Decoder,
  defaultOptimiser,
  languageModelStep,
  modelConfig,
  type Tokenizer,
} from "../model/mod.ts";
import { derivedSeed, randomStream } from "../random/mod.ts";
import {
  type DocumentMix,
  DocumentWriter,
  type HeldOut,
} from "../world/mod.ts";
import type { WorldConfig } from "../world/mod.ts";
import { corpusBatches } from "./corpus.ts";

/** The shape of a tiny base model; the rest of its configuration is fixed. */
export interface TinyModelShape {
  modelType: "llama" | "qwen3";
  hiddenSize: number;
  layers: number;
  heads: number;
  intermediateSize: number;
  contextLength: number;
  initializerRange: number;
}

export interface PretrainConfig {
  /** Tokens to train on, padding not counted. */
  tokens: number;
  batchTokens: number;
  longestDocument: number;
  promptWeight: number;
  learningRate: number;
  warmupSteps: number;
  /** Share of the tokens after which the learning rate falls, linearly. */
  decayFrom: number;
  /** Share of the learning rate left at the end. */
  finalLearningRate: number;
  weightDecay: number;
  /** Share of the tokens spent on the curriculum's first stage. */
  curriculumShare: number;
  curriculum: DocumentMix;
}

/** One step of pretraining, as reported to whoever watches. */
export interface PretrainProgress {
  step: number;
  tokens: number;
  totalTokens: number;
  stage: "curriculum" | "corpus";
  loss: number;
  gradientNorm: number;
  learningRate: number;
  seconds: number;
}

/** What pretraining needs besides its numbers. */
export interface PretrainInput {
  world: WorldConfig;
  heldOut: HeldOut;
  model: TinyModelShape;
  pretrain: PretrainConfig;
  tokenizer: Tokenizer;
  seed: number;
}

/** A fresh model of that shape for that vocabulary. */
export function createTinyModel(
  shape: TinyModelShape,
  tokenizer: Tokenizer,
  seed: number,
): Decoder {
  const config = modelConfig({
    model_type: shape.modelType,
    vocab_size: tokenizer.vocabularySize,
    hidden_size: shape.hiddenSize,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    intermediate_size: shape.intermediateSize,
    max_position_embeddings: shape.contextLength,
    initializer_range: shape.initializerRange,
    eos_token_id: tokenizer.eosId,
    pad_token_id: tokenizer.padId,
  });
  return createModel(config, derivedSeed(seed, "base", "weights"));
}

/**
 * Trains a fresh model, yielding after every step, and returns it. The caller
 * owns the returned model; if the loop is left early, it is disposed.
 */
export async function* pretrain(
  input: PretrainInput,
): AsyncGenerator<PretrainProgress, Decoder> {
  const { world, heldOut, pretrain: config, tokenizer, seed } = input;
  const writer = new DocumentWriter(
    world,
    heldOut,
    randomStream(seed, "base", "documents"),
  );
  const order = randomStream(seed, "base", "order");
  const model = createTinyModel(input.model, tokenizer, seed);
  const optimiser = new AdamW(model);
  let finished = false;
  try {
    const curriculumTokens = config.curriculumShare * config.tokens;
    let stage: PretrainProgress["stage"] = "corpus";
    if (curriculumTokens > 0) {
      writer.use(config.curriculum);
      stage = "curriculum";
    }
    let batches = corpusBatches(writer, tokenizer, order, config);
    for (let tokens = 0, step = 0; tokens < config.tokens; step++) {
      if (stage === "curriculum" && tokens >= curriculumTokens) {
        writer.use(world);
        batches = corpusBatches(writer, tokenizer, order, config);
        stage = "corpus";
      }
      const learningRate = rateAt(config, step, tokens / config.tokens);
      const report = await languageModelStep(
        model,
        optimiser,
        batches.next().value,
        {
          ...defaultOptimiser,
          learningRate,
          weightDecay: config.weightDecay,
        },
      );
      tokens += report.tokens;
      yield {
        step: step + 1,
        tokens,
        totalTokens: config.tokens,
        stage,
        loss: report.loss,
        gradientNorm: report.gradientNorm,
        learningRate,
        seconds: report.seconds,
      };
    }
    finished = true;
    return model;
  } finally {
    optimiser.dispose();
    if (!finished) model.dispose();
  }
}

/** Warm-up, constant, then linear decay; `progress` is the share of tokens seen. */
export function rateAt(
  config: PretrainConfig,
  step: number,
  progress: number,
): number {
  const warmup = Math.min(1, (step + 1) / config.warmupSteps);
  const decaying = Math.max(0, progress - config.decayFrom) /
    (1 - config.decayFrom);
  const decay = 1 - decaying * (1 - config.finalLearningRate);
  return config.learningRate * warmup * decay;
}
