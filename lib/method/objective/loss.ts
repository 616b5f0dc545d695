/**
 * Policy-gradient losses over response tokens, chosen by name.
 *
 * With ratio r = exp(new - old), advantage A and token weight w, the loss is the
 * sum over tokens of -w times
 *   ppo-clip             min(r A, clip(r, 1 - clipLow, 1 + clipHigh) A)   (Schulman et al. 2017)
 *   importance-sampling  r A
 *   cispo                stopGradient(clip(r, 1 - clipLow, 1 + clipHigh)) A log p   (MiniMax 2025)
 *   reinforce            A log p
 *   gspo                 ppo-clip with one ratio per response, the geometric mean
 *                        of the ratios of its tokens   (Zheng et al. 2025, arXiv 2507.18071)
 * minus entropyCoefficient times the weighted entropy. The weights are made in
 * `weights.ts`. Left out: a divergence from a reference policy. The paper has
 * none, and one from the policy that sampled has no gradient at the only update.
 */
import * as tf from "@tensorflow/tfjs";
import type { PolicyLoss, PolicyTokens } from "../../model/mod.ts";

/** A loss by name, with its clip and its penalties. */
export interface ObjectiveConfig {
  objective:
    | "ppo-clip"
    | "importance-sampling"
    | "cispo"
    | "reinforce"
    | "gspo";
  /** Distance below 1 at which the probability ratio is clipped: 0.2 clips below 0.8. */
  clipLow: number;
  /** Distance above 1 at which the probability ratio is clipped: 0.2 clips above 1.2. */
  clipHigh: number;
  /** Weight of the entropy bonus, whose unit is nats; 0 leaves the bonus out (paper: 0.001). */
  entropyCoefficient: number;
}

/**
 * Returns the loss that a config names. Its sums are, over the tokens: entropy in
 * nats, tokens whose ratio lies outside the clip, and old minus new log-probability.
 */
export function policyLoss(config: ObjectiveConfig): PolicyLoss {
  return (tokens) => {
    const { logProbs_M, entropies_M, oldLogProbs_M, weights_M } = tokens;
    const ofToken_M = tf.sub(logProbs_M, oldLogProbs_M);
    const difference_M = config.objective === "gspo"
      ? meanOfResponse(ofToken_M, tokens.responses_M)
      : ofToken_M;
    let gain_M = surrogate(tokens, difference_M, config);
    if (config.entropyCoefficient !== 0) {
      gain_M = tf.add(gain_M, tf.mul(entropies_M, config.entropyCoefficient));
    }
    const sums = tf.stack([
      tf.sum(entropies_M),
      tf.sum(clipped(tf.exp(difference_M), config)),
      tf.neg(tf.sum(difference_M)),
    ]) as tf.Tensor1D;
    return { loss: tf.neg(tf.sum(tf.mul(gain_M, weights_M))), sums };
  };
}

function surrogate(
  { logProbs_M, advantages_M }: PolicyTokens,
  difference_M: tf.Tensor,
  config: ObjectiveConfig,
): tf.Tensor {
  if (config.objective === "reinforce") return tf.mul(logProbs_M, advantages_M);
  const ratio_M = tf.exp(difference_M);
  const plain_M = tf.mul(ratio_M, advantages_M);
  if (config.objective === "importance-sampling") return plain_M;
  const bounded_M = tf.clipByValue(
    ratio_M,
    1 - config.clipLow,
    1 + config.clipHigh,
  );
  if (config.objective === "ppo-clip" || config.objective === "gspo") {
    return tf.minimum(plain_M, tf.mul(bounded_M, advantages_M));
  }
  const constant_M = withoutGradient(bounded_M);
  return tf.mul(tf.mul(constant_M, advantages_M), logProbs_M);
}

/** Returns at every token the mean over the tokens of its response. */
function meanOfResponse(x_M: tf.Tensor, responses_M: tf.Tensor1D): tf.Tensor {
  const count = 1 + Math.max(...responses_M.dataSync());
  const sums = tf.unsortedSegmentSum(x_M, responses_M, count);
  const lengths = tf.unsortedSegmentSum(tf.onesLike(x_M), responses_M, count);
  return tf.gather(tf.div(sums, lengths), responses_M);
}

/** Returns 1 where the ratio lies outside the clipping range, else 0. */
function clipped(ratio_M: tf.Tensor, config: ObjectiveConfig): tf.Tensor {
  return tf.cast(
    tf.logicalOr(
      tf.less(ratio_M, 1 - config.clipLow),
      tf.greater(ratio_M, 1 + config.clipHigh),
    ),
    "float32",
  );
}

/** Returns the same values, which differentiation treats as constants. */
function withoutGradient(x: tf.Tensor): tf.Tensor {
  const constant = tf.customGrad((x: unknown) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return constant(x);
}
