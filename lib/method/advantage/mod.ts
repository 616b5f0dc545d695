/** The advantage estimators, one a file, chosen by name. */

import { drGrpo } from "./dr_grpo.ts";
import { grpo } from "./grpo.ts";
import { reinforceBaseline } from "./reinforce_baseline.ts";
import { reinforcePlusPlus } from "./reinforce_plus_plus.ts";
import { rejection } from "./rejection.ts";
import { rloo } from "./rloo.ts";
import type { RewardedSample, Whitening } from "./sample.ts";
import { trrpp } from "./trrpp.ts";

/** The estimators that need nothing but the batch, by their names in a config. */
export const ESTIMATORS = {
  "trrpp": trrpp,
  "reinforce-plus-plus": reinforcePlusPlus,
  "rloo": rloo,
  "grpo": grpo,
  "dr-grpo": drGrpo,
  "reinforce-baseline": reinforceBaseline,
  "rejection": rejection,
} as const satisfies Record<
  string,
  (samples: readonly RewardedSample[], whitening: Whitening) => number[]
>;

/** The name of an estimator. */
export type EstimatorName = keyof typeof ESTIMATORS;

/**
 * Returns one advantage per sample, in order. `whitening` matters to `trrpp`,
 * `reinforce-plus-plus` and `reinforce-baseline` only.
 */
export function estimateAdvantages(
  name: EstimatorName,
  samples: readonly RewardedSample[],
  whitening: Whitening,
): number[] {
  return ESTIMATORS[name](samples, whitening);
}
