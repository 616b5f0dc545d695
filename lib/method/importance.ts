/** The correction of a batch for a sampler whose probabilities are not the trainer's. */

import type { SelfPlayConfig } from "./config.ts";
import type { Engine, TrainSequence } from "./engine.ts";

/** The ratios of a batch's tokens, trainer's / sampler's probability, before the cap. */
export interface ImportanceWeights {
  tokens: number;
  mean: number;
  least: number;
  most: number;
  /** Share of the tokens whose ratio was above the cap. */
  capped: number;
}

/**
 * Corrects for a sampler whose probabilities are not the trainer's. Under top-p
 * sampling the recorded probabilities are those of the cut distribution, and the
 * ratio would start away from 1: the trainer's take their place. With an importance
 * cap a token's weight is multiplied by min(trainer's / sampler's probability, cap).
 * Where the sampler's weights are older than the trainer's, the clip of the loss so
 * holds the new policy to the trainer's, and the ratio corrects for the sampler's
 * (AReaL's decoupled objective, arXiv 2505.24298, equation 5).
 */
export async function corrected(
  { topP, importanceCap }: SelfPlayConfig,
  engine: Engine,
  sequences: readonly TrainSequence[],
): Promise<{
  sequences: readonly TrainSequence[];
  importance?: ImportanceWeights;
}> {
  if (topP === 1 && importanceCap === 0) return { sequences };
  const logProbs = await engine.logProbs(sequences);
  if (importanceCap === 0) {
    return {
      sequences: sequences.map((sequence, i) => ({
        ...sequence,
        oldLogProbs: logProbs[i],
      })),
    };
  }
  const ratios = sequences.map(({ oldLogProbs }, i) =>
    logProbs[i].map((own, t) => Math.exp(own - oldLogProbs[t]))
  );
  return {
    sequences: sequences.map((sequence, i) => ({
      ...sequence,
      oldLogProbs: logProbs[i],
      weights: sequence.weights.map((weight, t) =>
        weight * Math.min(ratios[i][t], importanceCap)
      ),
    })),
    importance: summary(ratios.flat(), importanceCap),
  };
}

function summary(ratios: readonly number[], cap: number): ImportanceWeights {
  const tokens = ratios.length;
  const sum = (values: readonly number[]) =>
    values.reduce((total, value) => total + value, 0);
  return {
    tokens,
    mean: sum(ratios) / tokens,
    least: ratios.reduce((least, ratio) => Math.min(least, ratio), Infinity),
    most: ratios.reduce((most, ratio) => Math.max(most, ratio), 0),
    capped: sum(ratios.map((ratio) => ratio > cap ? 1 : 0)) / tokens,
  };
}
