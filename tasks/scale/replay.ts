/**
 * Replays recorded steps on other numbers of accelerators, synchronous and with the next
 * step played ahead (lib/method/ahead.ts).
 *
 * What a run recorded of one accelerator is cut up: sampling divides by the number of
 * accelerators, but not below the longest response of each role, one token at a time;
 * training divides; the executor stays as it is. Synchronous, all accelerators sample
 * and then all train. Played ahead, some sample and the others train at the same time.
 * Left out: the copying of weights, and losses of training on many accelerators.
 */

/** Seconds of a step as one accelerator took them. */
export interface RecordedStep {
  sampling: number;
  executor: number;
  training: number;
}

/** Seconds of all steps when played and learnt in turn by n accelerators. */
export function synchronous(
  steps: readonly RecordedStep[],
  n: number,
  longest: number,
): number {
  return sum(
    steps.map(({ sampling, executor, training }) =>
      Math.max(sampling / n, longest) + executor + training / n
    ),
  );
}

/** Seconds of all steps where `samplers` of n accelerators play ahead of the others. */
export function playedAhead(
  steps: readonly RecordedStep[],
  n: number,
  longest: number,
  samplers: number,
): number {
  const play = ({ sampling, executor }: RecordedStep) =>
    Math.max(sampling / samplers, longest) + executor;
  const learn = ({ training }: RecordedStep) => training / (n - samplers);
  let [played, learnt] = [play(steps[0]), 0];
  for (const [t, step] of steps.entries()) {
    // A play begins when the one before was taken, which waits for the update before.
    const start = Math.max(played, learnt);
    if (t + 1 < steps.length) played = start + play(steps[t + 1]);
    learnt = start + learn(step);
  }
  return learnt;
}

/** Returns the number of samplers that is fastest, and its seconds. */
export function bestSplit(
  steps: readonly RecordedStep[],
  n: number,
  longest: number,
): { samplers: number; seconds: number } {
  const tried = Array.from({ length: n - 1 }, (_, i) => ({
    samplers: i + 1,
    seconds: playedAhead(steps, n, longest, i + 1),
  }));
  return tried.reduce((best, one) => one.seconds < best.seconds ? one : best);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
