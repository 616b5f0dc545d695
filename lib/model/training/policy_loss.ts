/**
 * The interface of a policy-gradient loss. The caller gives the loss as a function, so
 * that this folder does not depend on the method.
 */
import * as tf from "@tensorflow/tfjs";

/** The inputs of a loss: vectors `[M]` over M response tokens. */
export interface PolicyTokens {
  /** Natural log-probability under the current policy; carries the gradient. */
  logProbs_M: tf.Tensor1D;
  /** Entropy of the current policy at the token, in nats; carries the gradient. */
  entropies_M: tf.Tensor1D;
  /** Natural log-probability as recorded at sampling. */
  oldLogProbs_M: tf.Tensor1D;
  advantages_M: tf.Tensor1D;
  /** Weight of the token in the loss, which is a sum. */
  weights_M: tf.Tensor1D;
  /** Number of the response that the token belongs to, from 0. */
  responses_M: tf.Tensor1D;
}

/**
 * A loss over response tokens. It returns the scalar to minimise, which is a sum over
 * the tokens, and further sums over the tokens for the report.
 */
export type PolicyLoss = (
  tokens: PolicyTokens,
) => { loss: tf.Scalar; sums: tf.Tensor1D };

/** The sums for the report, collected during the backward pass and read once per step. */
export interface TokenSums {
  add(sums: tf.Tensor1D, tokens: number): void;
  /** Returns each sum divided by the number of tokens, and that number. */
  means(): Promise<{ means: number[]; tokens: number }>;
  /** Frees the collected tensors, also after a failed step. */
  dispose(): void;
}

/** Makes an empty collector of sums. */
export function tokenSums(): TokenSums {
  const parts: tf.Tensor1D[] = [];
  let tokens = 0;
  return {
    add(sums, count) {
      parts.push(tf.keep(sums));
      tokens += count;
    },
    async means() {
      const total: number[] = [];
      for (const part of parts) {
        (await part.data()).forEach((value, i) =>
          total[i] = (total[i] ?? 0) + value
        );
      }
      return { means: total.map((sum) => sum / tokens), tokens };
    },
    dispose() {
      for (const part of parts) part.dispose();
    },
  };
}
