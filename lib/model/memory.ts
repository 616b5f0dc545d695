/**
 * The memory that training and sampling take, computed from a model's shape.
 *
 * Sums of what is held at the same time. Three ways of training differ in what they keep
 * for gradients: single operations keep nearly every result, graphs of single layers
 * keep as much as a budget allows, and recomputed layers keep their input alone. Peaks
 * of whole processes are recorded in data/model/memory.json; a test holds the sums to
 * them. Left out: the copies while a model is opened.
 */
import type { ModelConfig } from "./config.ts";
import { LORA_TARGETS, loraSpecs } from "./lora.ts";
import { type ParameterSpec, parameterSpecs } from "./parameters.ts";
import { SMALL_MODEL } from "./native/small_model.ts";
import { slicePositions, WHOLE_LOGITS } from "./training/token_losses.ts";

/** What is held: a model, what is trained of it, and the batches. */
export interface MemoryPlan {
  config: ModelConfig;
  /** Bytes of a number of a weight matrix. Vectors, gradients and moments have 4. */
  weightBytes: 4 | 2;
  /** Rank of adapters on every projection; 0 trains the weights; null trains nothing. */
  loraRank: number | null;
  /** Whether the layers run by graphs (layers_native.ts). */
  graphs: boolean;
  recomputesLayers: boolean;
  /** Padded tokens of a micro-batch, and of its longest row. */
  batchTokens: number;
  rowTokens: number;
  /** Rows sampled together, and the tokens of the longest with its prompt. */
  sampledRows: number;
  sampledTokens: number;
}

/** Bytes by purpose. */
export interface Memory {
  weights: number;
  gradients: number;
  moments: number;
  /** What a micro-batch keeps and computes, its loss included. */
  batch: number;
  /** Keys and values of the rows sampled together, and their logits. */
  sampling: number;
  /** Libraries, buffers and caches of a process, or of CUDA on a card. */
  runtime: number;
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

/** A process holds 0.4 GB with TensorFlow loaded, and 0.1 more with a model open. */
const RUNTIME_BYTES = 0.5e9;

/** What allocators keep of freed blocks: peaks lie a tenth above what is held at a time. */
const ALLOCATED = 1.1;

/** Arrays of logits that a loss holds at a time, and that drawing a token holds. */
const LOGIT_ARRAYS = { whole: 10, sliced: 5, drawn: 3 };

const FLOAT = 4;

/** Returns the memory of a plan, by purpose. */
export function memoryOf(plan: MemoryPlan): Memory {
  const { config, weightBytes, loraRank } = plan;
  const sizes = parameterSpecs(config).map(({ shape }) => ({
    count: countOf(shape),
    bytes: shape.length > 1 ? weightBytes : FLOAT,
  }));
  const trained = trainedNumbers(config, loraRank);
  const adapters = loraRank ? FLOAT * trained : 0;
  return {
    weights: sum(sizes.map(({ count, bytes }) => count * bytes)) + adapters,
    gradients: FLOAT * trained,
    moments: 2 * FLOAT * trained,
    batch: loraRank === null ? 0 : batchBytes(plan),
    sampling: samplingBytes(plan),
    runtime: RUNTIME_BYTES,
  };
}

/** Returns the most that is held at a time: training and sampling take turns. */
export function peakOf(memory: Memory): number {
  const { weights, moments, runtime, gradients, batch, sampling } = memory;
  const held = weights + moments + Math.max(gradients + batch, sampling);
  return runtime + ALLOCATED * held;
}

/** Returns how many numbers are trained: of the weights, or of adapters of a rank. */
export function trainedNumbers(
  config: ModelConfig,
  loraRank: number | null,
): number {
  if (loraRank === null) return 0;
  const specs: readonly Pick<ParameterSpec, "shape">[] = loraRank === 0
    ? parameterSpecs(config)
    : loraSpecs(config, { rank: loraRank, alpha: 1, targets: LORA_TARGETS });
  return sum(specs.map(({ shape }) => countOf(shape)));
}

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
  plan: Pick<
    MemoryPlan,
    "config" | "loraRank" | "graphs" | "recomputesLayers"
  >,
  bytes = MICRO_BATCH_BYTES,
): number {
  const { config } = plan;
  const perToken = byBlocks(plan)
    ? FLOAT * config.num_hidden_layers * keptPerToken(config)
    : FLOAT * (keptByOperations(plan, 0) + 3 * config.vocab_size);
  const room = byBlocks(plan) ? keptBudget(plan) : bytes;
  return Math.max(1, Math.min(MICRO_BATCH_TOKENS, Math.floor(room / perToken)));
}

