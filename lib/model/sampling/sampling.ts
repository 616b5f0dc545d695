/**
 * Batched sampling with a key-value cache.
 *
 * Every prompt is computed once and shared by its samples. Rows form a grid of prompts
 * by samples. Every few tokens the finished rows leave the grid. Each row has its own
 * random stream, so that its tokens do not depend on other rows.
 * Left out: decoding one token (decode_native.ts, decode_eager.ts), stop strings
 * (text.ts) and chat formatting (chat.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { runsGraphs } from "../backend.ts";
import type { Sample, SampleRequest, SamplingOptions } from "../requests.ts";
import { breathe } from "../../breathe.ts";
import { lengthBuckets, plainBatch } from "../training/batch.ts";
import { EagerDecoding } from "./decode_eager.ts";
import { NativeDecoding } from "../native/decode_native.ts";
import type { Decoder } from "../decoder.ts";
import { CACHE_BYTES, cacheBytesPerToken } from "../memory.ts";
import type { Decoding, DecodingStart } from "./decoding.ts";
import {
  type EndOfSample,
  endRows,
  type Grid,
  newRows,
  recordTokens,
  type Row,
  shrink,
  uniformTable,
} from "./sample_rows.ts";
import { checkSampling } from "./sampling_checks.ts";

/** Most rows sampled together: more rows cost memory and gain no speed. */
const MAXIMUM_ROWS = 512;

/** Most prompt tokens of one prefill. */
const PREFILL_TOKENS = 16384;

/**
 * Most products of prompt tokens and parameters between two turns: about two seconds of
 * two processor cores, so that a signal is heard while many prompts are read.
 */
const PREFILL_WORK = 2e11;

/** A constructor of a `Decoding` (decoding.ts). */
export type DecodingKind = (start: DecodingStart) => Decoding;

/** Decoding by eager operations, for any backend and any model. */
export const eagerDecoding: DecodingKind = (start) => new EagerDecoding(start);

/** Decoding by a graph, for native TensorFlow on the processor. */
export const graphDecoding: DecodingKind = (start) => new NativeDecoding(start);

/** Returns decoding by a graph where it runs, else by eager operations. */
export function fastestDecoding(): DecodingKind {
  return runsGraphs() ? graphDecoding : eagerDecoding;
}

/**
 * Samples responses; `result[i][k]` is sample k of request i. Throws with the field
 * that is wrong, or the reason of `options.stop` when that signal is aborted.
 */
export async function sampleBatch(
  model: Decoder,
  requests: readonly SampleRequest[],
  options: SamplingOptions,
  endOf: EndOfSample = () => null,
  decode: DecodingKind = fastestDecoding(),
): Promise<Sample[][]> {
  checkSampling(model.config, requests, options);
  const rows = requests.map((request, index) => newRows(request, index));
  const told = tell(rows.flat(), options.onProgress);
  for (const grid of gridsOf(requests, rowLimit(model, requests))) {
    await sampleGrid(
      model,
      grid.map((i) => rows[i]),
      requests,
      options,
      endOf,
      decode,
      told,
    );
  }
  return rows.map((group) =>
    group.map(({ tokens, logProbs, finish }) => ({
      tokens,
      logProbs,
      finish,
    }))
  );
}

/** Returns what tells how far all rows are, given those under way and their share. */
function tell(rows: readonly Row[], onProgress: SamplingOptions["onProgress"]) {
  return (share: number, current: number) => {
    if (onProgress === undefined) return;
    const done = rows.filter((row) => row.done).length;
    onProgress({
      tokens: rows.reduce((sum, row) => sum + row.tokens.length, 0),
      ...{ done, rows: rows.length },
      share: Math.min(1, (done + current * share) / rows.length),
    });
  };
}

/** Returns the number of rows whose longest responses fit into the cache. */
function rowLimit(model: Decoder, requests: readonly SampleRequest[]): number {
  const perToken = cacheBytesPerToken(model.config);
  const longest = requests.reduce(
    (most, { promptTokens, maxNewTokens }) =>
      Math.max(most, promptTokens.length + maxNewTokens),
    1,
  );
  return Math.min(MAXIMUM_ROWS, Math.floor(CACHE_BYTES / (perToken * longest)));
}

/** Groups requests of equal count and similar prompt length into grids of at most `rows` rows. */
function gridsOf(
  requests: readonly SampleRequest[],
  rows: number,
): number[][] {
  const byCount = Map.groupBy(
    requests.map((_, i) => i).filter((i) => requests[i].count > 0),
    (i) => requests[i].count,
  );
  const grids: number[][] = [];
  for (const [count, members] of byCount) {
    const prompts = Math.max(1, Math.floor(rows / count));
    const lengths = members.map((i) => requests[i].promptTokens.length);
    for (const bucket of lengthBuckets(lengths, PREFILL_TOKENS)) {
      for (let at = 0; at < bucket.length; at += prompts) {
        grids.push(bucket.slice(at, at + prompts).map((j) => members[j]));
      }
    }
  }
  return grids;
}

