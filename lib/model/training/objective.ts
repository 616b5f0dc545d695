/**
 * Policy-gradient objectives over response tokens, chosen by name.
 *
 * With ratio r = exp(new - old), advantage A and token weight w, the loss is the
 * sum over tokens of -w times
 *   ppo-clip             min(r A, clip(r, 1 - clipLow, 1 + clipHigh) A)   (Schulman et al. 2017)
 *   importance-sampling  r A
 *   cispo                stopGradient(clip(r, 1 - clipLow, 1 + clipHigh)) A log p   (MiniMax 2025)
 *   reinforce            A log p
 * minus entropyCoefficient times the weighted entropy, plus klCoefficient times
 * the weighted k3 estimate of the divergence from the sampling policy
 * (exp(old - new) - (old - new) - 1; Schulman 2020). Left out: how advantages
 * and weights are made, and a separate reference policy.
 */
import * as tf from "@tensorflow/tfjs";
import type { ObjectiveConfig } from "../requests.ts";

/** Per-token inputs, M response tokens. */
export interface PolicyTokens {
  logProbs_M: tf.Tensor1D;
  entropies_M: tf.Tensor1D;
  oldLogProbs_M: tf.Tensor1D;
  advantages_M: tf.Tensor1D;
  weights_M: tf.Tensor1D;
}

/** Sums kept aside during the backward pass and read once per step. */
export interface PolicyStatistics {
  add(sums: tf.Tensor1D, tokens: number): void;
  read(): Promise<
    {
      entropy: number;
      clipFraction: number;
      approximateKl: number;
      tokens: number;
    }
  >;
  /** Frees what was added; also after a step that failed. */
  dispose(): void;
}

/** A fresh collector of statistics. */
export function policyStatistics(): PolicyStatistics {
  const parts: tf.Tensor1D[] = [];
  let tokens = 0;
  return {
    add(sums, count) {
      parts.push(tf.keep(sums));
      tokens += count;
    },
    async read() {
      const total = [0, 0, 0];
      for (const part of parts) {
        (await part.data()).forEach((value, i) => total[i] += value);
      }
      const [entropy, clipFraction, approximateKl] = total
        .map((sum) => sum / tokens);
      return { entropy, clipFraction, approximateKl, tokens };
    },
    dispose() {
      for (const part of parts) part.dispose();
    },
  };
}

/** The scalar loss of some response tokens; their statistics go to `statistics`. */
export function policyLoss(
  tokens: PolicyTokens,
  config: ObjectiveConfig,
  statistics: PolicyStatistics,
): tf.Scalar {
  const { logProbs_M, entropies_M, oldLogProbs_M, weights_M } = tokens;
  const difference_M = tf.sub(logProbs_M, oldLogProbs_M);
  let gain_M = surrogate(tokens, difference_M, config);
  if (config.entropyCoefficient !== 0) {
    gain_M = tf.add(gain_M, tf.mul(entropies_M, config.entropyCoefficient));
  }
  if (config.klCoefficient !== 0) {
    const divergence_M = tf.sub(
      tf.add(tf.exp(tf.neg(difference_M)), difference_M),
      1,
    );
    gain_M = tf.sub(gain_M, tf.mul(divergence_M, config.klCoefficient));
  }
  statistics.add(
    tf.stack([
      tf.sum(entropies_M),
      tf.sum(clipped(tf.exp(difference_M), config)),
      tf.neg(tf.sum(difference_M)),
    ]) as tf.Tensor1D,
    logProbs_M.shape[0],
  );
  return tf.neg(tf.sum(tf.mul(gain_M, weights_M)));
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
  if (config.objective === "ppo-clip") {
    return tf.minimum(plain_M, tf.mul(bounded_M, advantages_M));
  }
  const constant_M = withoutGradient(bounded_M);
  return tf.mul(tf.mul(constant_M, advantages_M), logProbs_M);
}

/** 1 where the ratio lies outside the clipping range. */
function clipped(ratio_M: tf.Tensor, config: ObjectiveConfig): tf.Tensor {
  return tf.cast(
    tf.logicalOr(
      tf.less(ratio_M, 1 - config.clipLow),
      tf.greater(ratio_M, 1 + config.clipHigh),
    ),
    "float32",
  );
}

/** The same values, treated as constants by differentiation. */
function withoutGradient(x: tf.Tensor): tf.Tensor {
  const constant = tf.customGrad((x: unknown) => ({
    value: tf.clone(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }));
  return constant(x);
}
