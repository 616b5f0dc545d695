/** What a model is asked to sample or to learn from, and what it answers: plain data, without tensors. */

/** How to sample. Temperature 0 is greedy. */
export interface SamplingOptions {
  temperature: number;
  topP?: number;
  topK?: number;
  /** Sampling ends with (and includes) the first of these tokens. */
  stopTokens: readonly number[];
  /** Tokens that are never sampled (probability zero, the rest renormalised). */
  bannedTokens?: readonly number[];
  /** When aborted, sampling ends at once with the signal's reason; nothing is kept of it. */
  stop?: AbortSignal;
}

/** One prompt to continue `count` times. */
export interface SampleRequest {
  promptTokens: readonly number[];
  count: number;
  maxNewTokens: number;
  /** Seed of this request; its samples do not depend on the rest of the batch. */
  seed: number;
}

/** One continuation. */
export interface Sample {
  tokens: number[];
  /** Log-probability of each token under the policy at the sampling temperature, nothing cut off by top k or top p. Greedy samples have those of temperature 1. */
  logProbs: number[];
  /** "stop": ended by a stop token. "length": cut at maxNewTokens or the context window. */
  finish: "stop" | "length";
}

/** A prompt with one response, to be scored or trained on. */
export interface TrainSequence {
  promptTokens: readonly number[];
  responseTokens: readonly number[];
  /** Per response token; what the policy-gradient loss multiplies. */
  advantages: readonly number[];
  /** Per response token, recorded at sampling. */
  oldLogProbs: readonly number[];
  /** Per response token; the loss is the weighted SUM over tokens (means are made by the caller). */
  weights: readonly number[];
  /** What was banned at sampling; probabilities are renormalised without these tokens. */
  bannedTokens?: readonly number[];
  /** Sampling temperature, the same in all sequences of a call: the policy is that of the logits divided by it. 1 unless given. */
  temperature?: number;
}

/** AdamW with decoupled weight decay and global-norm clipping. */
export interface OptimiserConfig {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  maxGradientNorm: number;
}
