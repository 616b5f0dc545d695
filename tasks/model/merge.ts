/** `deno task model merge`: adapters into their base model, as a folder that opens by itself. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { LocalEngine } from "../../lib/engines/local.ts";
import {
  baseModelOf,
  hasAdapters,
  replaceFolder,
  Tokenizer,
  writeModelFiles,
} from "../../lib/model/mod.ts";
import { mergeAdapters } from "../../lib/model/merge.ts";

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
