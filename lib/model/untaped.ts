/** Layers without a tape: what a layer computes on the way is freed at its end. */
import * as tf from "@tensorflow/tfjs";

/** Takes the keys and values `[G, B, T, E]` of a layer. */
export type OnLayer = (key: tf.Tensor4D, value: tf.Tensor4D) => void;

/**
 * Runs a layer that no gradient needs, and returns its hidden states. Only these and, where
 * `onLayer` takes them, keys and values stay in memory.
 */
export function alone(
  layer: (onLayer: OnLayer) => tf.Tensor2D,
  onLayer: OnLayer | null,
): tf.Tensor2D {
  const seen: [tf.Tensor4D, tf.Tensor4D][] = [];
  const [x_ND] = tf.tidy(() => {
    const x = layer((...heads) => seen.push(heads));
    return [x, ...(onLayer === null ? [] : seen.flat())];
  });
  if (onLayer !== null) seen.forEach((heads) => onLayer(...heads));
  return x_ND as tf.Tensor2D;
}
