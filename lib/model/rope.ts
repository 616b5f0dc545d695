/**
 * Rotary position tables (Su et al. 2021), with linear and Llama 3 scaling.
 *
 * A head of width E is rotated in pairs (i, i + E/2), as Hugging Face checkpoints
 * expect. Left out: YaRN and dynamic scaling.
 */
import type { ModelConfig } from "./config.ts";

/** Cosines and signed sines by position, `[positions, E]` row by row. */
export interface RotaryTable {
  cos: Float32Array;
  /** The first half of every row is negated: see `rotate` in kernels.ts. */
  sin: Float32Array;
  headWidth: number;
  positions: number;
}

/** The table for positions 0 to `positions - 1`. */
export function rotaryTable(
  config: ModelConfig,
  positions: number,
): RotaryTable {
  const frequencies = rotaryFrequencies(config);
  const headWidth = config.head_dim;
  const half = headWidth / 2;
  const cos = new Float32Array(positions * headWidth);
  const sin = new Float32Array(positions * headWidth);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      // Rounded to 32 bits like the reference, whose angles are float32.
      const angle = Math.fround(position * frequencies[i]);
      const at = position * headWidth + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at + half] = Math.sin(angle);
      sin[at] = -sin[at + half];
    }
  }
  return { cos, sin, headWidth, positions };
}

/** Radians per position for each of the E/2 pairs. */
export function rotaryFrequencies(config: ModelConfig): Float32Array {
  const half = config.head_dim / 2;
  const frequencies = new Float32Array(half);
  for (let i = 0; i < half; i++) {
    const plain = Math.fround(config.rope_theta ** (-i / half));
    frequencies[i] = scaled(plain, config);
  }
  return frequencies;
}

function scaled(frequency: number, config: ModelConfig): number {
  const scaling = config.rope_scaling;
  if (scaling === null || scaling.rope_type === "default") return frequency;
  const factor = scaling.factor ?? 1;
  if (scaling.rope_type === "linear") return frequency / factor;
  // Llama 3.1: long wavelengths are divided, short ones kept, a ramp between.
  const low = scaling.low_freq_factor ?? 1;
  const high = scaling.high_freq_factor ?? 4;
  const original = scaling.original_max_position_embeddings ?? 8192;
  const wavelength = 2 * Math.PI / frequency;
  if (wavelength < original / high) return frequency;
  if (wavelength > original / low) return frequency / factor;
  const ramp = (original / wavelength - low) / (high - low);
  return (1 - ramp) * frequency / factor + ramp * frequency;
}
