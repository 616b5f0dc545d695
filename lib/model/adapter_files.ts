/**
 * Adapters on disk, in the format of PEFT: `adapter_config.json` and
 * `adapter_model.safetensors`.
 *
 * Left out: the base model, which is a folder of its own.
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import type { Decoder } from "./decoder.ts";
import {
  Adapters,
  LORA_TARGETS,
  type LoraConfig,
  type LoraSpec,
  loraSpecs,
  type LoraTarget,
} from "./lora.ts";
import { halvesToPairs, pairsToHalves } from "./rope.ts";
import { SafetensorsFile, writeSafetensors } from "./safetensors.ts";

const CONFIG_FILE = "adapter_config.json";
const WEIGHTS_FILE = "adapter_model.safetensors";

/** Whether a folder holds adapters. */
export function hasAdapters(folder: string): boolean {
  try {
    return Deno.statSync(join(folder, CONFIG_FILE)).isFile;
  } catch {
    return false;
  }
}

/**
 * Writes a model's adapters into an existing folder. `baseModel` is the folder
 * or name of the frozen model, for whoever opens them.
 */
export async function writeAdapters(
  model: Decoder,
  folder: string,
  baseModel: string | null = null,
): Promise<void> {
  const adapters = model.adapters;
  if (adapters === null) throw new Error("the model carries no adapters");
  const tensors = adapters.tensors();
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  writeSafetensors(
    join(folder, WEIGHTS_FILE),
    adapters.specs.map((spec, i) => ({
      name: peftName(spec),
      shape: spec.shape,
      values: () => {
        const matrix = values[i] as Float32Array;
        return spec.rotated
          ? pairsToHalves(matrix, model.config.head_dim, spec.shape[1])
          : matrix;
      },
    })),
  );
  await Deno.writeTextFile(
    join(folder, CONFIG_FILE),
    JSON.stringify(peftConfig(adapters.config, baseModel), null, 2) + "\n",
  );
}

/** Reads adapters and attaches them to a model. */
export async function readAdapters(
  model: Decoder,
  folder: string,
): Promise<void> {
  const file = join(folder, CONFIG_FILE);
  const config = parsePeftConfig(await Deno.readTextFile(file), file);
  using weights = SafetensorsFile.open(join(folder, WEIGHTS_FILE));
  const tensors = loraSpecs(model.config, config).map((spec) => {
    const { shape, values } = weights.read(peftName(spec));
    if (shape.join() !== spec.shape.join()) {
      throw new Error(
        `${weights.path}: "${peftName(spec)}" has shape [${shape}], but this ` +
          `model needs [${spec.shape}]; the adapters belong to another model`,
      );
    }
    const matrix = values as Float32Array;
    return tf.tensor2d(
      spec.rotated
        ? halvesToPairs(matrix, model.config.head_dim, spec.shape[1])
        : matrix,
      spec.shape,
    );
  });
  model.attachAdapters(new Adapters(model.config, config, tensors));
}

/** The folder or name of the base model that adapters were written for. */
export async function baseModelOf(folder: string): Promise<string | null> {
  const text = await Deno.readTextFile(join(folder, CONFIG_FILE));
  return JSON.parse(text).base_model_name_or_path ?? null;
}

function peftName({ name, matrix }: LoraSpec): string {
  return `base_model.model.${name}.lora_${matrix}.weight`;
}

function peftConfig(config: LoraConfig, baseModel: string | null) {
  return {
    peft_type: "LORA",
    task_type: "CAUSAL_LM",
    base_model_name_or_path: baseModel,
    r: config.rank,
    lora_alpha: config.alpha,
    target_modules: config.targets,
    lora_dropout: 0,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    use_rslora: false,
    use_dora: false,
  };
}

function parsePeftConfig(text: string, source: string): LoraConfig {
  const fields = JSON.parse(text);
  for (const field of ["use_rslora", "use_dora", "fan_in_fan_out"]) {
    if (fields[field] === true) {
      throw new Error(`${source}: ${field} is true; plain LoRA is read here`);
    }
  }
  const targets = fields.target_modules as unknown;
  if (
    !Array.isArray(targets) ||
    targets.some((target) => !LORA_TARGETS.includes(target))
  ) {
    throw new Error(
      `${source}: target_modules is ${JSON.stringify(targets)}; a list of ` +
        `${LORA_TARGETS.join(", ")} is read here`,
    );
  }
  return {
    rank: fields.r,
    alpha: fields.lora_alpha,
    targets: targets as LoraTarget[],
  };
}
