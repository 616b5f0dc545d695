/**
 * The prefill of a grid: keys and values of its prompts, and the logits of every row's
 * first token. Left out: how a model computes them (prefill_native.ts, decoder.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { breathe } from "../../breathe.ts";
import type { Decoder } from "../decoder.ts";
import { plainBatch } from "../training/batch.ts";
import type { DecodingStart } from "./decoding.ts";

/**
 * Most products of prompt tokens and parameters between two turns: about two seconds of
 * two processor cores, so that a signal is heard while many prompts are read.
 */
const PREFILL_WORK = 2e11;

type Prefilled = Pick<
  DecodingStart,
  "promptKeys" | "promptValues" | "promptMask" | "logits"
>;

/** Computes the keys and values of the prompts, and the logits of every row's first token. */
export async function prefill(
  model: Decoder,
  prompts: readonly (readonly number[])[],
  width: number,
  stop?: AbortSignal,
): Promise<Prefilled> {
  const columns = Math.max(1, ...prompts.map((prompt) => prompt.length));
  const work = columns * model.parameterCount;
  const size = Math.max(1, Math.floor(PREFILL_WORK / work));
  const parts: Prefilled[] = [];
  try {
    for (let at = 0; at < prompts.length; at += size) {
      await breathe(stop);
      const some = prompts.slice(at, at + size);
      parts.push(prefillSome(model, some, columns, width));
    }
  } catch (error) {
    tf.dispose(parts.map((part) => Object.values(part)));
    throw error;
  }
  if (parts.length === 1) return parts[0];
  const joined = tf.tidy(() => {
    const layers = (key: "promptKeys" | "promptValues") =>
      parts[0][key].map((_, layer) =>
        tf.concat(parts.map((part) => part[key][layer]), 1)
      );
    return {
      promptKeys: layers("promptKeys"),
      promptValues: layers("promptValues"),
      promptMask: tf.concat(parts.map((part) => part.promptMask), 0),
      logits: tf.concat(parts.map((part) => part.logits), 0),
    } as unknown as tf.TensorContainerObject;
  }) as unknown as Prefilled;
  tf.dispose(parts.map((part) => Object.values(part)));
  return joined;
}

/** Computes some of the prompts, in rows of `columns` tokens. */
function prefillSome(
  model: Decoder,
  prompts: readonly (readonly number[])[],
  columns: number,
  width: number,
): Prefilled {
  return tf.tidy(() => {
    const batch = plainBatch(prompts, columns);
    const last = prompts.map((prompt, p) =>
      p * batch.columns + prompt.length - 1
    );
    const { hidden, keys, values } = model.prefill(batch, last);
    const logits_PV = model.logits(hidden);
    const mask = new Float32Array(prompts.length * batch.columns);
    prompts.forEach((prompt, p) => {
      const row = p * batch.columns;
      mask.fill(-1e9, row + prompt.length, row + batch.columns);
    });
    const promptOfRow = prompts.flatMap((_, p) =>
      new Array<number>(width).fill(p)
    );
    const prefilled: Prefilled = {
      promptKeys: keys,
      promptValues: values,
      promptMask: tf.tensor2d(mask, [prompts.length, batch.columns]),
      logits: tf.gather(logits_PV, tf.tensor1d(promptOfRow, "int32")),
    };
    return prefilled as unknown as tf.TensorContainerObject;
  }) as unknown as Prefilled;
}
