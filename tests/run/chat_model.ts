/**
 * A random model of Qwen's shape with a vocabulary of words, in a Hugging Face
 * folder: it reads the chat dialect's prompts at their true length and answers
 * with noise, in which the dialect's tags turn up now and then.
 */
import {
  createModel,
  modelConfig,
  saveModel,
  startBackend,
  Tokenizer,
} from "../../lib/model/mod.ts";
import { wordTokenizerJson } from "../../lib/lab/world/word_tokenizer.ts";

const TAGS = ["<think>", "</think>", "<answer>", "</answer>", "```"];
const WORDS = ["output", "input", "javascript", "function", "f", "a", "return"];
const END = "<|im_end|>";

/** Pieces are tags, words of the vocabulary, or single printable characters. */
export function chatTokenizer(): Tokenizer {
  const characters = Array.from(
    { length: 95 },
    (_, i) => String.fromCharCode(32 + i),
  );
  const pieces = new Set(["<pad>", END, "<unk>", "\n", ...TAGS, ...WORDS])
    .union(new Set(characters));
  const json = wordTokenizerJson({
    pieces: [...pieces],
    special: 3,
    // Long words that the vocabulary lacks are one unknown token: prompts stay short.
    pattern: "</?(?:think|answer)>|```|\\w+|[^\\w]",
    unknown: "<unk>",
  });
  return Tokenizer.fromJson(json, { eos_token: END, pad_token: "<pad>" });
}

/** Writes model and tokenizer; the same bytes every time. */
export async function writeChatModel(folder: string): Promise<void> {
  await startBackend();
  const tokenizer = chatTokenizer();
  const model = createModel(
    modelConfig({
      model_type: "qwen2",
      vocab_size: tokenizer.vocabularySize,
      hidden_size: 16,
      num_hidden_layers: 2,
      num_attention_heads: 2,
      num_key_value_heads: 1,
      intermediate_size: 24,
      max_position_embeddings: 2048,
      eos_token_id: tokenizer.eosId,
      initializer_range: 0.2,
    }),
    3,
  );
  await Deno.mkdir(folder, { recursive: true });
  await saveModel(model, folder);
  model.dispose();
  await tokenizer.save(folder);
}
