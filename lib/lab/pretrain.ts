/**
 * Pretraining of the tiny base model, which takes the place of a language model.
 *
 * Pretraining begins with a short curriculum (shallow programs, many traces), in which
 * the copying circuits form. The corpus proper follows. Progress is measured in tokens,
 * never in seconds, so that equal configurations and seeds make equal weights. Left
 * out: caching (base_model.ts).
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
import { corpusBatches, type CorpusOptions } from "./corpus.ts";

/** The shape of a tiny base model; the rest of its configuration is fixed. */
export interface TinyModelShape {
  /** Family of the decoder. */
  modelType: "llama" | "qwen3";
  /** Width of the residual stream. */
  hiddenSize: number;
  layers: number;
  /** Attention heads, each with its own keys and values. */
  heads: number;
  /** Inner width of the feed-forward layers. */
  intermediateSize: number;
  /** Longest prompt + response in tokens. */
  contextLength: number;
  /** Standard deviation of the initial weights. */
  initializerRange: number;
}

/** The length, the batches and the learning rate of pretraining. */
export interface PretrainConfig extends CorpusOptions {
  /** Tokens to train on, padding not counted. */
  tokens: number;
  /** Learning rate after the warm-up. */
  learningRate: number;
  /** Steps over which the learning rate rises linearly from 0. */
  warmupSteps: number;
  /** Share of the tokens, from 0 to 1, after which the learning rate falls linearly. */
  decayFrom: number;
  /** Learning rate at the end, as a share of `learningRate`. */
  finalLearningRate: number;
  /** Share of a weight, times the learning rate, that is subtracted per step. */
  weightDecay: number;
  /** Share of the tokens, from 0 to 1, that the curriculum takes; it comes first. */
  curriculumShare: number;
  /** Documents of the curriculum. */
  curriculum: DocumentMix;
}

/** The report of one step of pretraining. */
export interface PretrainProgress {
  /** Steps taken. */
  step: number;
  /** Tokens trained on so far, padding not counted. */
  tokens: number;
  /** Tokens at which pretraining ends. */
  totalTokens: number;
  stage: "curriculum" | "corpus";
  /** Weighted mean negative log-likelihood per token, in nats. */
  loss: number;
  gradientNorm: number;
  learningRate: number;
  seconds: number;
}

/** The inputs of pretraining. */
interface PretrainInput {
  world: WorldConfig;
  heldOut: HeldOut;
  model: TinyModelShape;
  pretrain: PretrainConfig;
  tokenizer: Tokenizer;
  seed: number;
}

/** Makes a fresh model of a shape for a vocabulary; equal seeds give equal weights. Dispose it when done. */
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

/** Returns the stages with the number of tokens at which each ends. */
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

/**
 * Returns the learning rate of a step, counted from 0: linear warm-up, constant, linear
 * decay. `progress` is the share of tokens seen, from 0 to 1.
 */
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
