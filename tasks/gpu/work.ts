/** What is timed: sampling and training of random tokens, one call of an engine each. */
import type { LocalEngine } from "../../lib/engines/local.ts";
import { randomStream } from "../../lib/random.ts";

/** Prompts and samples of each, in tokens. */
export interface Sampling {
  prompts: number;
  samples: number;
  promptTokens: number;
  responseTokens: number;
}

/** Sequences, each with a prompt of its own. */
export interface Training {
  sequences: number;
  promptTokens: number;
  responseTokens: number;
}

function tokens(
  engine: LocalEngine,
  length: number,
  ...path: (string | number)[]
) {
  const stream = randomStream(1, "gpu", ...path);
  const most = engine.model.config.vocab_size - 1;
  return Array.from({ length }, () => stream.integer(2, most));
}

/** Returns a call that samples. */
export function samplingWork(engine: LocalEngine, sampling: Sampling) {
  const requests = Array.from({ length: sampling.prompts }, (_, seed) => ({
    promptTokens: tokens(engine, sampling.promptTokens, "prompt", seed),
    count: sampling.samples,
    maxNewTokens: sampling.responseTokens,
    seed,
  }));
  return () => engine.sample(requests, { temperature: 1, stopTokens: [] });
}

/** Returns a call that takes one step of policy gradient. */
export function trainingWork(engine: LocalEngine, training: Training) {
  const { sequences, promptTokens, responseTokens } = training;
  const each = (value: number) => new Array<number>(responseTokens).fill(value);
  const rows = Array.from({ length: sequences }, (_, i) => ({
    promptTokens: tokens(engine, promptTokens, "prompt", i),
    responseTokens: tokens(engine, responseTokens, "response", i),
    advantages: each(i % 2 ? 1 : -1),
    oldLogProbs: each(-10),
    weights: each(1 / (sequences * responseTokens)),
  }));
  const objective = {
    objective: "ppo-clip" as const,
    clipLow: 0.2,
    clipHigh: 0.2,
    entropyCoefficient: 0.001,
  };
  return () =>
    engine.trainStep(rows, objective, {
      learningRate: 1e-6,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.01,
      maxGradientNorm: 1,
    });
}
