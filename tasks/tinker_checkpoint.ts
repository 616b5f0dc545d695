/**
 * A tiny random Qwen3 as a Hugging Face folder: enough for a real trainer to
 * load, small enough to train on a processor in milliseconds.
 *
 * 64 tokens, 2 layers, 78 thousand values. Each token is a letter.
 */
import {
  createModel,
  modelConfig,
  saveModel,
  startBackend,
} from "../lib/model/mod.ts";

export const TINY_VOCABULARY = 64;
export const TINY_CONTEXT = 128;

/** Writes config.json, model.safetensors and a tokenizer; the same bytes every time. */
export async function writeTinyCheckpoint(
  folder: string,
  seed = 0,
): Promise<void> {
  await startBackend();
  const config = modelConfig({
    model_type: "qwen3",
    vocab_size: TINY_VOCABULARY,
    hidden_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    head_dim: 16,
    intermediate_size: 128,
    max_position_embeddings: TINY_CONTEXT,
    initializer_range: 0.15, // Larger than usual: a fresh model that has opinions.
    eos_token_id: 0,
  });
  const model = createModel(config, seed);
  await Deno.mkdir(folder, { recursive: true });
  await saveModel(model, folder);
  model.dispose();
  // Without this, transformers' server answers greedily whatever the temperature.
  await writeJson(`${folder}/generation_config.json`, { do_sample: true });
  await writeJson(`${folder}/tokenizer.json`, letterTokenizer());
  await writeJson(`${folder}/tokenizer_config.json`, {
    tokenizer_class: "PreTrainedTokenizerFast",
    eos_token: "A",
    pad_token: "A",
  });
}

/** One token per letter, in the order of base64; text and tokens map one to one. */
function letterTokenizer(): object {
  const letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const vocab = Object.fromEntries(
    [...letters].map((letter, id) => [letter, id]),
  );
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: {
      type: "Split",
      pattern: { Regex: "." },
      behavior: "Isolated",
      invert: false,
    },
    post_processor: null,
    decoder: { type: "Fuse" },
    model: { type: "WordLevel", vocab, unk_token: "A" },
  };
}

function writeJson(path: string, value: unknown): Promise<void> {
  return Deno.writeTextFile(path, JSON.stringify(value, null, 2) + "\n");
}
