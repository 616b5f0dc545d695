/**
 * Adapters on disk, in the format of PEFT: `adapter_config.json` and
 * `adapter_model.safetensors`.
 *
 * Left out: the base model, which is a folder of its own.
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import type { Decoder } from "../decoder.ts";
import { readJsonObject } from "./json_file.ts";
import { Adapters, type LoraSpec, loraSpecs } from "../lora.ts";
import type { ParameterSpec } from "../parameters.ts";
import { parsePeftConfig, type PeftConfig, peftFields } from "./peft_config.ts";
import { halvesToPairs, pairsToHalves } from "../rope.ts";
import { SafetensorsFile, writeSafetensors } from "./safetensors.ts";

const CONFIG_FILE = "adapter_config.json";
const WEIGHTS_FILE = "adapter_model.safetensors";
/** Before every name of the base model. */
const PREFIX = "base_model.model.";

/** Tells whether a folder holds adapters. */
export function hasAdapters(folder: string): boolean {
  try {
    return Deno.statSync(join(folder, CONFIG_FILE)).isFile;
  } catch {
    return false;
  }
}

/**
 * Writes a model's adapters into an existing folder, with the modules that belong
 * to them. `baseModel` is the folder or name of the frozen model, which the files name.
 */
export async function writeAdapters(
  model: Decoder,
  folder: string,
  baseModel: string | null = null,
): Promise<void> {
  const adapters = model.adapters;
  if (adapters === null) throw new Error("the model carries no adapters");
  const { config, specs, saved } = adapters;
  const tensors = adapters.tensors();
  const matrices = specs.map((spec, i) => ({
    name: peftName(spec),
    shape: spec.shape,
    values: async () => {
      const matrix = await tensors[i].data() as Float32Array;
      return spec.rotated
        ? pairsToHalves(matrix, model.config.head_dim, spec.shape[1])
        : matrix;
    },
  }));
  const whole = saved.parameters.map((name) => ({
    name: PREFIX + name,
    shape: model.specs.find((spec) => spec.name === name)!.shape,
    values: () => model.values(name),
  }));
  await writeSafetensors(join(folder, WEIGHTS_FILE), [...matrices, ...whole]);
  await Deno.writeTextFile(
    join(folder, CONFIG_FILE),
    JSON.stringify(peftFields(config, saved.modules, baseModel), null, 2) +
      "\n",
  );
}

/**
 * Reads adapters and attaches them to a model. Modules that are stored whole replace
 * the model's and are not trained. Throws with the file and the field that is wrong.
 */
export async function readAdapters(
  model: Decoder,
  folder: string,
): Promise<void> {
  const file = join(folder, CONFIG_FILE);
  const config = parsePeftConfig(
    await readJsonObject(file),
    model.config,
    file,
  );
  using weights = SafetensorsFile.open(join(folder, WEIGHTS_FILE));
  const specs = loraSpecs(model.config, config.lora);
  const replaced = replacedParameters(model, config, specs, weights);
  const tensors = specs.map((spec) => {
    const values = valuesOf(weights, peftName(spec), spec.shape);
    return tf.tensor2d(
      spec.rotated
        ? halvesToPairs(values, model.config.head_dim, spec.shape[1])
        : values,
      spec.shape,
    );
  });
  for (const { name, shape } of replaced) {
    const values = valuesOf(weights, PREFIX + name, shape);
    model.replaceParameter(name, tf.tensor(values, shape, "float32"));
  }
  const adapters = new Adapters(model.config, config.lora, tensors);
  adapters.saved = {
    modules: config.savedModules,
    parameters: replaced.map(({ name }) => name),
  };
  model.attachAdapters(adapters);
}

function valuesOf(
  weights: SafetensorsFile,
  name: string,
  expected: readonly number[],
): Float32Array {
  const { shape, values } = weights.readWeights(name);
  if (shape.join() === expected.join()) return values;
  throw new Error(
    `${weights.path}: "${name}" has shape [${shape}], but this model needs ` +
      `[${expected}]; the adapters belong to another model`,
  );
}

/** Reads the folder or name of the base model of some adapters; null where the files name none. */
export async function baseModelOf(folder: string): Promise<string | null> {
  const file = join(folder, CONFIG_FILE);
  const base = (await readJsonObject(file)).base_model_name_or_path ?? null;
  if (base !== null && typeof base !== "string") {
    throw new Error(
      `${file}: base_model_name_or_path is ${JSON.stringify(base)}; it must ` +
        `name the folder of the base model`,
    );
  }
  return base;
}

/**
 * Returns the parameters that the file stores whole. Throws where a tensor of the file has no
 * place, which would be left out in silence, or one that it should hold is missing.
 */
function replacedParameters(
  model: Decoder,
  { savedModules }: PeftConfig,
  specs: readonly LoraSpec[],
  weights: SafetensorsFile,
): ParameterSpec[] {
  const matrices = new Set(specs.map(peftName));
  const rest = [...weights.entries.keys()].filter((name) =>
    !matrices.has(name)
  );
  const replaced = rest.map((stored) => {
    const name = stored.replace(PREFIX, "");
    const spec = model.specs.find((one) =>
      one.name === name && one.parts.length === 1
    );
    const module = name.replace(/\.(weight|bias)$/, "");
    if (spec && savedModules.some((saved) => module.endsWith(saved))) {
      return spec;
    }
    throw new Error(
      `${weights.path}: "${stored}" belongs to no target_modules or modules_to_save ` +
        `of ${CONFIG_FILE} in this model; LoRA matrices of its projections and whole ` +
        `embeddings, heads and norms are read here`,
    );
  });
  const tied = model.config.tie_word_embeddings &&
    replaced.find(({ name }) => name === "model.embed_tokens.weight");
  if (tied) {
    throw new Error(
      `${weights.path}: "${PREFIX}${tied.name}" replaces an embedding that the model ` +
        `shares with its head; merge the adapters with PEFT (merge_and_unload)`,
    );
  }
  const absent = [
    ...matrices,
    ...savedModules.filter((saved) =>
      !replaced.some(({ name }) => name.replace(/\.\w+$/, "").endsWith(saved))
    ),
  ].find((name) => !matrices.has(name) || !weights.entries.has(name));
  if (absent === undefined) return replaced;
  throw new Error(
    `${weights.path}: "${absent}" is missing, which ${CONFIG_FILE} names; fetch both ` +
      `files again`,
  );
}

function peftName({ name, matrix }: LoraSpec): string {
  return `${PREFIX}${name}.lora_${matrix}.weight`;
}
