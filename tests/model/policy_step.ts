/** One step on one of the method's losses, with its report by name. */

import { type ObjectiveConfig, policyLoss } from "../../lib/method/mod.ts";
import {
  type AdamW,
  type Decoder,
  type OptimiserConfig,
  policyGradientStep,
  type TrainSequence,
} from "../../lib/model/mod.ts";

export async function policyStep(
  model: Decoder,
  optimiser: AdamW,
  sequences: readonly TrainSequence[],
  objective: ObjectiveConfig,
  config: OptimiserConfig,
) {
  const { means, ...report } = await policyGradientStep(
    model,
    optimiser,
    sequences,
    policyLoss(objective),
    config,
  );
  const [entropy, clipFraction, approximateKl] = means;
  return { ...report, entropy, clipFraction, approximateKl };
}
