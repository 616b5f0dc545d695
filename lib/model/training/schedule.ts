/**
 * Learning-rate schedules, as pure functions of the step.
 *
 * The caller puts the rate of a step into the settings of the optimiser.
 */

/** The numbers of a learning-rate schedule; steps count from 1. */
export interface LearningRateSchedule {
  kind: "constant" | "linear" | "cosine";
  /** The largest rate, reached at the end of the warm-up. */
  peak: number;
  warmupSteps: number;
  totalSteps: number;
  /** Steps at the peak before the decay begins, warm-up included. */
  decayFrom: number;
  /** The rate at `totalSteps`, as a share of the peak. */
  finalShare: number;
}

/** Returns the learning rate of a step: a linear warm-up, a plateau, then the decay. */
export function learningRateAt(
  schedule: LearningRateSchedule,
  step: number,
): number {
  const { kind, peak, warmupSteps, totalSteps, finalShare } = schedule;
  if (step < warmupSteps) return peak * step / warmupSteps;
  const start = Math.max(warmupSteps, schedule.decayFrom);
  if (kind === "constant" || step <= start) return peak;
  const done = Math.min(1, (step - start) / Math.max(1, totalSteps - start));
  const left = kind === "linear"
    ? 1 - done
    : (1 + Math.cos(Math.PI * done)) / 2;
  return peak * (finalShare + (1 - finalShare) * left);
}
