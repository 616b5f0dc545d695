/**
 * GGUF files (llama.cpp, Ollama) made into model folders of Hugging Face's layout.
 *
 * The header is read by `@huggingface/gguf`; here are checked places, values
 * widened to F32 (blocks.ts), names, the rotary order of Llama's queries and
 * keys, `config.json` and the tokenizer (tokenizer.ts). Left out: other
 * families than the decoder's, rotary scaling, experts.
 */
import { gguf, parseGgufShardFilename } from "@huggingface/gguf";
import { basename, dirname, join } from "node:path";
import {
  configJson,
  type ModelConfig,
  parseModelConfig,
} from "../../../lib/model/config.ts";
import { pairsToHalves } from "../../../lib/model/rope.ts";
import { writeGenerationConfig } from "../../../lib/model/files/generation_config.ts";
import { GGUF_FORMATS, type GgufFormat } from "./blocks.ts";
import { type GgufMetadata, tokenizerOfGguf } from "./tokenizer.ts";
import { replaceFolder } from "../../../lib/model/files/replace_folder.ts";
import {
  readExactly,
  type WrittenTensor,
} from "../../../lib/model/files/safetensors.ts";
import { writeWeights } from "../../../lib/model/files/weight_files.ts";

/** A tensor's place in its file; `shape` as safetensors has it, rows first. */
interface GgufTensor {
  path: string;
  name: string;
  shape: number[];
  format: GgufFormat;
  start: number;
  bytes: number;
}

/** llama.cpp's short names. */
const NAMES: Record<string, string> = {
  token_embd: "model.embed_tokens",
  output_norm: "model.norm",
  output: "lm_head",
  attn_q: "self_attn.q_proj",
  attn_k: "self_attn.k_proj",
  attn_v: "self_attn.v_proj",
  attn_output: "self_attn.o_proj",
  attn_q_norm: "self_attn.q_norm",
  attn_k_norm: "self_attn.k_norm",
  ffn_gate: "mlp.gate_proj",
  ffn_up: "mlp.up_proj",
  ffn_down: "mlp.down_proj",
  attn_norm: "input_layernorm",
  ffn_norm: "post_attention_layernorm",
};
/** Larger models are written as several files of about this size. */
const SHARD_BYTES = 5e9;

/**
 * Writes the model folder of a GGUF file, atomically: F32 weights, `config.json`,
 * tokenizer and chat template. `path` is a file, one of the parts of a split one,
 * or a folder that holds either. Throws naming the file and what is wrong in it.
 */
export async function importGguf(path: string, folder: string): Promise<void> {
  const paths = ggufFiles(path);
  if (paths.length === 0) throw new Error(`${path}: there is no GGUF file`);
  const total = Number(parseGgufShardFilename(basename(paths[0]))?.total ?? 1);
  if (total !== paths.length) {
    throw new Error(
      `${path}: ${paths.length} of the model's ${total} files are there; fetch ` +
        `the others into the same folder`,
    );
  }
  const parts = await Promise.all(paths.map(readGguf));
  const { metadata } = parts[0];
  const tensors = parts.flatMap(({ tensors }) => tensors);
  const tokenizer = tokenizerOfGguf(metadata, paths[0]);
  const config = configOf(metadata, tensors, tokenizer.ids, paths[0]);
  const rotates = metadata["general.architecture"] === "llama";
  const written = tensors.map((tensor) => writtenAs(tensor, config, rotates));
  await replaceFolder(folder, async (part) => {
    await writeWeights(part, written, SHARD_BYTES);
    const json = (name: string, value: unknown, indent?: number) =>
      Deno.writeTextFile(join(part, name), JSON.stringify(value, null, indent));
    await json("config.json", configJson(config), 2);
    await json("tokenizer.json", tokenizer.json);
    await json("tokenizer_config.json", tokenizer.config, 2);
    await writeGenerationConfig(config, part);
  });
}

/** Returns the GGUF file, or all parts of the split one, that a path names; none is an empty list. */
export function ggufFiles(path: string): string[] {
  let isFolder: boolean;
  try {
    isFolder = Deno.statSync(path).isDirectory;
  } catch {
    return [];
  }
  if (!isFolder && !path.endsWith(".gguf")) return [];
  const folder = isFolder ? path : dirname(path);
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => name.endsWith(".gguf")).sort();
  const model = (name: string) => parseGgufShardFilename(name)?.prefix ?? name;
  const wanted = isFolder ? names[0] : basename(path);
  const found = names.filter((name) => model(name) === model(wanted));
  if (isFolder && found.length < names.length) {
    throw new Error(
      `${path}: ${names.join(", ")} are several models; name one of the files`,
    );
  }
  return found.map((name) => join(folder, name));
}

