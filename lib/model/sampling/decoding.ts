/**
 * The interface of decoding: its start after the prefill, and its calls.
 *
 * There are two implementations: eager operations on any backend (decode_eager.ts) and a
 * graph on native TensorFlow (decode_native.ts). Left out: the choice between them and
 * the requests (sampling.ts).
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

/** Tokens drawn between two checks for finished rows. */
export const TOKENS_PER_CHECK = 4;

/** The decoding of a grid of rows. Dispose it when done. */
export interface Decoding {
  /** Draws the next few tokens of every row, from token `first` on. */
  draw(first: number): Promise<DrawnTokens>;
  /** Keeps some rows and drops the others. */
  keep(smaller: Smaller): void;
  dispose(): void;
}

/** Returns the rows of the rotary table for the prompts and `fed` tokens more. */
export function rotaryRows(start: DecodingStart, fed: number): tf.Tensor2D {
  const { values, headWidth, positions } = start.model.rotaryRows(
    fed + Math.max(...start.promptLengths),
  );
  return tf.tensor2d(values, [positions, headWidth]);
}

/** Returns `[V]` with -1e9 at banned tokens and 0 elsewhere; null without banned tokens. */
export function banVector({ model, options }: DecodingStart) {
  if (!options.bannedTokens?.length) return null;
  const values = new Float32Array(model.config.vocab_size);
  for (const token of options.bannedTokens) values[token] = -1e9;
  return tf.tensor1d(values);
}

/** Returns the length of every row's prompt, `[R]`. */
export function rowPositions(start: DecodingStart): tf.Tensor1D {
  return tf.tensor1d(
    start.promptLengths.flatMap((length) =>
      new Array<number>(start.width).fill(length)
    ),
    "int32",
  );
}