async function sampleGrid(
  model: Decoder,
  rows: Row[][],
  requests: readonly SampleRequest[],
  options: SamplingOptions,
  endOf: EndOfSample,
  decode: DecodingKind,
  told: ReturnType<typeof tell>,
): Promise<void> {
  let grid: Grid = { rows, width: rows[0].length };
  const prompts = rows.map(([row]) => [...requests[row.request].promptTokens]);
  const limits = rows.map(([row], i) =>
    Math.min(
      requests[row.request].maxNewTokens,
      model.config.max_position_embeddings - prompts[i].length,
    )
  );
  const steps = Math.max(...limits);
  if (steps <= 0) return;
  // A prompt that fills the context has no place for a token.
  rows.forEach((group, i) => {
    for (const row of group) row.done ||= limits[i] <= 0;
  });
  const limitOf = new Map(rows.map(([row], i) => [row.request, limits[i]]));
  told(0, 0);
  const prefilled = await prefill(model, prompts, grid.width, options.stop);
  const decoding = decode({
    model,
    options,
    steps,
    width: grid.width,
    promptLengths: prompts.map((prompt) => prompt.length),
    uniforms: tf.tensor2d(uniformTable(grid, steps), [
      steps,
      prompts.length * grid.width,
    ]),
    ...prefilled,
  });
  try {
    for (let step = 0; step < steps;) {
      await breathe(options.stop);
      const drawn = await decoding.draw(step);
      recordTokens(grid, drawn, options, limitOf);
      endRows(grid, endOf);
      step += drawn.count;
      const alive = grid.rows.flat().filter((row) => row && !row.done).length;
      told(step / steps, alive);
      const smaller = step < steps ? shrink(grid) : null;
      if (smaller === "empty") break;
      if (smaller !== null) {
        decoding.keep(smaller);
        grid = smaller.grid;
      }
    }
  } finally {
    decoding.dispose();
  }
}

type Prefilled = Pick<
  DecodingStart,
  "promptKeys" | "promptValues" | "promptMask" | "logits"
>;

/** Computes the keys and values of the prompts, and the logits of every row's first token. */
async function prefill(
  model: Decoder,
  prompts: readonly (readonly number[])[],
  width: number,
  stop?: AbortSignal,
): Promise<Prefilled> {
  const columns = Math.max(1, ...prompts.map((prompt) => prompt.length));
  const work = columns * model.parameterCount;
  const size = Math.max(1, Math.floor(PREFILL_WORK / work));
  const parts: Prefilled[] = [];
  try {
    for (let at = 0; at < prompts.length; at += size) {
      await breathe(stop);
      const some = prompts.slice(at, at + size);
      parts.push(prefillSome(model, some, columns, width));
    }
  } catch (error) {
    tf.dispose(parts.map((part) => Object.values(part)));
    throw error;
  }
  if (parts.length === 1) return parts[0];
  const joined = tf.tidy(() => {
    const layers = (key: "promptKeys" | "promptValues") =>
      parts[0][key].map((_, layer) =>
        tf.concat(parts.map((part) => part[key][layer]), 1)
      );
    return {
      promptKeys: layers("promptKeys"),
      promptValues: layers("promptValues"),
      promptMask: tf.concat(parts.map((part) => part.promptMask), 0),
      logits: tf.concat(parts.map((part) => part.logits), 0),
    } as unknown as tf.TensorContainerObject;
  }) as unknown as Prefilled;
  tf.dispose(parts.map((part) => Object.values(part)));
  return joined;
}

/** Computes some of the prompts, in rows of `columns` tokens. */
function prefillSome(
  model: Decoder,
  prompts: readonly (readonly number[])[],
  columns: number,
  width: number,
): Prefilled {
  return tf.tidy(() => {
    const batch = plainBatch(prompts, columns);
    const last = prompts.map((prompt, p) =>
      p * batch.columns + prompt.length - 1
    );
    const { hidden, keys, values } = model.prefill(batch, last);
    const logits_PV = model.logits(hidden);
    const mask = new Float32Array(prompts.length * batch.columns);
    prompts.forEach((prompt, p) => {
      const row = p * batch.columns;
      mask.fill(-1e9, row + prompt.length, row + batch.columns);
    });
    const promptOfRow = prompts.flatMap((_, p) =>
      new Array<number>(width).fill(p)
    );
    const prefilled: Prefilled = {
      promptKeys: keys,
      promptValues: values,
      promptMask: tf.tensor2d(mask, [prompts.length, batch.columns]),
      logits: tf.gather(logits_PV, tf.tensor1d(promptOfRow, "int32")),
    };
    return prefilled as unknown as tf.TensorContainerObject;
  }) as unknown as Prefilled;
}
