/**
 * What training keeps of a token by a model's shape, and the batches that follow from it.
 *
 * Three ways of training differ in what they keep for gradients: single operations keep
 * nearly every result, graphs of single layers keep as much as a budget allows, and
 * recomputed layers keep their input alone. Left out: the memory of a whole run
 * (tasks/selfplay/memory_plan.ts).
 */
import type { ModelConfig } from "./config.ts";
import { SMALL_MODEL } from "./native/small_model.ts";
import { parameterCount } from "./parameters.ts";

/** A model, and how it is trained. */
export interface Training {
  config: ModelConfig;
  /** Rank of adapters on every projection; 0 trains the weights; null trains nothing. */
  loraRank: number | null;
  /** Whether the layers run by graphs (layers_native.ts). */
  graphs: boolean;
  recomputesLayers: boolean;
}

/**
 * Most bytes that graphs of single layers keep of a batch, besides the layers' inputs:
 * all of 388 tokens of SmolLM2-135M. Adapters leave more room, having hardly a gradient.
 */
export const KEPT_BYTES = { weights: 2 ** 28, adapters: 2 ** 29 };

/** Most bytes of a micro-batch on a processor. */
const MICRO_BATCH_BYTES = 2 ** 30;

/** Most tokens of a micro-batch: more tokens gain no speed. */
const MICRO_BATCH_TOKENS = 4096;

/** Most bytes of the keys and values of the rows sampled together. */
export const CACHE_BYTES = 2 ** 31;

/** Most rows sampled together: more rows cost memory and gain no speed. */
export const MAXIMUM_ROWS = 512;

const FLOAT = 4;

/** Returns the numbers that a layer's graph keeps of a token: heads, their output, gates. */
export function keptPerToken(config: ModelConfig): number {
  const { num_attention_heads, num_key_value_heads, head_dim } = config;
  return 2 * (num_attention_heads + num_key_value_heads) * head_dim +
    config.hidden_size + 2 * config.intermediate_size;
}

/** Returns the bytes of a token's keys and values in all layers. */
export function cacheBytesPerToken(config: ModelConfig): number {
  const { num_hidden_layers, num_key_value_heads, head_dim } = config;
  return 2 * FLOAT * num_hidden_layers * num_key_value_heads * head_dim;
}

/**
 * Returns the padded tokens of a micro-batch. Graphs of single layers take the tokens of
 * which they keep everything: with more, layers are computed twice. Other ways take what
 * `bytes` hold.
 */
export function microBatchTokens(
  plan: Training,
  bytes = MICRO_BATCH_BYTES,
): number {
  const { config } = plan;
  const perToken = byBlocks(plan)
    ? FLOAT * config.num_hidden_layers * keptPerToken(config)
    : FLOAT * (keptByOperations(plan, 0) + 3 * config.vocab_size);
  const room = byBlocks(plan) ? keptBudget(plan) : bytes;
  return Math.max(1, Math.min(MICRO_BATCH_TOKENS, Math.floor(room / perToken)));
}

/** Tells whether a large model's layers run by graphs, each by itself. */
export function byBlocks(
  { config, graphs, recomputesLayers }: Omit<Training, "loraRank">,
): boolean {
  return graphs && !recomputesLayers && parameterCount(config) > SMALL_MODEL;
}

/** Returns the bytes that graphs of single layers may keep. */
export function keptBudget({ loraRank }: Pick<Training, "loraRank">): number {
  return KEPT_BYTES[loraRank ? "adapters" : "weights"];
}

/** Returns the numbers that training by single operations keeps of a token in rows of some length. */
export function keptByOperations(
  plan: Omit<Training, "graphs">,
  rowTokens: number,
): number {
  const { num_hidden_layers, hidden_size, num_attention_heads } = plan.config;
  const layer = numbersOfLayer(plan) + num_attention_heads * rowTokens;
  return plan.recomputesLayers
    ? layer + num_hidden_layers * hidden_size
    : num_hidden_layers * layer;
}

/**
 * Returns the numbers of a token in a layer, attention weights left out: both norms and residuals 8
 * hidden vectors, heads 6 times the queries and 7 times the keys, the gated block 5 inner
 * vectors; adapters three further vectors of each output.
 */
export function numbersOfLayer(
  { config, loraRank }: Pick<Training, "config" | "loraRank">,
): number {
  const queries = config.num_attention_heads * config.head_dim;
  const keys = config.num_key_value_heads * config.head_dim;
  const { hidden_size: width, intermediate_size: inner } = config;
  const plain = 8 * width + 6 * queries + 7 * keys + 5 * inner;
  return loraRank
    ? plain + 3 * (queries + 2 * keys + 2 * width + 2 * inner)
    : plain;
}
