/**
 * The rows of a sampled batch, and the grid that they form.
 *
 * A grid has a line per prompt and a column per sample. Finished rows leave the grid
 * when that saves enough work. Left out: the tensors of a grid's state (decoding.ts).
 */
import { randomStream } from "../../random.ts";
import type { Sample, SampleRequest, SamplingOptions } from "../requests.ts";

/**
 * A function that tells from a row's tokens whether the row is finished. It returns the
 * number of tokens to keep, or null to continue. It is called every few tokens, so that
 * the end may lie before the last token.
 */
export type EndOfSample = (tokens: readonly number[]) => number | null;

/** The drawn tokens of all rows: at least `[count, R]`, step after step. */
export interface DrawnTokens {
  count: number;
  tokens: ArrayLike<number>;
  /** Negative log-probabilities of the tokens. */
  losses: ArrayLike<number>;
}

/** A sample during sampling. */
export interface Row extends Sample {
  request: number;
  /** Uniform numbers in (0, 1), one per token. */
  uniforms: Float32Array;
  done: boolean;
}

/** Rows as a grid: `prompts[p]` has `width` rows, some of them fillers. */
export interface Grid {
  rows: (Row | null)[][];
  width: number;
}

/** Makes the empty rows of a request, each with its own random numbers. */
export function newRows(request: SampleRequest, index: number): Row[] {
  return Array.from({ length: request.count }, (_, sample) => {
    const stream = randomStream(request.seed, "sample", sample);
    const uniforms = new Float32Array(request.maxNewTokens);
    for (let i = 0; i < uniforms.length; i++) {
      // 23 random bits plus one half: exact in 32-bit floats, never 0 and never 1.
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

/** Returns the rows' next random numbers by step, `[steps, R]`; fillers get 0.5. */
export function uniformTable(grid: Grid, steps: number): Float32Array {
  const flat = grid.rows.flat();
  const values = new Float32Array(steps * flat.length);
  flat.forEach((row, r) => {
    for (let t = 0; t < steps; t++) {
      values[t * flat.length + r] = row?.uniforms[row.tokens.length + t] ??
        0.5;
    }
  });
  return values;
}

/** Appends drawn tokens to their rows, up to stop tokens and limits. */
export function recordTokens(
  grid: Grid,
  { count, tokens, losses }: DrawnTokens,
  options: SamplingOptions,
  limitOf: (row: Row) => number,
) {
  const flat = grid.rows.flat();
  flat.forEach((row, r) => {
    if (row === null) return;
    for (let t = 0; t < count && !row.done; t++) {
      const token = tokens[t * flat.length + r];
      row.tokens.push(token);
      row.logProbs.push(-losses[t * flat.length + r]);
      if (options.stopTokens.includes(token)) row.finish = "stop";
      row.done = row.finish === "stop" ||
        row.tokens.length >= limitOf(row);
    }
  });
}

/** Cuts the rows that `endOf` finds finished. */
export function endRows(grid: Grid, endOf: EndOfSample) {
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

/** A smaller grid, with the old prompt and the old row of each of its places. */
export interface Smaller {
  grid: Grid;
  prompts: number[];
  rows: number[];
}

/**
 * Drops finished rows when that removes a fifth of the work. All prompts keep the same
 * width, so that one long sample needs filler rows beside it. If most rows would be
 * fillers, every row gets a prompt of its own instead.
 */
export function shrink(grid: Grid): Smaller | "empty" | null {
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

/** Keeps the first prompts of a grid; the unfinished rows of the others stand aside. */
export function divide(
  { rows, width }: Grid,
  prompts: number,
): { kept: Smaller; aside: Row[] } {
  const first = (count: number) => Array.from({ length: count }, (_, i) => i);
  return {
    kept: {
      grid: { rows: rows.slice(0, prompts), width },
      prompts: first(prompts),
      rows: first(prompts * width),
    },
    aside: rows.slice(prompts).flat()
      .filter((row) => row !== null && !row.done) as Row[],
  };
}
