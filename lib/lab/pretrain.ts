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
import { derivedSeed, randomStream } from "../random.ts";
import { type DocumentMix, DocumentWriter } from "./world/documents.ts";
import type { HeldOut } from "./world/held_out.ts";
import type { WorldConfig } from "./world/config.ts";
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
  const model = createTinyModel(input.model, input.tokenizer, input.seed);
  const optimiser = new AdamW(model);
  let finished = false;
  try {
    yield* trainModel(model, optimiser, input);
    finished = true;
    return model;
  } finally {
    optimiser.dispose();
    if (!finished) model.dispose();
  }
}

async function* trainModel(
  model: Decoder,
  optimiser: AdamW,
  { world, heldOut, pretrain: config, tokenizer, seed }: PretrainInput,
): AsyncGenerator<PretrainProgress, void> {
  const documents = randomStream(seed, "base", "documents");
  const writer = new DocumentWriter(world, heldOut, documents);
  const order = randomStream(seed, "base", "order");
  let tokens = 0;
  let step = 0;
  for (const { stage, mix, until } of stagesOf(config, world)) {
    writer.use(mix);
    const batches = corpusBatches(writer, tokenizer, order, config);
    while (tokens < until) {
      const learningRate = rateAt(config, step, tokens / config.tokens);
      const { loss, gradientNorm, seconds, tokens: trained } =
        await languageModelStep(model, optimiser, batches.next().value, {
          ...defaultOptimiser,
          learningRate,
          weightDecay: config.weightDecay,
        });
      tokens += trained;
      step++;
      yield {
        step,
        tokens,
        totalTokens: config.tokens,
        stage,
        loss,
        gradientNorm,
        learningRate,
        seconds,
      };
    }
  }
}

/** The curriculum, if it has a share, then the corpus proper. */
function stagesOf(
  config: PretrainConfig,
  world: WorldConfig,
): { stage: PretrainProgress["stage"]; mix: DocumentMix; until: number }[] {
  const { curriculum, curriculumShare, tokens } = config;
  return [
    { stage: "curriculum", mix: curriculum, until: curriculumShare * tokens },
    { stage: "corpus", mix: world, until: tokens },
  ];
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
