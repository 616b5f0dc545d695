/**
 * Model folders: `config.json`, `generation_config.json` and safetensors.
 *
 * The layout is Hugging Face's, so a folder written here opens in `transformers`
 * and theirs opens here, sharded or not. A folder is written beside its place
 * and renamed into it, so an interrupted save leaves the old one whole. Left
 * out: tokenizer files (tokenizer.ts) and optimiser state (optimiser_state.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { basename, dirname, join } from "node:path";
import { configJson, type ModelConfig, parseModelConfig } from "./config.ts";
import { Decoder } from "./decoder.ts";
import {
  type ParameterSpec,
  parameterSpecs,
  parameterTensor,
} from "./parameters.ts";
import { halvesToPairs, pairsToHalves } from "./rope.ts";
import { SafetensorsFile, writeSafetensors } from "./safetensors.ts";

/** Opens a model folder. Throws naming the file and the field that is wrong. */
export async function loadModel(folder: string): Promise<Decoder> {
  const configFile = join(folder, "config.json");
  const config = parseModelConfig(
    await Deno.readTextFile(configFile),
    configFile,
  );
  return new Decoder(config, readParameters(folder, config));
}

/** Writes a model folder, atomically; other files in it are kept. */
export async function saveModel(model: Decoder, folder: string): Promise<void> {
  await replaceFolder(folder, (part) => writeModelFiles(model, part));
}

/** Writes the model's own files into an existing folder. */
export async function writeModelFiles(
  model: Decoder,
  folder: string,
): Promise<void> {
  const { config } = model;
  const values = await hostParameters(model);
  writeSafetensors(join(folder, "model.safetensors"), values);
  await Deno.writeTextFile(
    join(folder, "config.json"),
    JSON.stringify(configJson(config), null, 2) + "\n",
  );
  await Deno.writeTextFile(
    join(folder, "generation_config.json"),
    JSON.stringify(
      {
        bos_token_id: config.bos_token_id,
        eos_token_id: config.eos_token_id,
        pad_token_id: config.pad_token_id,
      },
      null,
      2,
    ) + "\n",
  );
}

/**
 * Runs `write` on a fresh copy of `folder`, then puts the copy in its place.
 * The copy is removed when `write` throws.
 */
export async function replaceFolder(
  folder: string,
  write: (part: string) => Promise<void>,
): Promise<void> {
  await Deno.mkdir(dirname(folder), { recursive: true });
  const part = await Deno.makeTempDir({
    dir: dirname(folder),
    prefix: `.${basename(folder)}.`,
    suffix: ".tmp",
  });
  try {
    await copyFiles(folder, part);
    await write(part);
    await swap(part, folder);
  } catch (error) {
    await Deno.remove(part, { recursive: true }).catch(() => {});
    throw error;
  }
}

async function copyFiles(from: string, to: string): Promise<void> {
  try {
    for await (const entry of Deno.readDir(from)) {
      if (entry.isFile) {
        await Deno.copyFile(join(from, entry.name), join(to, entry.name));
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function swap(part: string, folder: string): Promise<void> {
  const old = `${part}.old`;
  let hadOld = true;
  try {
    await Deno.rename(folder, old);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    hadOld = false;
  }
  await Deno.rename(part, folder);
  if (hadOld) await Deno.remove(old, { recursive: true });
}

/** Every checkpoint tensor of a model with its values on the host. */
async function hostParameters(model: Decoder) {
  const tensors = [];
  for (const spec of model.specs) {
    const values = await model.parameter(spec.name).data() as Float32Array;
    const perRow = spec.shape.slice(1)
      .reduce((product, axis) => product * axis, 1);
    let row = 0;
    for (const part of spec.parts) {
      const block = values.subarray(row * perRow, (row + part.rows) * perRow);
      const ordered = () =>
        part.rotated
          ? pairsToHalves(block, model.config.head_dim, perRow)
          : block;
      tensors.push({
        name: part.name,
        shape: [part.rows, ...spec.shape.slice(1)],
        values: ordered,
      });
      row += part.rows;
    }
  }
  return tensors;
}

function readParameters(folder: string, config: ModelConfig): tf.Tensor[] {
  const files = openShards(folder);
  try {
    return parameterSpecs(config).map((spec) =>
      parameterTensor(spec, readParameter(spec, files, folder, config.head_dim))
    );
  } finally {
    for (const file of new Set(files.values())) file.close();
  }
}

/** Which open file holds each tensor, for one file or an indexed set. */
function openShards(folder: string): Map<string, SafetensorsFile> {
  const single = join(folder, "model.safetensors");
  const index = join(folder, "model.safetensors.index.json");
  const holders = new Map<string, SafetensorsFile>();
  let names: string[] = ["model.safetensors"];
  try {
    const { weight_map: map } = JSON.parse(Deno.readTextFileSync(index));
    names = [...new Set(Object.values(map as Record<string, string>))];
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    try {
      Deno.statSync(single);
    } catch {
      throw new Error(
        `${folder}: neither model.safetensors nor model.safetensors.index.json; ` +
          `convert other weight formats to safetensors first`,
      );
    }
  }
  for (const name of names) {
    const file = SafetensorsFile.open(join(folder, name));
    for (const tensor of file.entries.keys()) holders.set(tensor, file);
  }
  return holders;
}

function readParameter(
  spec: ParameterSpec,
  files: ReadonlyMap<string, SafetensorsFile>,
  folder: string,
  headWidth: number,
): Float32Array {
  const size = spec.shape.reduce((product, axis) => product * axis, 1);
  const values = new Float32Array(size);
  let offset = 0;
  for (const part of spec.parts) {
    const file = files.get(part.name);
    if (file === undefined) {
      throw new Error(
        `${folder}: the tensor "${part.name}" is missing; config.json and the ` +
          `weights belong to different models`,
      );
    }
    const tensor = file.read(part.name);
    const shape = [part.rows, ...spec.shape.slice(1)];
    if (tensor.shape.join() !== shape.join()) {
      throw new Error(
        `${file.path}: "${part.name}" has shape [${tensor.shape}], but ` +
          `config.json describes [${shape}]`,
      );
    }
    const rowSize = tensor.values.length / part.rows;
    values.set(
      part.rotated
        ? halvesToPairs(tensor.values as Float32Array, headWidth, rowSize)
        : tensor.values,
      offset,
    );
    offset += tensor.values.length;
  }
  return values;
}
