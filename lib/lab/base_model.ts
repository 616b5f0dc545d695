/**
 * The base model of a preset: pretrained once, then taken from a cache.
 *
 * The cache folder's name is a hash of everything that decides the weights. On
 * one machine and backend a rebuilt model is equal to the bit. Beside the model
 * (a Hugging Face folder with its tokenizer) lies `pretraining.jsonl`, the curve.
 */

import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  type Decoder,
  replaceFolder,
  startBackend,
  Tokenizer,
  writeModelFiles,
} from "../model/mod.ts";
import { buildSplits, type SplitSet } from "./world/splits.ts";
import {
  worldTokenizerConfig,
  worldTokenizerJson,
} from "./world/vocabulary.ts";
import type { Preset } from "./presets.ts";
import { pretrain, type PretrainProgress } from "./pretrain.ts";

/** Default folder of base models. */
export const BASE_CACHE = ".cache/base";

/** Version of corpus and trainer; raised when a config gives other weights than before. */
const RECIPE_VERSION = 1;

/** A base model on disk. */
export interface BaseModel {
  folder: string;
  /** Hash of everything that decides the weights. */
  hash: string;
  /** Whether the cache already held the model. */
  cached: boolean;
}

/** The seed and the place of a base model. */
interface BaseModelOptions {
  /** Seed of the weights and of the corpus. */
  seed: number;
  /** Folder of base models; default: `BASE_CACHE`. */
  cacheFolder?: string;
}

/** The vocabulary and the evaluation splits of a world. */
interface WorldParts {
  tokenizer: Tokenizer;
  splits: SplitSet;
}

/** Builds the vocabulary and the evaluation splits of a preset; equal presets give equal splits. */
export function worldParts(preset: Preset): WorldParts {
  return {
    tokenizer: Tokenizer.fromJson(
      worldTokenizerJson(preset.world),
      worldTokenizerConfig(),
    ),
    splits: buildSplits(preset.world),
  };
}

/** Returns the hash of everything that decides a base model's weights: 16 hex digits. */
export function baseModelHash(
  { world, model, pretrain }: Preset,
  seed: number,
): string {
  const recipe = { version: RECIPE_VERSION, world, model, pretrain, seed };
  return createHash("sha256").update(JSON.stringify(recipe)).digest("hex")
    .slice(0, 16);
}

/**
 * Returns the base model of a preset and seed from the cache. Where the cache lacks the
 * model, pretrains it and yields after every step. Leaving the loop early keeps nothing.
 */
export async function* baseModelSteps(
  preset: Preset,
  { seed, cacheFolder = BASE_CACHE }: BaseModelOptions,
): AsyncGenerator<PretrainProgress, BaseModel> {
  const hash = baseModelHash(preset, seed);
  const folder = join(cacheFolder, hash);
  if (await isWhole(folder)) return { folder, hash, cached: true };
  await startBackend();
  const { tokenizer, splits } = worldParts(preset);
  const curve: PretrainProgress[] = [];
  const model = yield* recorded(
    pretrain({
      world: preset.world,
      heldOut: splits.heldOut,
      model: preset.model,
      pretrain: preset.pretrain,
      tokenizer,
      seed,
    }),
    curve,
  );
  try {
    await replaceFolder(folder, async (part) => {
      await writeModelFiles(model, part);
      await tokenizer.save(part);
      await writeRecord(part, { ...preset, seed }, curve);
    });
  } finally {
    model.dispose();
  }
  return { folder, hash, cached: false };
}

/** Yields the steps and adds each to `curve`. */
async function* recorded(
  steps: AsyncGenerator<PretrainProgress, Decoder>,
  curve: PretrainProgress[],
): AsyncGenerator<PretrainProgress, Decoder> {
  let next = await steps.next();
  try {
    for (; !next.done; next = await steps.next()) {
      curve.push(next.value);
      yield next.value;
    }
    return next.value;
  } finally {
    // Reached early when the caller stops listening; frees the model.
    if (!next.done) await steps.return(undefined as never);
  }
}

/** Writes the settings and the curve of a model beside its weights. */
async function writeRecord(
  folder: string,
  preset: Preset & { seed: number },
  curve: readonly PretrainProgress[],
): Promise<void> {
  await Deno.writeTextFile(
    join(folder, "preset.json"),
    JSON.stringify(preset, null, 2) + "\n",
  );
  await Deno.writeTextFile(
    join(folder, "pretraining.jsonl"),
    curve.map((row) => JSON.stringify(row) + "\n").join(""),
  );
}

/** Returns the base model as `baseModelSteps` does, with a callback for progress. */
export async function buildBaseModel(
  preset: Preset,
  options: BaseModelOptions & {
    onProgress?: (progress: PretrainProgress) => void;
  },
): Promise<BaseModel> {
  const steps = baseModelSteps(preset, options);
  try {
    for (;;) {
      const next = await steps.next();
      if (next.done) return next.value;
      options.onProgress?.(next.value);
    }
  } finally {
    // Frees the half-trained model when `onProgress` throws to stop.
    await steps.return(undefined as never);
  }
}

/** Tells whether a folder holds a complete model: folders appear by renaming, so weights are enough. */
async function isWhole(folder: string): Promise<boolean> {
  try {
    await Deno.stat(join(folder, "model.safetensors"));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
