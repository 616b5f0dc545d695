/** A random model with a tokenizer of characters, for a rehearsal without a download. */
import { wordTokenizerJson } from "../../lib/lab/world/word_tokenizer.ts";
import {
  createModel,
  modelConfig,
  saveModel,
  startBackend,
  Tokenizer,
} from "../../lib/model/mod.ts";

/** Writes model and tokenizer into a folder; the same bytes every time. */
export async function writeSmallModel(folder: string): Promise<void> {
  await startBackend();
  const characters = Array.from(
    { length: 95 },
    (_, i) => String.fromCharCode(32 + i),
  );
  const json = wordTokenizerJson({
    pieces: ["<pad>", "<end>", "<unknown>", "\n", ...characters],
    special: 3,
    pattern: "[\\s\\S]",
    unknown: "<unknown>",
  });
  const tokenizer = Tokenizer.fromJson(json, {
    eos_token: "<end>",
    pad_token: "<pad>",
  });
  const model = createModel(
    modelConfig({
      model_type: "llama",
      vocab_size: tokenizer.vocabularySize,
      hidden_size: 32,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      intermediate_size: 64,
      max_position_embeddings: 2048,
      eos_token_id: tokenizer.eosId,
    }),
    1,
  );
  await Deno.mkdir(folder, { recursive: true });
  await saveModel(model, folder);
  model.dispose();
  await tokenizer.save(folder);
}
