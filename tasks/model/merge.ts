/** `deno task model merge`: adapters into their base model, as a folder that opens by itself. */

import * as tf from "@tensorflow/tfjs";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocalEngine } from "../../lib/engines/local.ts";
import {
  baseModelOf,
  type Decoder,
  hasAdapters,
  replaceFolder,
  Tokenizer,
  writeModelFiles,
} from "../../lib/model/mod.ts";
import { isPacked, packed, widened } from "../../lib/model/native/bfloat16.ts";

/** The number formats that a merged model can be written in, by their names in PyTorch. */
const FORMATS = { float32: "F32", float16: "F16", bfloat16: "BF16" } as const;

/**
 * Merges a folder of PEFT adapters into the base that the folder names, and writes model
 * and tokenizer to `to`, whole or not at all. Throws where there are no adapters, where
 * `to` holds something, and where a number does not fit `weights`.
 */
export async function mergeModel(
  folder: string,
  to: string,
  weights: string,
): Promise<void> {
  if (!Object.hasOwn(FORMATS, weights)) {
    throw new Error(
      `--weights ${weights}: give one of ${Object.keys(FORMATS).join(", ")}`,
    );
  }
  if (!hasAdapters(folder)) {
    throw new Error(
      `${folder} holds no adapters (adapter_config.json); a model that was trained ` +
        "whole opens as it is",
    );
  }
  if (existsSync(to)) throw new Error(`${to} exists; name a new folder`);
  const tokenizer = await tokenizerOf(folder);
  const engine = await LocalEngine.fromFolder(folder);
  try {
    mergeAdapters(engine.model);
    const dtype = FORMATS[weights as keyof typeof FORMATS];
    await replaceFolder(to, async (part) => {
      await writeModelFiles(engine.model, part, { dtype });
      await tokenizer?.save(part);
    });
  } finally {
    engine.dispose();
  }
}

/** Returns the tokenizer beside the adapters, else the one beside their base, else null. */
async function tokenizerOf(folder: string): Promise<Tokenizer | null> {
  for (const place of [folder, await baseModelOf(folder)]) {
    if (place !== null && existsSync(join(place, "tokenizer.json"))) {
      return await Tokenizer.fromFolder(place);
    }
  }
  return null;
}

/**
 * Adds `scale * B A` of every adapter to its projection and removes the adapters, as
 * PEFT's `merge_and_unload` does. The sums are taken in 32 bits; packed weights are
 * rounded to bfloat16 again. Throws where the model has no adapters.
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
