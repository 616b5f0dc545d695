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
import { lengthBuckets } from "../training/batch.ts";
import { EagerDecoding } from "./decode_eager.ts";
import { NativeDecoding } from "../native/decode_native.ts";
import type { Decoder } from "../decoder.ts";
import { CACHE_BYTES, cacheBytesPerToken, MAXIMUM_ROWS } from "../memory.ts";
import type { Decoding, DecodingStart } from "./decoding.ts";
import { prefill } from "./prefill.ts";
import {
  divide,
  type EndOfSample,
  endRows,
  type Grid,
  newRows,
  recordTokens,
  type Row,
  shrink,
  type Smaller,
  uniformTable,
} from "./sample_rows.ts";
import { checkSampling } from "./sampling_checks.ts";

/** Tokens of a response that have to fit when a grid begins; most responses are shorter. */
const FIRST_TOKENS = 64;

/** Tokens by which a cache may grow before the rows are looked at again. */
const SPARE_TOKENS = 32;

/** Most prompt tokens of one prefill. */
const PREFILL_TOKENS = 16384;

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

/** What the grids of a batch have in common. */
interface Batch {
  model: Decoder;
  requests: readonly SampleRequest[];
  options: SamplingOptions;
  endOf: EndOfSample;
  decode: DecodingKind;
  /** Most bytes of keys and values. */
  cacheBytes: number;
  told: ReturnType<typeof tell>;
}

/**
 * Samples responses; `result[i][k]` is sample k of request i. Throws with the field
 * that is wrong, or the reason of `options.stop` when that signal is aborted.
 *
 * As many rows go together as fit while they are short. Where those that last no longer
 * fit, some are set aside and read again later, as longer prompts.
 */
export async function sampleBatch(
  model: Decoder,
  requests: readonly SampleRequest[],
  options: SamplingOptions,
  endOf: EndOfSample = () => null,
  decode: DecodingKind = model.isNarrow ? eagerDecoding : fastestDecoding(),
  cacheBytes = CACHE_BYTES,
): Promise<Sample[][]> {
  checkSampling(model.config, requests, options);
  const rows = requests.map((request, index) => newRows(request, index));
  const told = tell(rows.flat(), options.onProgress);
  const shared = { model, requests, options, endOf, decode, cacheBytes };
  const batch: Batch = { ...shared, told };
  const groups = model.isNarrow ? byPrompt(rows, requests) : rows;
  const grids = gridsOf(batch, groups.filter((group) => group.length > 0));
  for (let grid = grids.shift(); grid !== undefined; grid = grids.shift()) {
    const aside = await sampleGrid(batch, grid);
    grids.unshift(...gridsOf(batch, aside.map((row) => [row])));
  }
  return rows.map((group) =>
    group.map(({ tokens, logProbs, finish }) => ({
      tokens,
      logProbs,
      finish,
    }))
  );
}

/**
 * Puts the rows of requests with equal prompts and lengths together, so that such a prompt
 * is computed once: a run begins with many. Weights in 32 bits go without, because the last
 * bits of results depend on what is computed together, and recorded runs hold them.
 */
function byPrompt(
  rows: readonly Row[][],
  requests: readonly SampleRequest[],
): Row[][] {
  const equal = Map.groupBy(rows.flat(), ({ request }) => {
    const { promptTokens, maxNewTokens } = requests[request];
    return [maxNewTokens, ...promptTokens].join();
  });
  return [...equal.values()];
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

/** Returns the tokens that a row goes on from: its prompt and what was drawn. */
function readTokens({ requests }: Batch, row: Row): number[] {
  return [...requests[row.request].promptTokens, ...row.tokens];
}

/** Returns how many prompts of `width` rows fit into the cache, each row with `own` tokens. */
function fittingPrompts(
  { model, cacheBytes }: Batch,
  promptLength: number,
  width: number,
  own: number,
): number {
  const perPrompt = cacheBytesPerToken(model.config) *
    (promptLength + width * own);
  const most = Math.min(MAXIMUM_ROWS / width, cacheBytes / perPrompt);
  return Math.max(1, Math.floor(most));
}

/** Forms grids of groups of equal size and similar prompt length. */
function gridsOf(batch: Batch, groups: readonly Row[][]): Row[][][] {
  const grids: Row[][][] = [];
  for (const [width, members] of Map.groupBy(groups, ({ length }) => length)) {
    const lengths = members.map(([row]) => readTokens(batch, row).length);
    for (const bucket of lengthBuckets(lengths, PREFILL_TOKENS)) {
      const own = Math.min(
        FIRST_TOKENS,
        Math.max(...bucket.map((i) => tokensLeft(batch, members[i][0]))),
      );
      // The longest prompt is the first.
      const prompts = fittingPrompts(batch, lengths[bucket[0]], width, own);
      for (let at = 0; at < bucket.length; at += prompts) {
        grids.push(bucket.slice(at, at + prompts).map((i) => members[i]));
      }
    }
  }
  return grids;
}

/** Returns the longest response to a request, in tokens. */
function limitOf({ model, requests }: Batch, request: number): number {
  const { promptTokens, maxNewTokens } = requests[request];
  const room = model.config.max_position_embeddings - promptTokens.length;
  return Math.min(maxNewTokens, room);
}

function tokensLeft(batch: Batch, { request, tokens }: Row): number {
  return limitOf(batch, request) - tokens.length;
}

/** Samples a grid, and returns the rows that were set aside. */
async function sampleGrid(batch: Batch, rows: Row[][]): Promise<Row[]> {
  const { model, options, told } = batch;
  let grid: Grid = { rows, width: rows[0].length };
  const steps = Math.max(...rows.map(([row]) => tokensLeft(batch, row)));
  if (steps <= 0) return [];
  // A prompt that fills the context has no place for a token.
  for (const row of rows.flat()) row.done ||= tokensLeft(batch, row) <= 0;
  const prompts = rows.map(([row]) => readTokens(batch, row));
  const longest = Math.max(...prompts.map(({ length }) => length));
  told(0, 0);
  const prefilled = await prefill(model, prompts, grid.width, options.stop);
  const decoding = batch.decode({
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
  const aside: Row[] = [];
  const keep = (smaller: Smaller) => {
    decoding.keep(smaller);
    grid = smaller.grid;
  };
  try {
    for (let step = 0; step < steps;) {
      await breathe(options.stop);
      const drawn = await decoding.draw(step);
      recordTokens(grid, drawn, options, (row) => limitOf(batch, row.request));
      endRows(grid, batch.endOf);
      step += drawn.count;
      const alive = grid.rows.flat().filter((row) => row && !row.done).length;
      told(step / steps, alive);
      const smaller = step < steps ? shrink(grid) : null;
      if (smaller === "empty") break;
      if (smaller !== null) keep(smaller);
      if (step === steps) break;
      const part = fittingPart(batch, grid, longest, step);
      if (part === null) continue;
      aside.push(...part.aside);
      keep(part.kept);
    }
  } finally {
    decoding.dispose();
  }
  return aside;
}

/**
 * Returns the part of a grid that fits the cache for long, and the rows beside it; null
 * where everything fits for a while.
 */
function fittingPart(
  batch: Batch,
  grid: Grid,
  promptLength: number,
  step: number,
): { kept: Smaller; aside: Row[] } | null {
  const { rows, width } = grid;
  const own = step + SPARE_TOKENS;
  const fitting = fittingPrompts(batch, promptLength, width, own);
  if (rows.length === 1 || rows.length <= fitting) return null;
  const half = { ...batch, cacheBytes: batch.cacheBytes / 2 };
  return divide(grid, fittingPrompts(half, promptLength, width, own));
}
