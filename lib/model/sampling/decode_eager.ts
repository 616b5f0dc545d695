/**
 * Decoding by eager operations: any backend, any model.
 *
 * The cache holds the prompts' keys and values once per prompt and the
 * responses' per row, one token longer after every step. Left out: the graph
 * that does the same on native TensorFlow (decode_native.ts).
 */
import * as tf from "@tensorflow/tfjs";
import { chooseTokens, tempered } from "./choice.ts";
import { type Decoder, factorsOf } from "../decoder.ts";
import type { RotaryFactors } from "../native/native_model.ts";
import {
  banVector,
  type Decoding,
  type DecodingStart,
  rotaryRows,
  rowPositions,
  TOKENS_PER_CHECK,
} from "./decoding.ts";
import { softmaxCrossEntropy, thinMatMul } from "../kernels.ts";
import type { DrawnTokens, Smaller } from "./sample_rows.ts";

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

/** Decoding by single tfjs operations, for any model on any backend. */
export class EagerDecoding implements Decoding {
  readonly #start: DecodingStart;
  readonly #rotary: tf.Tensor2D;
  readonly #bans: tf.Tensor1D | null;
  #width: number;
  #cache: Cache;

  constructor(start: DecodingStart) {
    this.#start = start;
    this.#width = start.width;
    this.#rotary = rotaryRows(start, start.steps);
    this.#bans = banVector(start);
    const [prompts, length] = start.promptMask.shape;
    this.#cache = {
      promptKeys: start.promptKeys,
      promptValues: start.promptValues,
      promptMask: tf.reshape(start.promptMask, [1, prompts, 1, length]),
      keys: [],
      values: [],
      positions: rowPositions(start),
      uniforms: start.uniforms,
      logits: start.logits,
    };
    start.promptMask.dispose();
  }

  async draw(first: number): Promise<DrawnTokens> {
    const count = Math.min(TOKENS_PER_CHECK, this.#start.steps - first);
    const tokens: tf.Tensor[] = [];
    const losses: tf.Tensor[] = [];
    for (let step = first; step < first + count; step++) {
      const [token, loss] = this.#step(step);
      tokens.push(token);
      losses.push(loss);
    }
    const all = { tokens: tf.stack(tokens), losses: tf.stack(losses) };
    tf.dispose([tokens, losses]);
    const drawn = {
      count,
      tokens: await all.tokens.data(),
      losses: await all.losses.data(),
    };
    tf.dispose([all.tokens, all.losses]);
    return drawn;
  }

  keep(smaller: Smaller) {
    this.#cache = compact(this.#cache, smaller);
    this.#width = smaller.grid.width;
  }

  dispose() {
    disposeCache(this.#cache);
    this.#rotary.dispose();
    this.#bans?.dispose();
  }

  /** Draws one token per row and, unless it is the last, feeds it. */
  #step(step: number): [tf.Tensor, tf.Tensor] {
    const { model, options, steps } = this.#start;
    const cache = this.#cache;
    const isLast = step + 1 === steps;
    const old = isLast
      ? []
      : [cache.logits, cache.positions, ...cache.keys, ...cache.values];
    const drawn = tf.tidy(() => {
      const logits = this.#bans === null
        ? cache.logits
        : tf.add(cache.logits, this.#bans) as tf.Tensor2D;
      const uniforms_R = tf.reshape(
        tf.slice(cache.uniforms, [step, 0], [1, -1]),
        [-1],
      ) as tf.Tensor1D;
      const chosen_R = chooseTokens(logits, uniforms_R, options);
      const loss_R = softmaxCrossEntropy(
        tempered(logits, options.temperature),
        chosen_R,
      )[0];
      if (!isLast) {
        advance(model, cache, this.#width, this.#rotary, chosen_R);
        keepCache(cache);
      }
      return [chosen_R, loss_R] as [tf.Tensor, tf.Tensor];
    });
    tf.dispose(old);
    return drawn;
  }
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

/** Returns the cache of the rows that stay; disposes the old one. */
function compact(cache: Cache, smaller: Smaller): Cache {
  const samePrompts = smaller.prompts.length === cache.promptMask.shape[1] &&
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