async function readGguf(
  path: string,
): Promise<{ metadata: GgufMetadata; tensors: GgufTensor[] }> {
  const header = await gguf(path, { allowLocalFile: true }).catch((error) => {
    throw new Error(
      `${path}: the GGUF header cannot be read (${error.message}); the file is ` +
        `damaged or of another kind: fetch it again`,
    );
  });
  if (!header.littleEndian) {
    throw new Error(`${path}: big-endian; fetch the little-endian file`);
  }
  const size = Deno.statSync(path).size;
  const tensors = header.tensorInfos.map(({ name, shape, dtype, offset }) => {
    const format = GGUF_FORMATS[dtype];
    if (format === undefined) {
      throw new Error(
        `${path}: "${name}" is of type ${dtype}; read are ${
          Object.values(GGUF_FORMATS).map(({ name }) => name).join(", ")
        }: fetch a file quantised as one of them, such as Q8_0`,
      );
    }
    const axes = shape.map(Number).reverse();
    const values = axes.reduce((product, axis) => product * axis, 1);
    const bytes = values / format.block * format.bytes;
    const start = Number(header.tensorDataOffset + offset);
    if (!((axes.at(-1) ?? 0) % format.block === 0 && start + bytes <= size)) {
      throw new Error(
        `${path}: "${name}" of shape [${axes}] as ${format.name} does not lie ` +
          `within the file's ${size} bytes; the file is incomplete: fetch it again`,
      );
    }
    return { path, name, shape: axes, format, start, bytes };
  });
  return { metadata: { ...header.metadata }, tensors };
}

/** Returns `config.json` in Hugging Face's words, checked as any other. */
function configOf(
  metadata: GgufMetadata,
  tensors: readonly GgufTensor[],
  ids: object,
  source: string,
): ModelConfig {
  const family = metadata["general.architecture"];
  const field = (name: string) => metadata[`${family}.${name}`];
  const scaling = field("rope.scaling.type") ?? "none";
  if (scaling !== "none") {
    throw new Error(
      `${source}: ${family}.rope.scaling.type is "${scaling}"; only "none" is ` +
        `read: take the checkpoint that has a config.json`,
    );
  }
  const has = (wanted: string) => tensors.some(({ name }) => name === wanted);
  const heads = Number(field("attention.head_count"));
  const width = Number(field("embedding_length"));
  return parseModelConfig(
    JSON.stringify({
      model_type: family,
      vocab_size: tensors.find(({ name }) => name === "token_embd.weight")
        ?.shape[0],
      hidden_size: width,
      num_hidden_layers: field("block_count"),
      num_attention_heads: heads,
      num_key_value_heads: field("attention.head_count_kv") ?? heads,
      head_dim: field("attention.key_length") ?? width / heads,
      intermediate_size: field("feed_forward_length"),
      max_position_embeddings: field("context_length"),
      rms_norm_eps: field("attention.layer_norm_rms_epsilon"),
      rope_theta: field("rope.freq_base") ?? 10000,
      tie_word_embeddings: !has("output.weight"),
      ...ids,
    }),
    source,
  );
}

/** llama.cpp turns neighbours of Llama's queries and keys; Hugging Face turns halves. */
function writtenAs(
  tensor: GgufTensor,
  { head_dim }: ModelConfig,
  rotates: boolean,
): WrittenTensor {
  const { name, shape } = tensor;
  const rotated = rotates && /\.attn_[qk]\.(weight|bias)$/.test(name);
  const rowSize = shape.slice(1).reduce((product, axis) => product * axis, 1);
  return {
    name: nameOf(tensor),
    shape,
    values: () => {
      const values = readValues(tensor);
      return rotated ? pairsToHalves(values, head_dim, rowSize) : values;
    },
  };
}

function nameOf({ name, path }: GgufTensor): string {
  const [, layer, part, kind] =
    /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
  if (part !== undefined && Object.hasOwn(NAMES, part)) {
    const place = layer === undefined ? "" : `model.layers.${layer}.`;
    return `${place}${NAMES[part]}.${kind}`;
  }
  throw new Error(
    `${path}: there is no place for the tensor "${name}"; its model is of ` +
      `another kind than Llama, Qwen2 and Qwen3, or scales rotary positions: take ` +
      `its folder of safetensors`,
  );
}

function readValues({ path, format, start, bytes }: GgufTensor): Float32Array {
  using file = Deno.openSync(path);
  file.seekSync(start, Deno.SeekMode.Start);
  const data = new Uint8Array(bytes);
  readExactly(file, data, path);
  return format.widen(data);
}
