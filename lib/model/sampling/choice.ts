/**
 * The choice of the next token from logits and one uniform number per row.
 *
 * The chosen token is the first whose cumulative probability reaches the uniform number
 * (inverse of the cumulative distribution). At temperature 0 the choice is greedy. Left
 * out: the source of the numbers (sampling.ts).
 */
import * as tf from "@tensorflow/tfjs";
import type { SamplingOptions } from "../requests.ts";

/** Returns one token id per row of `logits_RV`; `uniforms_R` lie strictly in (0, 1). */
export function chooseTokens(
  logits_RV: tf.Tensor2D,
  uniforms_R: tf.Tensor1D,
  options: SamplingOptions,
): tf.Tensor1D {
  if (options.temperature === 0) return tf.argMax(logits_RV, 1) as tf.Tensor1D;
  return tf.tidy(() => {
    const cut = truncate(tempered(logits_RV, options.temperature), options);
    const cumulative = tf.cumsum(tf.softmax(cut), 1) as tf.Tensor2D;
    const total = tf.slice(cumulative, [0, cumulative.shape[1] - 1], [-1, 1]);
    // Scaled by the rounded total: a token of probability zero is never reached.
    const reach = tf.mul(tf.reshape(uniforms_R, [-1, 1]), total);
    return tf.sum(tf.cast(tf.less(cumulative, reach), "int32"), 1);
  }) as tf.Tensor1D;
}

/**
 * Returns the logits of the policy at a temperature, `logits_RV / temperature`.
 * Greedy choice, temperature 0, has no policy of its own: the logits stay.
 */
export function tempered(
  logits_RV: tf.Tensor2D,
  temperature: number,
): tf.Tensor2D {
  return temperature === 0 || temperature === 1
    ? logits_RV
    : tf.div(logits_RV, temperature) as tf.Tensor2D;
}

/** Sets logits outside the top k or the top-p nucleus to -1e9. */
function truncate(
  logits_RV: tf.Tensor2D,
  { topK, topP }: SamplingOptions,
): tf.Tensor2D {
  const vocabulary = logits_RV.shape[1];
  let kept = logits_RV;
  if (topK !== undefined && topK > 0 && topK < vocabulary) {
    const { values } = tf.topk(kept, topK);
    kept = atLeast(kept, tf.slice(values, [0, topK - 1], [-1, 1]));
  }
  if (topP !== undefined && topP < 1) {
    const { values } = tf.topk(kept, vocabulary);
    const sorted = tf.softmax(values);
    // A token stays while the mass before it is below p, so the first always does.
    const before = tf.sub(tf.cumsum(sorted, 1), sorted);
    const inside = tf.less(before, topP);
    const threshold = tf.min(
      tf.where(inside, values, tf.fill(values.shape, Infinity)),
      1,
      true,
    );
    kept = atLeast(kept, threshold);
  }
  return kept;
}

function atLeast(logits_RV: tf.Tensor2D, threshold_R1: tf.Tensor): tf.Tensor2D {
  return tf.where(
    tf.greaterEqual(logits_RV, threshold_R1),
    logits_RV,
    tf.fill(logits_RV.shape, -1e9),
  );
}
