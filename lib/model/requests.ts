/**
 * What a model is asked, and what it answers: plain data, without tensors.
 *
 * Sampling, training and their reports use these records, and so does every
 * engine, local or remote. Left out: the verbs (lib/engines/engine.ts).
 */

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
  /** Log-probability of each token under the distribution it was sampled from, at temperature 1. */
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
}

/** Policy-gradient objectives, chosen by name. */
export interface ObjectiveConfig {
  objective: "ppo-clip" | "importance-sampling" | "cispo" | "reinforce";
  clipLow: number;
  clipHigh: number;
  entropyCoefficient: number;
  klCoefficient: number;
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

/** What one optimiser step reports. All finite, or the step throws and nothing is changed. */
export interface TrainReport {
  loss: number;
  gradientNorm: number;
  /** Mean entropy of the policy over the trained response tokens, in nats. */
  entropy: number;
  /** Fraction of tokens whose ratio was clipped. */
  clipFraction: number;
  /** Mean of (old - new) log-probabilities before the step. */
  approximateKl: number;
  tokens: number;
  seconds: number;
}
