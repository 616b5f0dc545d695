/**
 * Numbers that a file of weights must not hold.
 *
 * Left out: the file (safetensors.ts) and rounding to 16 bits (half.ts).
 */
import type { TensorType } from "./safetensors_header.ts";

/** Returns the place of the first NaN or infinity; -1 without any. */
export function firstNotFinite(values: Float32Array): number {
  // Times zero, only those are not zero: one pass without a branch.
  let trace = 0;
  for (let i = 0; i < values.length; i++) trace += values[i] * 0;
  return trace === 0 ? -1 : values.findIndex((value) => value - value !== 0);
}

/** From where on a value is rounded to infinity. */
const TOO_LARGE: Partial<Record<TensorType, number>> = {
  F16: 65520,
  BF16: 2 ** 128 - 2 ** 119,
};

/** Throws where a value would be written as infinity: it computes nothing when opened. */
export function refuseOverflow(
  values: Float32Array | Int32Array,
  dtype: TensorType,
  place: string,
) {
  const limit = TOO_LARGE[dtype] ?? Infinity;
  if (limit === Infinity) return;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size < limit || !Number.isFinite(size)) continue;
    throw new Error(
      `${place} holds ${values[i]}, which ${dtype} rounds to infinity; write ` +
        `${dtype === "F16" ? "BF16 or F32" : "F32"}`,
    );
  }
}
