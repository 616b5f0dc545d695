/**
 * Token lists laid out as rectangles for the decoder.
 *
 * There are two layouts. A plain batch has one sequence per row. A packed batch has one
 * prompt per row and the tree of its responses, so that the prompt and every common
 * prefix of responses is computed once. A token attends to its ancestors and itself.
 * Rows are padded on the right. Padding is never the key of a real token and has no
 * loss. Left out: the losses.
 */

/** A rectangle of tokens with `rows * columns` entries, row by row. */
export interface TokenBatch {
  rows: number;
  columns: number;
  tokens: Int32Array;
  /** Rotary position of every token. */
  positions: Int32Array;
  /**
   * Column of the token before each token, -1 at the start of a row and in its
   * padding. Null when every row is one sequence.
   */
  parents: Int32Array | null;
}

/** Predictions to score: after the token at `source`, the token `target`. */
export interface Predictions {
  /** Flat index into the batch. */
  sources: Int32Array;
  targets: Int32Array;
}

/** Returns one sequence per row. */
export function plainBatch(
  sequences: readonly (readonly number[])[],
  columns = Math.max(1, ...sequences.map((tokens) => tokens.length)),
): TokenBatch {
  const rows = sequences.length;
  const tokens = new Int32Array(rows * columns);
  const positions = new Int32Array(rows * columns);
  sequences.forEach((sequence, row) => {
    tokens.set(sequence, row * columns);
    for (let t = 0; t < columns; t++) positions[row * columns + t] = t;
  });
  return { rows, columns, tokens, positions, parents: null };
}

/** A prompt and the responses that share it. */
export interface PromptGroup {
  promptTokens: readonly number[];
  responses: readonly (readonly number[])[];
}

/**
 * Packs each group into one row. Predictions are in the order of groups, responses and
 * tokens. Equal prefixes share their columns. The last token of a response predicts
 * nothing and has no column.
 */
export function packedBatch(
  groups: readonly PromptGroup[],
): { batch: TokenBatch; predictions: Predictions } {
  const trees = groups.map(growTree);
  const rows = groups.length;
  const columns = Math.max(1, ...trees.map(({ tokens }) => tokens.length));
  const tokens = new Int32Array(rows * columns);
  const positions = new Int32Array(rows * columns);
  const parents = new Int32Array(rows * columns).fill(-1);
  trees.forEach((tree, row) => {
    tokens.set(tree.tokens, row * columns);
    positions.set(tree.positions, row * columns);
    parents.set(tree.parents, row * columns);
  });
  return {
    batch: { rows, columns, tokens, positions, parents },
    predictions: {
      sources: Int32Array.from(
        trees.flatMap(({ sources }, row) =>
          sources.map((source) => row * columns + source)
        ),
      ),
      targets: Int32Array.from(
        groups.flatMap(({ responses }) => responses.flat()),
      ),
    },
  };
}

/** A row of a packed batch as a tree, with parents before children. */
interface TokenTree {
  tokens: number[];
  positions: number[];
  parents: number[];
  /** Node that predicts each response token. */
  sources: number[];
}

function growTree({ promptTokens, responses }: PromptGroup): TokenTree {
  const tree: TokenTree = {
    tokens: [...promptTokens],
    positions: promptTokens.map((_, i) => i),
    parents: promptTokens.map((_, i) => i - 1),
    sources: [],
  };
  const children = new Map<string, number>();
  for (const response of responses) {
    let node = promptTokens.length - 1;
    response.forEach((token, i) => {
      tree.sources.push(node);
      if (i === response.length - 1) return;
      const key = `${node} ${token}`;
      let child = children.get(key);
      if (child === undefined) {
        child = tree.tokens.length;
        children.set(key, child);
        tree.tokens.push(token);
        tree.positions.push(promptTokens.length + i);
        tree.parents.push(node);
      }
      node = child;
    });
  }
  return tree;
}

/**
 * Returns the additive attention mask, 0 or -1e9: `[T, T]` for plain batches (causal),
 * `[B, T, T]` for packed ones (ancestors).
 */
export function attentionMask(
  batch: TokenBatch,
): { shape: number[]; values: Float32Array } {
  const { rows, columns, parents } = batch;
  if (parents === null) {
    const values = new Float32Array(columns * columns);
    for (let query = 0; query < columns; query++) {
      values.fill(-1e9, query * columns + query + 1, (query + 1) * columns);
    }
    return { shape: [columns, columns], values };
  }
  const values = new Float32Array(rows * columns * columns).fill(-1e9);
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let query = 0; query < columns; query++) {
      const line = (start + query) * columns;
      const parent = parents[start + query];
      if (parent >= 0) {
        const above = (start + parent) * columns;
        values.copyWithin(line, above, above + columns);
      }
      values[line + query] = 0;
    }
  }
  return { shape: [rows, columns, columns], values };
}

/**
 * Splits items into buckets of similar length, so that a padded bucket holds at
 * most `maxTokens` entries (a longer item gets a bucket of its own). Returns
 * indices; every item is in exactly one bucket.
 */
export function lengthBuckets(
  lengths: readonly number[],
  maxTokens: number,
): number[][] {
  const order = lengths.map((_, index) => index)
    .sort((a, b) => lengths[b] - lengths[a] || a - b);
  const buckets: number[][] = [];
  let bucket: number[] = [];
  for (const index of order) {
    // Sorted from long to short, so the first item is the bucket's width.
    const width = lengths[bucket[0] ?? index];
    if (bucket.length > 0 && (bucket.length + 1) * width > maxTokens) {
      buckets.push(bucket);
      bucket = [];
    }
    bucket.push(index);
  }
  if (bucket.length > 0) buckets.push(bucket);
  return buckets;
}
