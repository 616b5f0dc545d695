/** The correction of a batch for a sampler whose probabilities are not the trainer's. */

import type { SelfPlayConfig } from "./config.ts";
import type { Engine, TrainSequence } from "./engine.ts";

/**
 * Corrects for a sampler whose probabilities are not the trainer's. Under top-p
 * sampling the recorded probabilities are those of the cut distribution, and the
 * ratio would start away from 1: the trainer's take their place. With an importance
 * cap a token's weight is multiplied by min(trainer's / sampler's probability, cap).
 */
export async function corrected(
  { topP, importanceCap }: SelfPlayConfig,
  engine: Engine,
  sequences: readonly TrainSequence[],
): Promise<readonly TrainSequence[]> {
  if (topP === 1 && importanceCap === 0) return sequences;
  const logProbs = await engine.logProbs(sequences);
  return sequences.map((sequence, i) => {
    const oldLogProbs = logProbs[i];
    if (importanceCap === 0) return { ...sequence, oldLogProbs };
    const weights = sequence.weights.map((weight, t) =>
      weight *
      Math.min(
        Math.exp(oldLogProbs[t] - sequence.oldLogProbs[t]),
        importanceCap,
      )
    );
    return { ...sequence, oldLogProbs, weights };
  });
}
