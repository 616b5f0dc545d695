/**
 * Token lists laid out as rectangles for the decoder.
 *
 * Two layouts. A plain batch has one sequence per row. A packed batch has one
 * prompt per row followed by several of its responses, every response seeing the
 * prompt and itself but not its siblings (a tree), so that a prompt shared by n
 * responses is computed once. Rows are padded on the right; padding is never the
 * key of a real token and carries no loss. Left out: what the loss is.
 */

/** A rectangle of tokens with `rows * columns` entries, row by row. */
export interface TokenBatch {
  rows: number;
  columns: number;
  tokens: Int32Array;
  /** Rotary position of every token. */
  positions: Int32Array;
  /**
   * Which response of its row a token belongs to; 0 is the prompt, -1 padding.
   * Null when every row is one sequence.
   */
  segments: Int32Array | null;
}

/** Predictions to score: after the token at `source`, the token `target`. */
export interface Predictions {
  /** Flat index into the batch. */
  sources: Int32Array;
  targets: Int32Array;
}

/** One sequence per row. */
export function plainBatch(
  sequences: readonly (readonly number[])[],
): TokenBatch {
  const rows = sequences.length;
  const columns = Math.max(1, ...sequences.map((tokens) => tokens.length));
  const tokens = new Int32Array(rows * columns);
  const positions = new Int32Array(rows * columns);
  sequences.forEach((sequence, row) => {
    tokens.set(sequence, row * columns);
    for (let t = 0; t < columns; t++) positions[row * columns + t] = t;
  });
  return { rows, columns, tokens, positions, segments: null };
}

/** A prompt and the responses that share it. */
export interface PromptGroup {
  promptTokens: readonly number[];
  responses: readonly (readonly number[])[];
}

/**
 * Packs each group into one row. Predictions come group by group, response by
 * response, token by token. The last token of a response predicts nothing, so it
 * is not laid out.
 */
export function packedBatch(
  groups: readonly PromptGroup[],
): { batch: TokenBatch; predictions: Predictions } {
  const rows = groups.length;
  const columns = Math.max(1, ...groups.map(packedLength));
  const tokens = new Int32Array(rows * columns);
  const positions = new Int32Array(rows * columns);
  const segments = new Int32Array(rows * columns).fill(-1);
  const sources: number[] = [];
  const targets: number[] = [];
  groups.forEach((group, row) => {
    let next = row * columns;
    const place = (token: number, position: number, segment: number) => {
      tokens[next] = token;
      positions[next] = position;
      segments[next] = segment;
      return next++;
    };
    let promptEnd = next;
    group.promptTokens.forEach((token, i) => {
      promptEnd = place(token, i, 0);
    });
    group.responses.forEach((response, index) => {
      let source = promptEnd;
      response.forEach((token, i) => {
        sources.push(source);
        targets.push(token);
        if (i === response.length - 1) return;
        source = place(token, group.promptTokens.length + i, index + 1);
      });
    });
  });
  return {
    batch: { rows, columns, tokens, positions, segments },
    predictions: {
      sources: Int32Array.from(sources),
      targets: Int32Array.from(targets),
    },
  };
}

/** Columns a group takes in a packed batch. */
export function packedLength(group: PromptGroup): number {
  return group.responses.reduce(
    (sum, response) => sum + Math.max(0, response.length - 1),
    group.promptTokens.length,
  );
}

/**
 * The additive attention mask, 0 or -1e9: `[T, T]` for plain batches (causal),
 * `[B, T, T]` for packed ones (causal, and own segment or prompt).
 */
export function attentionMask(
  batch: TokenBatch,
): { shape: number[]; values: Float32Array } {
  const { rows, columns, segments } = batch;
  if (segments === null) {
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
      const own = segments[start + query];
      const line = (start + query) * columns;
      for (let key = 0; key <= query; key++) {
        const segment = segments[start + key];
        if (segment === 0 || segment === own) values[line + key] = 0;
      }
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
