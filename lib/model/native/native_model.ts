/**
 * The interface between the passes on native TensorFlow and a model. The decoder
 * implements it, and decides which pass runs.
 */
import type * as tf from "@tensorflow/tfjs";
import type { ModelConfig } from "../config.ts";
import type { Adapters } from "../lora.ts";
import type { ParameterSpec } from "../parameters.ts";

/** Rotary factors of N tokens, `[1, N, E/2, 2]`; those of queries carry 1/sqrt(E). */
export interface RotaryFactors {
  query: tf.Tensor4D;
  key: tf.Tensor4D;
}

/** The result of a prefill; see `Decoder.prefill`. */
export interface Prefilled {
  /** `[B, D]`. */
  hidden: tf.Tensor2D;
  /** Per layer `[G, B, T, E]`. */
  keys: tf.Tensor4D[];
  values: tf.Tensor4D[];
}

/** A model as the native passes see it. */
export interface NativeModel {
  readonly config: ModelConfig;
  readonly specs: readonly ParameterSpec[];
  readonly parameterCount: number;
  readonly recomputesLayers: boolean;
  readonly isNarrow: boolean;
  /** Null where the weights themselves are trained. */
  readonly adapters: Adapters | null;
  parameter(name: string): tf.Tensor;
  rotaryFactors(positions: Int32Array): RotaryFactors;
  embedTokens(ids_N: tf.Tensor1D): tf.Tensor2D;
  finalNorm(x_ND: tf.Tensor2D): tf.Tensor2D;
}
