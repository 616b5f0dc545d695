/** The optimiser's settings step by step: warm-up, then a constant or a falling rate. */

import type { SelfPlayConfig } from "./config.ts";
import type { OptimiserConfig } from "./engine.ts";

/** Returns the optimiser's settings at a step, counted from 1, with that step's learning rate. */
export function optimiserAt(
  config: SelfPlayConfig,
  step: number,
): OptimiserConfig {
  const { beta1, beta2, epsilon, weightDecay, maxGradientNorm } = config;
  const warm = Math.min(1, step / Math.max(1, config.warmupSteps));
  const done = Math.min(1, step / Math.max(1, config.steps));
  const decay = config.learningRateSchedule === "linear" ? 1 - 0.9 * done : 1;
  const learningRate = config.learningRate * warm * decay;
  return {
    learningRate,
    beta1,
    beta2,
    epsilon,
    weightDecay,
    maxGradientNorm,
  };
}
