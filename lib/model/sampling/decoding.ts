/**
 * What a way of decoding is given after the prefill, and what it offers.
 *
 * Two ways implement it: eager operations on any backend (decode_eager.ts) and a
 * graph on native TensorFlow (decode_native.ts). Left out: choosing between them
 * and everything about requests (sampling.ts).
 */
import * as tf from "@tensorflow/tfjs";
import type { Decoder } from "../decoder.ts";
import type { SamplingOptions } from "../requests.ts";
import type { DrawnTokens, Smaller } from "./sample_rows.ts";

/**
 * A grid of P prompts with `width` rows each, R = P * width, after the prefill.
 * The decoding takes ownership of the tensors.
 */
export interface DecodingStart {
  model: Decoder;
  options: SamplingOptions;
  width: number;
  promptLengths: number[];
  /** Longest responses, in tokens. */
  steps: number;
  /** Per layer `[G, P, Tp, E]`. */
  promptKeys: tf.Tensor[];
  promptValues: tf.Tensor[];
  /** 0, or -1e9 on padding, `[P, Tp]`. */
  promptMask: tf.Tensor2D;
  /** Logits of the first token, `[R, V]`. */
  logits: tf.Tensor2D;
  /** `[steps, R]`, in (0, 1). */
  uniforms: tf.Tensor2D;
}

/** Tokens drawn between two looks at which rows have finished. */
export const TOKENS_PER_CHECK = 4;

/** Rows being written. Dispose it when done. */
export interface Decoding {
  /** Draws tokens from `first` on, a few at a time; calls follow each other. */
  draw(first: number): Promise<DrawnTokens>;
  /** Keeps only some rows. */
  keep(smaller: Smaller): void;
  dispose(): void;
}

/** Rows of the rotary table for the prompts and `fed` tokens more. */
export function rotaryRows(start: DecodingStart, fed: number): tf.Tensor2D {
  const { values, headWidth, positions } = start.model.rotaryRows(
    fed + Math.max(...start.promptLengths),
  );
  return tf.tensor2d(values, [positions, headWidth]);
}

/** -1e9 at banned tokens, 0 elsewhere, `[V]`; null without any. */
export function banVector({ model, options }: DecodingStart) {
  if (!options.bannedTokens?.length) return null;
  const values = new Float32Array(model.config.vocab_size);
  for (const token of options.bannedTokens) values[token] = -1e9;
  return tf.tensor1d(values);
}

/** The length of every row's prompt, `[R]`. */
export function rowPositions(start: DecodingStart): tf.Tensor1D {
  return tf.tensor1d(
    start.promptLengths.flatMap((length) =>
      new Array<number>(start.width).fill(length)
    ),
    "int32",
  );
}
