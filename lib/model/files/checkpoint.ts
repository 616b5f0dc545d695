/**
 * Model folders: `config.json`, `generation_config.json` and safetensors.
 *
 * The layout is Hugging Face's, so a folder written here opens in `transformers`
 * and theirs opens here, in one file or several, in 32 or 16 bits. Left out:
 * tokenizer files (tokenizer.ts) and optimiser state (optimiser_state.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { join } from "node:path";
import { configJson, type ModelConfig, parseModelConfig } from "../config.ts";
import { Decoder } from "../decoder.ts";
import {
  readGenerationConfig,
  withGenerationIds,
  writeGenerationConfig,
} from "./generation_config.ts";
import { readJsonObject } from "./json_file.ts";
import {
  type ParameterSpec,
  parameterSpecs,
  parameterTensor,
} from "../parameters.ts";
import {
  canBePacked,
  isPacked,
  packed,
  requireBfloat16,
} from "../native/bfloat16.ts";
import { replaceFolder, restoreFolder } from "./replace_folder.ts";
import { halvesToPairs, pairsToHalves } from "../rope.ts";
import type { SafetensorsFile, WrittenTensor } from "./safetensors.ts";
import { openWeights, writeWeights } from "./weight_files.ts";

/**
 * The format of stored weights. 16-bit types round; training continues exactly from the
 * default, F32 and BF16 for packed matrices (native/bfloat16.ts).
 */
export interface WeightFormat {
  dtype: "F32" | "F16" | "BF16";
  /** Larger models are written as several files of about this size. */
  shardBytes: number;
}

const SHARD_BYTES = 5e9;
const TORCH_NAMES = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/**
 * Opens a model folder in Hugging Face's layout. `weights` is the type of matrices in
 * memory (Decoder.narrow); each is rounded as it is read, so that the model is never held
 * in 32 bits. Throws with the file and the field that is wrong. Dispose the model when
 * done.
 */
export async function loadModel(
  folder: string,
  weights: "float32" | "bfloat16" = "float32",
): Promise<Decoder> {
  if (weights === "bfloat16") requireBfloat16();
  await restoreFolder(folder);
  const configFile = join(folder, "config.json");
  const config = withGenerationIds(
    parseModelConfig(
      JSON.stringify(await readJsonObject(configFile)),
      configFile,
    ),
    await readGenerationConfig(folder),
  );
  const model = readDecoder(folder, config, weights);
  if (weights === "bfloat16") model.narrow();
  return model;
}

/**
 * Writes a model folder atomically and keeps the folder's other files. `writeAdapters`
 * writes the adapters.
 */
export async function saveModel(
  model: Decoder,
  folder: string,
  format: Partial<WeightFormat> = {},
): Promise<void> {
  await replaceFolder(folder, (part) => writeModelFiles(model, part, format));
}

/** Writes config.json and the weights into an existing folder, and removes weights in another layout. */
export async function writeModelFiles(
  model: Decoder,
  folder: string,
  format: Partial<WeightFormat> = {},
): Promise<void> {
  const { dtype, shardBytes = SHARD_BYTES } = format;
  const tensors = model.specs.flatMap((spec) => partsOf(model, spec, dtype));
  await writeWeights(folder, tensors, shardBytes);
  const fields = {
    ...configJson(model.config),
    torch_dtype: TORCH_NAMES[dtype ?? (model.isNarrow ? "BF16" : "F32")],
  };
  await Deno.writeTextFile(
    join(folder, "config.json"),
    JSON.stringify(fields, null, 2) + "\n",
  );
  await writeGenerationConfig(model.config, folder);
}

/** Returns the checkpoint tensors of one parameter, fetched when they are written. */
function partsOf(
  model: Decoder,
  spec: ParameterSpec,
  dtype: WeightFormat["dtype"] = isPacked(model.parameter(spec.name))
    ? "BF16"
    : "F32",
): WrittenTensor[] {
  const perRow = sizeOf(spec.shape.slice(1));
  let start = 0;
  return spec.parts.map(({ name, rows, rotated }) => {
    const from = start;
    start += rows;
    return {
      name,
      shape: [rows, ...spec.shape.slice(1)],
      dtype,
      values: async () => {
        const all = await model.values(spec.name);
        const block = all.subarray(from * perRow, (from + rows) * perRow);
        return rotated
          ? pairsToHalves(block, model.config.head_dim, perRow)
          : block;
      },
    };
  });
}

