/**
 * The engine: everything self-play needs from a language model, as five verbs.
 *
 * Tokens go in, tokens, log-probabilities and gradients come out. The method
 * (modes, buffers, rewards, advantages) stays on this side and never sees a
 * tensor, so the same loop drives a local model or a remote trainer.
 */

import type {
  ObjectiveConfig,
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  TrainReport,
  TrainSequence,
} from "../model/mod.ts";

export type {
  ObjectiveConfig,
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  TrainReport,
  TrainSequence,
};

/** Something that a config may ask for and not every engine can do. */
export type EngineLimit =
  | "training"
  | "bannedTokens"
  | "entropyTerm"
  | "klTerm";

/** Strings that end a sample: it is cut behind the first one in its text. */
export interface StopText {
  strings: readonly string[];
  decode(tokens: readonly number[]): string;
}

/** How an engine samples: `SamplingOptions`, and where the text ends. */
export interface EngineSamplingOptions extends SamplingOptions {
  stopText?: StopText;
}

/** A model that can be sampled from and trained. */
export interface Engine {
  readonly description: {
    name: string;
    backend: string;
    parameters: number;
    contextLength: number;
    /** What this engine cannot do, if anything. */
    lacks?: readonly EngineLimit[];
    /** SHA-256 of the weights that adapters are trained over, where this side has them. */
    frozenSha256?: string;
  };
  /** `requests[i]` gives `result[i]`, with `count` samples each. */
  sample(
    requests: readonly SampleRequest[],
    options: EngineSamplingOptions,
  ): Promise<Sample[][]>;
  /** Log-probability of each response token. */
  logProbs(
    sequences: readonly {
      promptTokens: readonly number[];
      responseTokens: readonly number[];
      bannedTokens?: readonly number[];
    }[],
  ): Promise<number[][]>;
  /** One optimiser step over all sequences (micro-batched inside). */
  trainStep(
    sequences: readonly TrainSequence[],
    objective: ObjectiveConfig,
    optimiser: OptimiserConfig,
  ): Promise<TrainReport>;
  /** Writes weights and optimiser state into a folder, atomically. */
  save(folder: string): Promise<void>;
  load(folder: string): Promise<void>;
  dispose(): void;
}
