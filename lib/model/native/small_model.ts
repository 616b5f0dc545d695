/**
 * Tells small models from large ones.
 *
 * On native TensorFlow the time of a small model goes into starting operations
 * and handing over their inputs, not into computing. Its batches are cut into
 * lanes that run side by side (layers_native.ts, prefill_native.ts), and it is
 * sampled from transposed weights in long graphs (decode_native.ts). Left out:
 * these three uses.
 */
import type { NativeModel } from "./native_model.ts";

/** Most parameters of a small model. */
export const SMALL_MODEL = 2 ** 24;

/** Tells whether a model is small. A large one would hold its weights twice, and gain nothing. */
export function isSmall(model: Pick<NativeModel, "parameterCount">): boolean {
  return model.parameterCount <= SMALL_MODEL;
}
