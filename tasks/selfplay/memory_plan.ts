/**
 * The memory that training and sampling take, computed from a model's shape.
 *
 * Sums of what is held at the same time, by what each way of training keeps
 * (lib/model/memory.ts). Peaks of whole processes are recorded in
 * data/model/memory.json; a test holds the sums to them. Left out: the copies while a
 * model is opened.
 */
import type { ModelConfig } from "../../lib/model/config.ts";
import { LORA_TARGETS, loraSpecs } from "../../lib/model/lora.ts";
import {
  byBlocks,
  CACHE_BYTES,
  cacheBytesPerToken,
  keptBudget,
  keptByOperations,
  keptPerToken,
  MAXIMUM_ROWS,
  numbersOfLayer,
  type Training,
} from "../../lib/model/memory.ts";
import {
  type ParameterSpec,
  parameterSpecs,
} from "../../lib/model/parameters.ts";
import {
  slicePositions,
  WHOLE_LOGITS,
} from "../../lib/model/training/token_losses.ts";

/** What is held: a model, what is trained of it, and the batches. */
export interface MemoryPlan extends Training {
  /** Bytes of a number of a weight matrix. Vectors, gradients and moments have 4. */
  weightBytes: 4 | 2;
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

function countOf(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
