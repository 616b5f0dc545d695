/**
 * Rotary positions (Su et al. 2021), with linear, Llama 3 and YaRN scaling.
 *
 * A head of width E is E/2 complex numbers, each turned by its own angle. Hugging
 * Face checkpoints keep the real parts in the first half of a head and the
 * imaginary parts in the second; in memory they alternate, so that on native
 * TensorFlow a rotation is one complex product. The rows of the query and key
 * projections are reordered when a checkpoint is read or written. Dynamic scaling has no
 * effect here: it begins behind `max_position_embeddings`, the longest context here.
 */
import type { ModelConfig } from "./config.ts";
import type { RopeScaling } from "./rope_config.ts";

/** Cosine and sine by position and pair: `[positions, E/2, 2]`. */
export interface RotaryTable {
  values: Float32Array;
  headWidth: number;
  positions: number;
}

/** Returns the table for positions 0 to `positions - 1`. */
export function rotaryTable(
  config: ModelConfig,
  positions: number,
): RotaryTable {
  const frequencies = rotaryFrequencies(config);
  const headWidth = config.head_dim;
  const length = rotaryLength(config);
  const values = new Float32Array(positions * headWidth);
  for (let position = 0; position < positions; position++) {
    frequencies.forEach((frequency, pair) => {
      // Rounded to 32 bits like the reference, whose angles are float32.
      const angle = Math.fround(position * frequency);
      const at = position * headWidth + 2 * pair;
      values[at] = length * Math.cos(angle);
      values[at + 1] = length * Math.sin(angle);
    });
  }
  return { values, headWidth, positions };
}

/** Returns the rows of heads from checkpoint order (halves) to memory order (pairs). */
export function halvesToPairs(
  values: Float32Array,
  headWidth: number,
  rowSize: number,
): Float32Array {
  return reorderRows(values, headWidth, rowSize, (row) => {
    const pair = row >> 1;
    return row % 2 === 0 ? pair : pair + headWidth / 2;
  });
}

/** Reverses {@link halvesToPairs}. */
export function pairsToHalves(
  values: Float32Array,
  headWidth: number,
  rowSize: number,
): Float32Array {
  const half = headWidth / 2;
  return reorderRows(
    values,
    headWidth,
    rowSize,
    (row) => row < half ? 2 * row : 2 * (row - half) + 1,
  );
}

/** Reorders rows: row r of every head is row `sourceOf(r)` of the same head. */
function reorderRows(
  values: Float32Array,
  headWidth: number,
  rowSize: number,
  sourceOf: (row: number) => number,
): Float32Array {
  const result = new Float32Array(values.length);
  const rows = values.length / rowSize;
  for (let row = 0; row < rows; row++) {
    const inHead = row % headWidth;
    const source = (row - inHead + sourceOf(inHead)) * rowSize;
    result.set(values.subarray(source, source + rowSize), row * rowSize);
  }
  return result;
}

/** Returns the angle per position, in radians, of each of the E/2 pairs. */
export function rotaryFrequencies(config: ModelConfig): Float32Array {
  const half = config.head_dim / 2;
  const frequencies = new Float32Array(half);
  for (let i = 0; i < half; i++) {
    const plain = Math.fround(config.rope_theta ** (-i / half));
    frequencies[i] = scaled(plain, i, config);
  }
  return frequencies;
}

/** Returns YaRN's factor of cosines and sines (Peng et al. 2023, section 3.4), else 1. */
export function rotaryLength({ rope_scaling: scaling }: ModelConfig): number {
  if (scaling?.rope_type !== "yarn") return 1;
  const { factor = 1, mscale, mscale_all_dim: all } = scaling;
  const warmth = (share: number) =>
    factor <= 1 ? 1 : 0.1 * share * Math.log(factor) + 1;
  if (scaling.attention_factor !== undefined) return scaling.attention_factor;
  return mscale && all ? warmth(mscale) / warmth(all) : warmth(1);
}

function scaled(
  frequency: number,
  pair: number,
  config: ModelConfig,
): number {
  const scaling = config.rope_scaling;
  switch (scaling?.rope_type) {
    case "linear":
      return frequency / (scaling.factor ?? 1);
    case "llama3":
      return llama3(frequency, scaling);
    case "yarn": {
      const kept = yarnKept(pair, config, scaling);
      return frequency / (scaling.factor ?? 1) * (1 - kept) + frequency * kept;
    }
  }
  return frequency;
}

/** Returns the share of a pair's frequency that YaRN keeps: 1 for fast pairs, 0 for slow ones. */
function yarnKept(
  pair: number,
  { head_dim, rope_theta }: ModelConfig,
  scaling: RopeScaling,
): number {
  const original = scaling.original_max_position_embeddings!;
  // Returns the pair that turns so many times within the original context.
  const pairOf = (turns: number) =>
    head_dim * Math.log(original / (turns * 2 * Math.PI)) /
    (2 * Math.log(rope_theta));
  let low = pairOf(scaling.beta_fast ?? 32);
  let high = pairOf(scaling.beta_slow ?? 1);
  if (scaling.truncate ?? true) {
    [low, high] = [Math.floor(low), Math.ceil(high)];
  }
  low = Math.max(low, 0);
  high = Math.min(high, head_dim - 1);
  if (low === high) high += 0.001;
  return 1 - Math.min(1, Math.max(0, (pair - low) / (high - low)));
}

/** Scales a frequency as Llama 3.1: long wavelengths are divided, short ones kept, with a ramp between. */
function llama3(frequency: number, scaling: RopeScaling): number {
  const factor = scaling.factor ?? 1;
  const low = scaling.low_freq_factor ?? 1;
  const high = scaling.high_freq_factor ?? 4;
  const original = scaling.original_max_position_embeddings ?? 8192;
  const wavelength = 2 * Math.PI / frequency;
  if (wavelength < original / high) return frequency;
  if (wavelength > original / low) return frequency / factor;
  const ramp = (original / wavelength - low) / (high - low);
  return (1 - ramp) * frequency / factor + ramp * frequency;
}
