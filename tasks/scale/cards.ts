/**
 * Accelerators by what their makers publish, and models by their shape. Prices are
 * round assumptions for an hour of a rented card, to be changed here.
 */
import { modelConfig } from "../../lib/model/mod.ts";

/** A card. Units: 10^12 dense bfloat16 operations a second, 10^9 bytes, and 10^9 bytes a second. */
export interface Card {
  name: string;
  teraflops: number;
  memory: number;
  bandwidth: number;
  /** To the other cards of a node, one way. */
  link: number;
  dollarsPerHour: number;
  source: string;
}

export const CARDS: readonly Card[] = [
  {
    ...{ name: "RTX 4090", teraflops: 165.2, memory: 24, bandwidth: 1008 },
    ...{ link: 32, dollarsPerHour: 0.4 },
    source: "NVIDIA Ada architecture whitepaper, appendix A; PCIe 4.0 x16",
  },
  {
    ...{ name: "A100-80", teraflops: 312, memory: 80, bandwidth: 2039 },
    ...{ link: 300, dollarsPerHour: 1.5 },
    source: "NVIDIA A100 datasheet (SXM, 80 GB)",
  },
  {
    ...{ name: "H100", teraflops: 989, memory: 80, bandwidth: 3350 },
    ...{ link: 450, dollarsPerHour: 2.5 },
    source: "NVIDIA H100 datasheet (SXM, without sparsity)",
  },
  {
    ...{ name: "H200", teraflops: 989, memory: 141, bandwidth: 4800 },
    ...{ link: 450, dollarsPerHour: 3.5 },
    source: "NVIDIA H200 datasheet (SXM, without sparsity)",
  },
];

/** Shapes of Qwen2.5 by size: config.json of the published models. */
const SHAPES: Record<string, readonly number[]> = {
  "0.5B": [896, 4864, 24, 14, 2, 151936],
  "1.5B": [1536, 8960, 28, 12, 2, 151936],
  "3B": [2048, 11008, 36, 16, 2, 151936],
  "7B": [3584, 18944, 28, 28, 4, 152064],
  "14B": [5120, 13824, 48, 40, 8, 152064],
};

export const SIZES = Object.keys(SHAPES);

/** Returns the config of Qwen2.5 in a size. */
export function qwen(size: string) {
  const [width, inner, layers, heads, shared, vocabulary] = SHAPES[size];
  return modelConfig({
    model_type: "qwen2",
    vocab_size: vocabulary,
    hidden_size: width,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: shared,
    max_position_embeddings: 32768,
    rope_theta: 1e6,
    tie_word_embeddings: vocabulary === 151936,
  });
}
