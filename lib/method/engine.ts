/**
 * The engine: everything that self-play needs from a language model, as five verbs,
 * with the records that go in and come out.
 *
 * Tokens go in; tokens, log-probabilities and reports of training come out. The loop
 * never sees a tensor, so that it drives a local model and a remote trainer alike.
 * The engines themselves are in lib/engines.
 */

import type { ObjectiveConfig } from "./objective/loss.ts";

/** The options of sampling. Temperature 0 is greedy. */
export interface SamplingOptions {
  temperature: number;
  /** Smallest set of likeliest tokens with this total probability; 1 (default) keeps all. */
  topP?: number;
  /** Number of likeliest tokens that can be sampled; default: all. */
  topK?: number;
  /** Sampling ends with (and includes) the first of these tokens. */
  stopTokens: readonly number[];
  /** Tokens that are never sampled (probability zero, the rest renormalised). */
  bannedTokens?: readonly number[];
  /** Ends sampling, when aborted, with the signal's reason; no sample is returned. */
  stop?: AbortSignal;
  /** Hears every few tokens how far the call has come, where the model is on this machine. */
  onProgress?: (progress: SamplingProgress) => void;
}

/** How far a call of sampling has come. */
export interface SamplingProgress {
  /** Tokens so far. */
  tokens: number;
  /** Responses that are finished, and all. */
  done: number;
  rows: number;
  /** Share of the work that is done if every response is as long as it may be, from 0 to 1. */
  share: number;
}

/** A prompt that is continued `count` times. */
export interface SampleRequest {
  promptTokens: readonly number[];
  count: number;
  /** Longest response in tokens. */
  maxNewTokens: number;
  /** Seed of this request; its samples do not depend on the rest of the batch. */
  seed: number;
}

/** One response to a prompt. */
export interface Sample {
  tokens: number[];
  /**
   * Natural log-probability of each token under the policy at the sampling temperature,
   * before top k and top p. Greedy samples have those of temperature 1.
   */
  logProbs: number[];
  /** "stop": ended by a stop token. "length": cut at maxNewTokens or the context window. */
  finish: "stop" | "length";
}

/** A prompt with one response, to be scored or trained on. */
export interface TrainSequence {
  promptTokens: readonly number[];
  responseTokens: readonly number[];
  /** Advantage of each response token. */
  advantages: readonly number[];
  /** Log-probability of each response token, as recorded at sampling. */
  oldLogProbs: readonly number[];
  /** Weight of each response token. The loss is the weighted SUM over tokens: the caller makes the means. */
  weights: readonly number[];
  /** Tokens that were banned at sampling: the probabilities are those without them. */
  bannedTokens?: readonly number[];
  /**
   * Sampling temperature, by which the logits are divided before the softmax. Default 1.
   * All sequences of a call have the same temperature.
   */
  temperature?: number;
}

/** The settings of AdamW, with decoupled weight decay and clipping of the global norm. */
export interface OptimiserConfig {
  learningRate: number;
  /** Decay of the first moment per step. */
  beta1: number;
  /** Decay of the second moment per step. */
  beta2: number;
  /** Term added to the root of the second moment, against division by 0. */
  epsilon: number;
  /** Share of a weight, times the learning rate, that is subtracted per step. */
  weightDecay: number;
  /** Largest global norm of the gradient; a larger gradient is scaled down to this norm. */
  maxGradientNorm: number;
}

/** The report of one optimiser step. All numbers are finite, or the step throws and changes nothing. */
export interface TrainReport {
  /** Weighted sum of the token losses. */
  loss: number;
  /** Global norm of the gradient before clipping. */
  gradientNorm: number;
  /** Mean entropy of the policy over the trained response tokens, in nats. */
  entropy: number;
  /** Fraction of tokens whose ratio was clipped. */
  clipFraction: number;
  /** Mean of (old - new) log-probabilities before the step. */
  approximateKl: number;
  /** Number of trained response tokens. */
  tokens: number;
  /** Wall-clock seconds of the step. */
  seconds: number;
}

/** An ability that a config may need and that some engines lack. */
export type EngineLimit =
  | "training"
  | "bannedTokens"
  | "entropyTerm"
  | "temperature";

/** Strings that end a sample: the sample is cut behind the first one in its text. */
export interface StopText {
  strings: readonly string[];
  decode(tokens: readonly number[]): string;
}

/** The sampling options of an engine: `SamplingOptions`, and the strings that end a text. */
export interface EngineSamplingOptions extends SamplingOptions {
  stopText?: StopText;
}

/** The options of an optimiser step. An engine may be unable to end one. */
export interface TrainingOptions {
  /** Ends the step, when aborted, with the signal's reason; nothing is updated. */
  stop?: AbortSignal;
}

/** What can be sampled from. */
export type Sampler = Pick<Engine, "sample">;

/** A model that can be sampled from and trained. */
export interface Engine {
  readonly description: {
    name: string;
    backend: string;
    parameters: number;
    contextLength: number;
    /** Abilities that this engine lacks. */
    lacks?: readonly EngineLimit[];
    /** SHA-256 of the weights that adapters are trained over, where this side has them. */
    frozenSha256?: string;
  };
  /** Samples. `result[i]` holds the `count` samples of `requests[i]`. */
  sample(
    requests: readonly SampleRequest[],
    options: EngineSamplingOptions,
  ): Promise<Sample[][]>;
  /**
   * Returns a sampler of the weights as they are now, to be used while later steps are
   * trained. Absent where sampling and training share one processor.
   */
  sampler?(): Promise<Sampler>;
  /** Returns the log-probability of each response token. */
  logProbs(
    sequences: readonly {
      promptTokens: readonly number[];
      responseTokens: readonly number[];
      bannedTokens?: readonly number[];
      temperature?: number;
    }[],
  ): Promise<number[][]>;
  /** Takes one optimiser step over all sequences (in micro-batches inside). */
  trainStep(
    sequences: readonly TrainSequence[],
    objective: ObjectiveConfig,
    optimiser: OptimiserConfig,
    options?: TrainingOptions,
  ): Promise<TrainReport>;
  /** Writes weights and optimiser state into a folder, atomically. */
  save(folder: string): Promise<void>;
  /** Loads what `save` wrote. */
  load(folder: string): Promise<void>;
  dispose(): void;
}
