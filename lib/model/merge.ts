/**
 * Merging adapters into the weights below them, as PEFT's `merge_and_unload` does.
 *
 * Left out: files (files/checkpoint.ts writes the merged model).
 */
import * as tf from "@tensorflow/tfjs";
import type { Decoder } from "./decoder.ts";
import { isPacked, packed, widened } from "./native/bfloat16.ts";

/**
 * Adds `scale * B A` of every adapter to its projection and removes the adapters. The
 * sums are taken in 32 bits; packed weights are rounded to bfloat16 again. Throws where
 * the model has no adapters.
 */
export function mergeAdapters(model: Decoder): void {
  const { adapters } = model;
  if (adapters === null) {
    throw new Error("the model has no adapters to merge");
  }
  for (const spec of model.specs) {
    const pairs = spec.parts.map(({ name }) =>
      adapters.of(name.replace(/\.weight$/, ""))
    );
    if (pairs.every((pair) => pair === null)) continue;
    const merged = tf.tidy(() => {
      const sums = pairs.map((pair, i) =>
        pair === null
          ? tf.zeros([spec.parts[i].rows, spec.shape[1]])
          : tf.mul(tf.matMul(pair.b, pair.a), pair.scale)
      ) as tf.Tensor2D[];
      const weight = model.parameter(spec.name);
      const sum = tf.add(widened(weight), tf.concat(sums, 0));
      return isPacked(weight) ? packed(sum) : sum;
    });
    model.replaceParameter(spec.name, merged);
  }
  model.attachAdapters(null);
}