function byBlocks(
  { config, graphs, recomputesLayers }: Pick<
    MemoryPlan,
    "config" | "graphs" | "recomputesLayers"
  >,
): boolean {
  return graphs && !recomputesLayers && weightNumbers(config) > SMALL_MODEL;
}

function keptBudget({ loraRank }: Pick<MemoryPlan, "loraRank">): number {
  return KEPT_BYTES[loraRank ? "adapters" : "weights"];
}

/** Bytes that a micro-batch keeps, and that a layer and the loss compute on top. */
function batchBytes(plan: MemoryPlan): number {
  const { config, batchTokens, rowTokens } = plan;
  const layers = config.num_hidden_layers;
  const kept = byBlocks(plan)
    ? batchTokens * layers * config.hidden_size * FLOAT + Math.min(
      keptBudget(plan),
      batchTokens * layers * keptPerToken(config) * FLOAT,
    )
    : batchTokens * keptByOperations(plan, rowTokens) * FLOAT;
  // Scores, their slopes and a product of both, beside a layer's other results, whose
  // gradients a graph frees and single operations keep until the layer is done.
  const times = byBlocks(plan) ? 1 : 2;
  const layer = batchTokens * FLOAT *
    (times * numbersOfLayer(plan) + 3 * config.num_attention_heads * rowTokens);
  return kept + Math.max(layer, lossBytes(plan));
}

/** Numbers that training by single operations keeps of a token in rows of some length. */
function keptByOperations(
  plan: Pick<MemoryPlan, "config" | "loraRank" | "recomputesLayers">,
  rowTokens: number,
): number {
  const { num_hidden_layers, hidden_size, num_attention_heads } = plan.config;
  const layer = numbersOfLayer(plan) + num_attention_heads * rowTokens;
  return plan.recomputesLayers
    ? layer + num_hidden_layers * hidden_size
    : num_hidden_layers * layer;
}

/**
 * Numbers of a token in a layer, attention weights left out: both norms and residuals 8
 * hidden vectors, heads 6 times the queries and 7 times the keys, the gated block 5 inner
 * vectors; adapters three further vectors of each output.
 */
function numbersOfLayer(
  { config, loraRank }: Pick<MemoryPlan, "config" | "loraRank">,
): number {
  const queries = config.num_attention_heads * config.head_dim;
  const keys = config.num_key_value_heads * config.head_dim;
  const { hidden_size: width, intermediate_size: inner } = config;
  const plain = 8 * width + 6 * queries + 7 * keys + 5 * inner;
  return loraRank
    ? plain + 3 * (queries + 2 * keys + 2 * width + 2 * inner)
    : plain;
}

/** Bytes of the output layer's weight in 32 bits, where it is packed. */
function widenedBytes({ config, weightBytes }: MemoryPlan): number {
  return weightBytes === FLOAT
    ? 0
    : config.vocab_size * config.hidden_size * FLOAT;
}

/** Bytes of the logits of a loss, and of the output layer's gradient while it is added up. */
function lossBytes(plan: MemoryPlan): number {
  const { config, batchTokens, loraRank } = plan;
  const { vocab_size, hidden_size } = config;
  if (batchTokens * vocab_size <= WHOLE_LOGITS) {
    return LOGIT_ARRAYS.whole * batchTokens * vocab_size * FLOAT +
      widenedBytes(plan);
  }
  const positions = Math.min(batchTokens, slicePositions(vocab_size));
  const sums = loraRank === 0 ? 2 * vocab_size * hidden_size * FLOAT : 0;
  return LOGIT_ARRAYS.sliced * positions * vocab_size * FLOAT + sums +
    widenedBytes(plan);
}

/** Bytes of caches within their limit, and of the logits from which tokens are drawn. */
function samplingBytes(plan: MemoryPlan): number {
  const { config, sampledRows, sampledTokens } = plan;
  const perRow = sampledTokens * cacheBytesPerToken(config);
  // More rows begin together than could last to the longest response.
  const rows = Math.min(sampledRows, MAXIMUM_ROWS);
  return Math.min(rows * perRow, Math.max(CACHE_BYTES, perRow)) +
    LOGIT_ARRAYS.drawn * rows * config.vocab_size * FLOAT +
    widenedBytes(plan);
}

function weightNumbers(config: ModelConfig): number {
  return trainedNumbers(config, 0);
}

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
