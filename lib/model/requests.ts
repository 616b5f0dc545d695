/** The requests to sample or to train, and the answers, as plain data without tensors. */

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
