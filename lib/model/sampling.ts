/**
 * Batched sampling with a key-value cache.
 *
 * Every prompt is computed once and shared by its samples: the cache holds the
 * prompts' keys and values per prompt and the responses' per row. Rows form a
 * grid, prompts by samples; every few tokens the finished ones leave it. A row's
 * randomness is its own stream, so its tokens do not depend on its neighbours.
 * Left out: stop strings (text.ts) and chat formatting (chat.ts).
 */
import * as tf from "@tensorflow/tfjs";
import type { Sample, SampleRequest, SamplingOptions } from "./requests.ts";
import { randomStream } from "../random/mod.ts";
import { lengthBuckets, plainBatch } from "./batch.ts";
import { type Decoder, factorsOf, type RotaryFactors } from "./decoder.ts";
import { softmaxCrossEntropy, thinMatMul } from "./kernels.ts";
import { chooseTokens } from "./choice.ts";

/** Tokens sampled between two looks at which rows have finished. */
const TOKENS_PER_CHECK = 4;

/** Rows sampled together; more cost memory without gaining speed. */
const MAXIMUM_ROWS = 512;

/** Bytes that the keys and values of the rows sampled together may take. */
const CACHE_BYTES = 2 ** 31;

/** Prompt tokens computed together in one prefill. */
const PREFILL_TOKENS = 16384;

/**
 * Decides from a row's tokens whether it is finished: how many of them to keep,
 * or null to go on. Called every few tokens, so the end may lie a little back.
 */
export type EndOfSample = (tokens: readonly number[]) => number | null;

