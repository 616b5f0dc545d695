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
import {
  Adapters,
  LORA_TARGETS,
  type LoraConfig,
  type LoraSpec,
  loraSpecs,
  type LoraTarget,
} from "../lora.ts";
import { halvesToPairs, pairsToHalves } from "../rope.ts";
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
  await writeSafetensors(
    join(folder, WEIGHTS_FILE),
    adapters.specs.map((spec, i) => ({
      name: peftName(spec),
      shape: spec.shape,
      values: async () => {
        const matrix = await tensors[i].data() as Float32Array;
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
  const config = parsePeftConfig(await readJsonObject(file), file);
  using weights = SafetensorsFile.open(join(folder, WEIGHTS_FILE));
  const specs = loraSpecs(model.config, config);
  checkNames(specs, weights);
  const tensors = specs.map((spec) => {
    const { shape, values } = weights.readWeights(peftName(spec));
    if (shape.join() !== spec.shape.join()) {
      throw new Error(
        `${weights.path}: "${peftName(spec)}" has shape [${shape}], but this ` +
          `model needs [${spec.shape}]; the adapters belong to another model`,
      );
    }
    return tf.tensor2d(
      spec.rotated
        ? halvesToPairs(values, model.config.head_dim, spec.shape[1])
        : values,
      spec.shape,
    );
  });
  model.attachAdapters(new Adapters(model.config, config, tensors));
}

/** The folder or name of the base model that adapters were written for. */
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

/** Matrices without a place would be left out in silence. */
function checkNames(specs: readonly LoraSpec[], weights: SafetensorsFile) {
  const wanted = new Set(specs.map(peftName));
  const stray = [...weights.entries.keys()].find((name) => !wanted.has(name));
  if (stray !== undefined) {
    throw new Error(
      `${weights.path}: "${stray}" belongs to no target_modules of ` +
        `${CONFIG_FILE} in this model; only LoRA matrices of its projections ` +
        `are read here`,
    );
  }
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

/** Fields that would change the result, and the values that do not. */
const PLAIN_VALUES: Record<string, readonly unknown[]> = {
  peft_type: ["LORA"],
  bias: ["none"],
  use_rslora: [false],
  use_dora: [false],
  use_qalora: [false],
  lora_bias: [false],
  fan_in_fan_out: [false],
  alora_invocation_tokens: [],
  layer_replication: [],
  layers_to_transform: [],
  megatron_config: [],
  modules_to_save: [],
  target_parameters: [],
  trainable_token_indices: [],
};

function parsePeftConfig(
  fields: Record<string, unknown>,
  source: string,
): LoraConfig {
  const refuse = (field: string, cure: string): never => {
    throw new Error(
      `${source}: ${field} is ${JSON.stringify(fields[field])}; ${cure}`,
    );
  };
  for (const [field, plain] of Object.entries(PLAIN_VALUES)) {
    const value = fields[field] ?? null;
    if (value !== null && !plain.includes(value)) {
      refuse(field, "plain LoRA is read here");
    }
  }
  for (const field of ["rank_pattern", "alpha_pattern"]) {
    if (Object.keys(fields[field] ?? {}).length > 0) {
      refuse(field, "one rank and one alpha for all targets are read here");
    }
  }
  const { r: rank, lora_alpha: alpha, target_modules: targets } = fields;
  if (!Number.isInteger(rank) || (rank as number) <= 0) {
    refuse("r", "it must be a positive integer");
  }
  if (!Number.isFinite(alpha)) refuse("lora_alpha", "it must be a number");
  if (
    !Array.isArray(targets) ||
    targets.some((target) => !LORA_TARGETS.includes(target))
  ) {
    refuse(
      "target_modules",
      `a list of ${LORA_TARGETS.join(", ")} is read here`,
    );
  }
  return {
    rank: rank as number,
    alpha: alpha as number,
    targets: targets as LoraTarget[],
  };
}
