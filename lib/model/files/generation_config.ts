/**
 * `generation_config.json`: where a checkpoint ends its answers.
 *
 * Left out: how its publisher samples, since self-play chooses that itself; those
 * fields stay in the file when a folder is written again.
 */
import { join } from "node:path";
import type { ModelConfig } from "../config.ts";
import { readJsonObject } from "./json_file.ts";

/** The fields read here, in the names of the file. */
export interface GenerationConfig {
  bos_token_id?: number | null;
  eos_token_id?: number | number[] | null;
  pad_token_id?: number | null;
  do_sample?: boolean;
  temperature?: number;
  top_p?: number;
  top_k?: number;
}

const FILE_NAME = "generation_config.json";
const ID_FIELDS = ["bos_token_id", "eos_token_id", "pad_token_id"] as const;

/** Reads the file; without one, no fields. Throws naming a field of another type. */
export async function readGenerationConfig(
  folder: string,
): Promise<GenerationConfig> {
  const file = join(folder, FILE_NAME);
  const fields = await readJsonObject(file, {});
  for (const name of ["temperature", "top_p", "top_k"]) {
    const value = fields[name];
    if (value === null) delete fields[name];
    else if (value !== undefined && typeof value !== "number") {
      throw new Error(
        `${file}: ${name} is ${JSON.stringify(value)}; it must be a number`,
      );
    }
  }
  for (const name of ID_FIELDS) {
    const ids = [fields[name] ?? []].flat();
    if (!ids.every((id) => Number.isInteger(id) && (id as number) >= 0)) {
      throw new Error(
        `${file}: ${name} is ${JSON.stringify(fields[name])}; it must be a ` +
          `token id, or for eos_token_id a list of them`,
      );
    }
  }
  return fields as GenerationConfig;
}

/** Token ids of this file go before those of `config.json`, as in `transformers`. */
export function withGenerationIds(
  config: ModelConfig,
  generation: GenerationConfig,
): ModelConfig {
  const ids = ID_FIELDS.filter((name) => (generation[name] ?? null) !== null)
    .map((name) => [name, generation[name]]);
  return { ...config, ...Object.fromEntries(ids) };
}

/** Reads the ids at which a folder's model ends its answers, from this file or else from `config.json`. */
export async function readEndIds(folder: string): Promise<number[]> {
  const published = await readGenerationConfig(folder);
  const { eos_token_id } = await readJsonObject(
    join(folder, "config.json"),
    {},
  );
  const ids = published.eos_token_id ?? eos_token_id ?? [];
  return [ids].flat().filter((id) => Number.isInteger(id)) as number[];
}

/** Writes a model's token ids; the other fields of a file that is there stay. */
export async function writeGenerationConfig(
  config: ModelConfig,
  folder: string,
): Promise<void> {
  const file = join(folder, FILE_NAME);
  const fields = {
    ...await readJsonObject(file, {}),
    ...Object.fromEntries(ID_FIELDS.map((name) => [name, config[name]])),
  };
  await Deno.writeTextFile(file, JSON.stringify(fields, null, 2) + "\n");
}