/** Samples every request; `result[i][k]` is sample k of request i. */
export async function sampleBatch(
  model: Decoder,
  requests: readonly SampleRequest[],
  options: SamplingOptions,
  endOf: EndOfSample = () => null,
): Promise<Sample[][]> {
  checkRequests(model, requests);
  const rows = requests.map((request, index) => newRows(request, index));
  for (const grid of gridsOf(requests, rowLimit(model, requests))) {
    await sampleGrid(
      model,
      grid.map((i) => rows[i]),
      requests,
      options,
      endOf,
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

/** A sample being written. */
interface Row extends Sample {
  request: number;
  /** Uniform numbers in (0, 1), one per token. */
  uniforms: Float32Array;
  done: boolean;
}

/** Rows as a grid: `prompts[p]` has `width` rows, some of them fillers. */
interface Grid {
  rows: (Row | null)[][];
  width: number;
}

function newRows(request: SampleRequest, index: number): Row[] {
  return Array.from({ length: request.count }, (_, sample) => {
    const stream = randomStream(request.seed, "sample", sample);
    const uniforms = new Float32Array(request.maxNewTokens);
    for (let i = 0; i < uniforms.length; i++) {
      // 23 bits and a half: exact in 32-bit floats, never 0 and never 1.
      uniforms[i] = ((stream.nextUint32() >>> 9) + 0.5) / 8388608;
    }
    return {
      request: index,
      uniforms,
      done: request.maxNewTokens === 0,
      tokens: [],
      logProbs: [],
      finish: "length",
    };
  });
}

/** Rows whose longest responses fit the cache's budget. */
function rowLimit(model: Decoder, requests: readonly SampleRequest[]): number {
  const { num_hidden_layers, num_key_value_heads, head_dim } = model.config;
  const perToken = 2 * 4 * num_hidden_layers * num_key_value_heads * head_dim;
  const longest = requests.reduce(
    (most, { promptTokens, maxNewTokens }) =>
      Math.max(most, promptTokens.length + maxNewTokens),
    1,
  );
  return Math.min(MAXIMUM_ROWS, Math.floor(CACHE_BYTES / (perToken * longest)));
}

/** Requests of equal count and similar prompt length, `rows` rows or one prompt. */
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

/** Device state of one grid. P prompts, R = P * width rows, G key heads. */
type Cache = {
  /** Per layer `[G, P, Tp, E]`. */
  promptKeys: tf.Tensor[];
  promptValues: tf.Tensor[];
  /** `[1, P, 1, Tp]`, 0 or -1e9. */
  promptMask: tf.Tensor;
  /** Per layer `[G, R, t, E]`; empty lists before the first token. */
  keys: tf.Tensor[];
  values: tf.Tensor[];
  /** Rotary position of the next token, `[R]`. */
  positions: tf.Tensor1D;
  /** `[steps, R]`. */
  uniforms: tf.Tensor2D;
  /** Logits of the next token, `[R, V]`. */
  logits: tf.Tensor2D;
};

async function sampleGrid(
  model: Decoder,
  rows: Row[][],
  requests: readonly SampleRequest[],
  options: SamplingOptions,
  endOf: EndOfSample,
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
  const limitOf = new Map(rows.map(([row], i) => [row.request, limits[i]]));
  const table = rotaryRows(
    model,
    steps + Math.max(...prompts.map((prompt) => prompt.length)),
  );
  const bans = banVector(model, options);
  let cache = prefill(model, prompts, grid, steps);
  try {
    for (let step = 0; step < steps;) {
      const count = Math.min(TOKENS_PER_CHECK, steps - step);
      const drawn = decodeTokens(model, cache, grid, table, bans, options, {
        first: step,
        count,
        last: steps,
      });
      await recordTokens(grid, drawn, count, options, limitOf);
      endRows(grid, endOf);
      step += count;
      const smaller = step < steps ? shrink(grid) : null;
      if (smaller === "empty") break;
      if (smaller !== null) {
        cache = compact(cache, grid, smaller);
        grid = smaller.grid;
      }
    }
  } finally {
    disposeCache(cache);
    table.dispose();
    bans?.dispose();
  }
}

/** Runs the prompts once and makes the cache. */
function prefill(
  model: Decoder,
  prompts: readonly (readonly number[])[],
  grid: Grid,
  steps: number,
): Cache {
  return tf.tidy(() => {
    const batch = plainBatch(prompts);
    const { hidden, keys, values } = model.prefill(batch);
    const last = prompts.map((prompt, p) =>
      p * batch.columns + prompt.length - 1
    );
    const lastHidden_PD = tf.gather(hidden, tf.tensor1d(last, "int32"));
    const logits_PV = model.logits(lastHidden_PD as tf.Tensor2D);
    const mask = new Float32Array(prompts.length * batch.columns);
    prompts.forEach((prompt, p) => {
      mask.fill(
        -1e9,
        p * batch.columns + prompt.length,
        (p + 1) * batch.columns,
      );
    });
    const promptOfRow = grid.rows.flatMap((_, p) =>
      new Array<number>(grid.width).fill(p)
    );
    const cache: Cache = {
      promptKeys: keys,
      promptValues: values,
      promptMask: tf.tensor4d(mask, [1, prompts.length, 1, batch.columns]),
      keys: [],
      values: [],
      positions: tf.tensor1d(
        promptOfRow.map((p) => prompts[p].length),
        "int32",
      ),
      uniforms: uniformTable(grid, steps),
      logits: tf.gather(logits_PV, tf.tensor1d(promptOfRow, "int32")),
    };
    return keepCache(cache);
  });
}

function uniformTable(grid: Grid, steps: number): tf.Tensor2D {
  const flat = grid.rows.flat();
  const values = new Float32Array(steps * flat.length);
  flat.forEach((row, r) => {
    for (let t = 0; t < steps; t++) {
      values[t * flat.length + r] = row?.uniforms[t] ?? 0.5;
    }
  });
  return tf.tensor2d(values, [steps, flat.length]);
}

/** Draws `count` tokens for every row; returns `[count, R]` ids and log-probs. */
function decodeTokens(
  model: Decoder,
  cache: Cache,
  grid: Grid,
  table: tf.Tensor2D,
  bans: tf.Tensor1D | null,
  options: SamplingOptions,
  range: { first: number; count: number; last: number },
): { tokens: tf.Tensor; losses: tf.Tensor } {
  const tokens: tf.Tensor[] = [];
  const losses: tf.Tensor[] = [];
  for (let i = 0; i < range.count; i++) {
    const step = range.first + i;
    const old = [cache.logits, cache.positions, ...cache.keys, ...cache.values];
    tf.tidy(() => {
      const logits = bans === null
        ? cache.logits
        : tf.add(cache.logits, bans) as tf.Tensor2D;
      const uniforms_R = tf.reshape(
        tf.slice(cache.uniforms, [step, 0], [1, -1]),
        [-1],
      ) as tf.Tensor1D;
      const chosen_R = chooseTokens(logits, uniforms_R, options);
      tokens.push(tf.keep(chosen_R));
      losses.push(tf.keep(softmaxCrossEntropy(logits, chosen_R)[0]));
      if (step + 1 < range.last) {
        advance(model, cache, grid.width, table, chosen_R);
        keepCache(cache);
      }
    });
    if (step + 1 < range.last) tf.dispose(old);
  }
  const result = { tokens: tf.stack(tokens), losses: tf.stack(losses) };
  tf.dispose([tokens, losses]);
  return result;
}

/** Feeds one token per row; replaces the cache's keys, values and logits. */
function advance(
  model: Decoder,
  cache: Cache,
  width: number,
  table: tf.Tensor2D,
  tokens_R: tf.Tensor1D,
) {
  const factors = factorsOf(tf.gather(table, cache.positions));
  let x_RD = model.embedTokens(tokens_R);
  for (let layer = 0; layer < model.config.num_hidden_layers; layer++) {
    x_RD = advanceLayer(model, layer, x_RD, factors, cache, width);
  }
  cache.logits = model.logits(model.finalNorm(x_RD));
  cache.positions = tf.add(cache.positions, tf.scalar(1, "int32"));
}

function advanceLayer(
  model: Decoder,
  layer: number,
  x_RD: tf.Tensor2D,
  factors: RotaryFactors,
  cache: Cache,
  width: number,
): tf.Tensor2D {
  const { num_attention_heads: heads, num_key_value_heads: groups, head_dim } =
    model.config;
  const repeats = heads / groups;
  const rows = x_RD.shape[0];
  const { query, key, value } = model.heads(layer, x_RD, factors);
  const append = (old: tf.Tensor | undefined, x: tf.Tensor) => {
    const fresh = tf.reshape(x, [groups, rows, 1, head_dim]);
    return old === undefined ? fresh : tf.concat([old, fresh], 2);
  };
  const keys = cache.keys[layer] = append(cache.keys[layer], key);
  const values = cache.values[layer] = append(cache.values[layer], value);
  // Query heads of one group side by side: [G, R, repeats, E].
  const query_GRE = repeats === 1 ? query : tf.transpose(
    tf.reshape(query, [groups, repeats, rows, head_dim]),
    [0, 2, 1, 3],
  );
  const attended = attendToCache(query_GRE, {
    promptKeys: cache.promptKeys[layer],
    promptValues: cache.promptValues[layer],
    promptMask: cache.promptMask,
    keys,
    values,
    perPrompt: width * repeats,
    repeats,
  });
  const attended_HRE = repeats === 1 ? attended : tf.transpose(
    tf.reshape(attended, [groups, rows, repeats, head_dim]),
    [0, 2, 1, 3],
  );
  return model.finishLayer(
    layer,
    x_RD,
    tf.reshape(attended_HRE, [heads, rows, head_dim]),
  );
}

/** Attention over the shared prompt and the row's own response, one softmax. */
function attendToCache(
  query: tf.Tensor,
  parts: {
    promptKeys: tf.Tensor;
    promptValues: tf.Tensor;
    promptMask: tf.Tensor;
    keys: tf.Tensor;
    values: tf.Tensor;
    perPrompt: number;
    repeats: number;
  },
): tf.Tensor {
  const { promptKeys, keys, perPrompt, repeats } = parts;
  const [groups, prompts, promptLength, headWidth] = promptKeys.shape;
  const [, rows, ownLength] = keys.shape;
  const byPrompt = tf.reshape(query, [groups, prompts, perPrompt, headWidth]);
  const byRow = tf.reshape(query, [groups, rows, repeats, headWidth]);
  const promptScores = tf.add(
    thinMatMul(byPrompt, promptKeys, true),
    parts.promptMask,
  );
  const ownScores = thinMatMul(byRow, keys, true);
  const weights = tf.softmax(
    tf.concat([
      tf.reshape(promptScores, [groups, rows, repeats, promptLength]),
      ownScores,
    ], 3),
  );
  const [promptWeights, ownWeights] = tf.split(
    weights,
    [promptLength, ownLength],
    3,
  );
  const fromPrompt = thinMatMul(
    tf.reshape(promptWeights, [groups, prompts, perPrompt, promptLength]),
    parts.promptValues,
  );
  const fromOwn = thinMatMul(ownWeights, parts.values);
  return tf.add(tf.reshape(fromPrompt, fromOwn.shape), fromOwn);
}

async function recordTokens(
  grid: Grid,
  drawn: { tokens: tf.Tensor; losses: tf.Tensor },
  count: number,
  options: SamplingOptions,
  limitOf: ReadonlyMap<number, number>,
): Promise<void> {
  const [tokens, losses] = await Promise.all([
    drawn.tokens.data(),
    drawn.losses.data(),
  ]);
  tf.dispose([drawn.tokens, drawn.losses]);
  const flat = grid.rows.flat();
  flat.forEach((row, r) => {
    if (row === null) return;
    for (let t = 0; t < count && !row.done; t++) {
      const token = tokens[t * flat.length + r];
      row.tokens.push(token);
      row.logProbs.push(-losses[t * flat.length + r]);
      if (options.stopTokens.includes(token)) row.finish = "stop";
      row.done = row.finish === "stop" ||
        row.tokens.length >= limitOf.get(row.request)!;
    }
  });
}

/** Cuts the rows that `endOf` finds finished. */
function endRows(grid: Grid, endOf: EndOfSample) {
  for (const row of grid.rows.flat()) {
    if (row === null || row.finish === "stop") continue;
    const kept = endOf(row.tokens);
    if (kept === null) continue;
    row.tokens.length = kept;
    row.logProbs.length = kept;
    row.finish = "stop";
    row.done = true;
  }
}

/** A smaller grid, and which old prompt and row each of its places comes from. */
interface Smaller {
  grid: Grid;
  prompts: number[];
  rows: number[];
}

/**
 * Drops finished rows when that removes a fifth of the work. Prompts keep a
 * common width, so a lone long sample would carry fillers; when fillers would be
 * the majority, every row becomes its own prompt instead.
 */
function shrink(grid: Grid): Smaller | "empty" | null {
  const alive = grid.rows.map((row) =>
    row.map((_, k) => k).filter((k) => row[k] !== null && !row[k].done)
  );
  const total = alive.reduce((sum, list) => sum + list.length, 0);
  if (total === 0) return "empty";
  const kept = alive.map((_, p) => p).filter((p) => alive[p].length > 0);
  const width = Math.max(...kept.map((p) => alive[p].length));
  const split = width > 1 && 2 * total < kept.length * width;
  const places = split ? total : kept.length * width;
  if (places > 0.8 * grid.rows.length * grid.width) return null;
  if (split) {
    const pairs = kept.flatMap((p) => alive[p].map((k) => [p, k] as const));
    return {
      grid: { rows: pairs.map(([p, k]) => [grid.rows[p][k]]), width: 1 },
      prompts: pairs.map(([p]) => p),
      rows: pairs.map(([p, k]) => p * grid.width + k),
    };
  }
  const filled = (list: number[]) =>
    Array.from({ length: width }, (_, k) => list[k] ?? list[0]);
  return {
    grid: {
      rows: kept.map((p) =>
        filled(alive[p]).map((k, i) =>
          i < alive[p].length ? grid.rows[p][k] : null
        )
      ),
      width,
    },
    prompts: kept,
    rows: kept.flatMap((p) => filled(alive[p]).map((k) => p * grid.width + k)),
  };
}

function compact(cache: Cache, grid: Grid, smaller: Smaller): Cache {
  const samePrompts = smaller.prompts.length === grid.rows.length &&
    smaller.prompts.every((p, i) => p === i);
  const compacted = tf.tidy(() => {
    const prompts = tf.tensor1d(smaller.prompts, "int32");
    const rows = tf.tensor1d(smaller.rows, "int32");
    const pickPrompts = (x: tf.Tensor) =>
      samePrompts ? tf.clone(x) : tf.gather(x, prompts, 1);
    return keepCache({
      promptKeys: cache.promptKeys.map(pickPrompts),
      promptValues: cache.promptValues.map(pickPrompts),
      promptMask: pickPrompts(cache.promptMask),
      keys: cache.keys.map((x) => tf.gather(x, rows, 1)),
      values: cache.values.map((x) => tf.gather(x, rows, 1)),
      positions: tf.gather(cache.positions, rows),
      uniforms: tf.gather(cache.uniforms, rows, 1),
      logits: tf.gather(cache.logits, rows),
    });
  });
  disposeCache(cache);
  return compacted;
}

function cacheTensors(cache: Cache): tf.Tensor[] {
  return [
    ...cache.promptKeys,
    ...cache.promptValues,
    cache.promptMask,
    ...cache.keys,
    ...cache.values,
    cache.positions,
    cache.uniforms,
    cache.logits,
  ];
}

function keepCache(cache: Cache): Cache {
  cacheTensors(cache).forEach((tensor) => tf.keep(tensor));
  return cache;
}

function disposeCache(cache: Cache) {
  tf.dispose(cacheTensors(cache));
}

function rotaryRows(model: Decoder, positions: number): tf.Tensor2D {
  const { values, headWidth, positions: rows } = model.rotaryRows(positions);
  return tf.tensor2d(values, [rows, headWidth]);
}

function banVector(
  model: Decoder,
  options: SamplingOptions,
): tf.Tensor1D | null {
  if (!options.bannedTokens?.length) return null;
  const values = new Float32Array(model.config.vocab_size);
  for (const token of options.bannedTokens) values[token] = -1e9;
  return tf.tensor1d(values);
}

function checkRequests(model: Decoder, requests: readonly SampleRequest[]) {
  const context = model.config.max_position_embeddings;
  requests.forEach(({ promptTokens }, i) => {
    if (promptTokens.length === 0) {
      throw new Error(`requests[${i}].promptTokens is empty`);
    }
    if (promptTokens.length > context) {
      throw new Error(
        `requests[${i}].promptTokens has ${promptTokens.length} tokens, more ` +
          `than the model's context of ${context}`,
      );
    }
  });
}
