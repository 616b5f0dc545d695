/**
 * The engine: everything that self-play needs from a language model, as five verbs,
 * with the records that go in and come out (those of the model: lib/model/requests.ts).
 *
 * Tokens go in; tokens, log-probabilities and reports of training come out. The loop
 * never sees a tensor, so that it drives a local model and a remote trainer alike.
 * The engines themselves are in lib/engines.
 */

import type {
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  TrainSequence,
} from "../model/mod.ts";
import type { ObjectiveConfig } from "./objective/loss.ts";

export type {
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  SamplingProgress,
  TrainSequence,
} from "../model/mod.ts";

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