function readDecoder(
  folder: string,
  described: ModelConfig,
  weights: "float32" | "bfloat16",
): Decoder {
  const files = openWeights(folder);
  const tensors: tf.Tensor[] = [];
  try {
    const config = withStoredHead(described, files);
    const specs = parameterSpecs(config);
    checkNames(specs, files, folder);
    for (const spec of specs) {
      const values = readParameter(spec, files, config.head_dim);
      const tensor = parameterTensor(spec, values);
      tensors.push(weights === "bfloat16" ? narrowed(tensor) : tensor);
    }
    return new Decoder(config, tensors);
  } catch (error) {
    tf.dispose(tensors);
    throw error;
  } finally {
    for (const file of new Set(files.values())) file.close();
  }
}

/** Returns a parameter packed and frees it, or the same one where it stays in 32 bits. */
function narrowed(tensor: tf.Tensor): tf.Tensor {
  if (!canBePacked(tensor.shape)) return tensor;
  const narrow = packed(tensor);
  tensor.dispose();
  return narrow;
}

/**
 * A head of its own is used whatever the flag says, as in `transformers` 5: merges
 * and fine-tunes untie it and keep the flag. An equal copy stays tied.
 */
function withStoredHead(
  config: ModelConfig,
  files: Map<string, SafetensorsFile>,
): ModelConfig {
  const [head, table] = ["lm_head.weight", "model.embed_tokens.weight"].map(
    (name) => ({ name, file: files.get(name) }),
  );
  if (!config.tie_word_embeddings || !head.file || !table.file) return config;
  const { values } = head.file.read(head.name);
  const { values: others } = table.file.read(table.name);
  const equal = values.length === others.length &&
    values.every((value, i) => value === others[i]);
  return equal ? config : { ...config, tie_word_embeddings: false };
}

/**
 * Throws unless the files hold exactly the tensors that config.json describes. A tensor
 * ignored in silence would make the model compute wrong results.
 */
function checkNames(
  specs: readonly ParameterSpec[],
  files: ReadonlyMap<string, SafetensorsFile>,
  folder: string,
) {
  const cure = "config.json and the weights belong to different models";
  const wanted = new Set(
    specs.flatMap(({ parts }) => parts.map(({ name }) => name)),
  );
  for (const name of wanted) {
    if (!files.has(name)) {
      throw new Error(`${folder}: the tensor "${name}" is missing; ${cure}`);
    }
  }
  for (const [name, { path }] of files) {
    // Tied output weights and frequency tables are copies of what is computed.
    const copy = name === "lm_head.weight" || name.endsWith(".inv_freq");
    if (!copy && !wanted.has(name)) {
      throw new Error(
        `${path}: config.json has no place for the tensor "${name}"; ${cure}`,
      );
    }
  }
}

function readParameter(
  spec: ParameterSpec,
  files: ReadonlyMap<string, SafetensorsFile>,
  headWidth: number,
): Float32Array {
  if (spec.parts.length === 1 && !spec.parts[0].rotated) {
    const { name } = spec.parts[0];
    return readFloats(files.get(name)!, name, spec.shape);
  }
  const values = new Float32Array(sizeOf(spec.shape));
  let offset = 0;
  for (const part of spec.parts) {
    const shape = [part.rows, ...spec.shape.slice(1)];
    const block = readFloats(files.get(part.name)!, part.name, shape);
    values.set(
      part.rotated
        ? halvesToPairs(block, headWidth, block.length / part.rows)
        : block,
      offset,
    );
    offset += block.length;
  }
  return values;
}

function readFloats(
  file: SafetensorsFile,
  name: string,
  expected: readonly number[],
): Float32Array {
  const { shape, values } = file.readWeights(name);
  if (shape.join() !== expected.join()) {
    throw new Error(
      `${file.path}: "${name}" has shape [${shape}], but config.json describes ` +
        `[${expected}]`,
    );
  }
  return values;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}
