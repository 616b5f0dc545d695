/** Small models and documents shared by the model's tests. */
import { createModel, type Decoder, modelConfig } from "../../lib/model/mod.ts";
import type { ModelShape } from "../../lib/model/config.ts";
import { randomStream } from "../../lib/random.ts";

/** Two layers, grouped-query attention, weights large enough to matter. */
export function smallModel(
  overrides: Partial<ModelShape> = {},
  seed = 7,
): Decoder {
  return createModel(
    modelConfig({
      model_type: "qwen3",
      vocab_size: 24,
      hidden_size: 16,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 4,
      intermediate_size: 24,
      max_position_embeddings: 64,
      initializer_range: 0.4,
      ...overrides,
    }),
    seed,
  );
}

/** A random token list over the small model's vocabulary. */
export function tokensOf(length: number, ...path: (string | number)[]) {
  const stream = randomStream(1, "tokens", ...path);
  return Array.from({ length }, () => stream.integer(2, 23));
}

/** Weights on everything but the first token. */
export function fullWeights(tokens: readonly number[]): number[] {
  return tokens.map((_, i) => i === 0 ? 0 : 1);
}
