/** One step on one of the method's losses, with its report by name. */

import {
  type ObjectiveConfig,
  policyLoss,
} from "../../lib/method/objective/loss.ts";
import {
  type AdamW,
  type Decoder,
  policyGradientStep,
} from "../../lib/model/mod.ts";
import type {
  OptimiserConfig,
  TrainSequence,
} from "../../lib/model/requests.ts";

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
