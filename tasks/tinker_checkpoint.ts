/**
 * A tiny random Qwen3 as a Hugging Face folder: enough for a real trainer to
 * load, small enough to train on a processor in milliseconds.
 *
 * 64 tokens, 2 layers, 78 thousand values. Its tokenizer knows the words t0 to
 * t63 and nothing else; the tests talk to it in token numbers.
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
  await writeJson(`${folder}/tokenizer.json`, wordTokenizer());
  await writeJson(`${folder}/tokenizer_config.json`, {
    tokenizer_class: "PreTrainedTokenizerFast",
    eos_token: "t0",
    pad_token: "t0",
  });
}

function wordTokenizer(): object {
  const vocab = Object.fromEntries(
    Array.from({ length: TINY_VOCABULARY }, (_, id) => [`t${id}`, id]),
  );
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: null,
    model: { type: "WordLevel", vocab, unk_token: "t0" },
  };
}

function writeJson(path: string, value: unknown): Promise<void> {
  return Deno.writeTextFile(path, JSON.stringify(value, null, 2) + "\n");
}
