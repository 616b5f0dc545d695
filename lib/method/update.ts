/** The update: from samples with advantages to an optimiser step per epoch. */

import type {
  Engine,
  OptimiserConfig,
  TrainReport,
  TrainSequence,
} from "./engine.ts";
import { tokenWeights } from "./objective/weights.ts";
import type { SelfPlayConfig } from "./config.ts";
import type { Setting } from "./setting.ts";
import type {
  CreditedSample,
  PolicyUpdate,
  Response,
  SolvedTask,
} from "./stages.ts";

/** Says that an engine refused a batch (its loss or gradient is not finite), and holds the batch for study. */
export class UpdateFailed extends Error {
  override name = "UpdateFailed";
  constructor(
    readonly step: number,
    readonly sequences: TrainSequence[],
    override readonly cause: unknown,
  ) {
    const message = cause instanceof Error ? cause.message : String(cause);
    super(`the update of step ${step} failed: ${message}`);
  }
}

/** The part of a setting that an update needs. */
type Models = Pick<Setting, "config" | "engine" | "proposerEngine">;

/** Trains on the samples, unless the config's `updates` are "none". Without a second model, one step serves both roles. */
export async function updatePolicy(
  setting: Models,
  samples: readonly CreditedSample[],
  step: number,
): Promise<PolicyUpdate> {
  const optimiser = optimiserAt(setting.config, step);
  const { engine, proposerEngine } = setting;
  if (setting.config.updates === "none") {
    return { solver: null, proposer: null, sequences: 0, optimiser };
  }
  const trainOn = (model: Engine, trained: readonly CreditedSample[]) =>
    train(setting, model, trained, optimiser, step);
  const none = { report: null, sequences: 0 };
  const ofRole = (role: CreditedSample["role"]) =>
    samples.filter((sample) => sample.role === role);
  const solver = await trainOn(
    engine,
    proposerEngine ? ofRole("solve") : samples,
  );
  const proposer = proposerEngine
    ? await trainOn(proposerEngine, ofRole("propose"))
    : none;
  return {
    solver: solver.report,
    proposer: proposer.report,
    sequences: solver.sequences + proposer.sequences,
    optimiser,
  };
}

async function train(
  { config }: Models,
  engine: Engine,
  samples: readonly CreditedSample[],
  optimiser: OptimiserConfig,
  step: number,
): Promise<{ report: TrainReport | null; sequences: number }> {
  const recorded = trainSequences(config, samples);
  if (recorded.length === 0) return { report: null, sequences: 0 };
  let sequences: readonly TrainSequence[] = recorded;
  let report: TrainReport | null = null;
  try {
    sequences = await corrected(config, engine, recorded);
    for (let epoch = 0; epoch < config.epochs; epoch++) {
      report = await engine.trainStep(
        sequences,
        objectiveOf(config),
        optimiser,
      );
    }
  } catch (error) {
    // Told to stop, the update changed nothing: that is no failure.
    if (error instanceof DOMException && error.name === "AbortError") {
      throw error;
    }
    throw new UpdateFailed(step, [...sequences], error);
  }
  return { report, sequences: sequences.length };
}

/**
 * Returns one sequence per distinct (prompt, response, advantage): equal ones are merged
 * by adding their weights, which leaves the loss as it is. Sequences without
 * advantage are dropped unless the objective has terms that do not need one.
 */
export function trainSequences(
  config: SelfPlayConfig,
  samples: readonly CreditedSample[],
): TrainSequence[] {
  const counted = countedSamples(config, samples);
  const weights = tokenWeights(
    samples.map(({ role, mode, response }, i) => ({
      role,
      mode,
      tokenCount: counted[i] ? response.sample.tokens.length : 0,
    })),
    config.aggregation,
    config.proposerWeight,
    { propose: config.maxProposalTokens, solve: config.maxSolutionTokens },
  );
  const keepAll = config.entropyCoefficient !== 0;
  const merged = new Map<string, { sample: CreditedSample; weight: number }>();
  samples.forEach((sample, i) => {
    if (weights[i] === 0 || (sample.advantage === 0 && !keepAll)) return;
    const { promptTokens, sample: { tokens } } = sample.response;
    const key = `${promptTokens.join()}|${tokens.join()}|${sample.advantage}`;
    const known = merged.get(key);
    if (known) known.weight += weights[i];
    else merged.set(key, { sample, weight: weights[i] });
  });
  return [...merged.values()].map(({ sample, weight }): TrainSequence => {
    const { promptTokens, bannedTokens, sample: { tokens, logProbs } } =
      sample.response;
    return {
      promptTokens,
      responseTokens: tokens,
      advantages: tokens.map(() => sample.advantage),
      oldLogProbs: logProbs,
      weights: tokens.map(() => weight),
      bannedTokens,
      ...(config.temperature !== 1 && { temperature: config.temperature }),
    };
  });
}

/** Returns which samples count in the loss: not cut ones or those of silent groups, where the config leaves these out. */
function countedSamples(
  { cutResponses, silentGroups }: SelfPlayConfig,
  samples: readonly CreditedSample[],
): boolean[] {
  const speaking = new Set(
    samples.flatMap(({ advantage, promptGroup }) =>
      advantage === 0 ? [] : promptGroup
    ),
  );
  return samples.map(({ promptGroup, response }) =>
    !(cutResponses === "mask" && response.sample.finish === "length") &&
    !(silentGroups === "leave-out" && !speaking.has(promptGroup))
  );
}

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

function objectiveOf(config: SelfPlayConfig) {
  const { objective, clipLow, clipHigh, entropyCoefficient } = config;
  return { objective, clipLow, clipHigh, entropyCoefficient };
}

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

/** Counts the tokens that were sampled in a step and those that trained. */
export function countTokens(
  proposals: readonly { response: Response | null }[],
  solved: readonly SolvedTask[],
  samples: readonly CreditedSample[],
): { sampledTokens: number; trainedTokens: number } {
  const count = (rows: readonly { response: Response | null }[]) =>
    rows.reduce((n, row) => n + (row.response?.sample.tokens.length ?? 0), 0);
  const rollouts = solved.flatMap(({ rollouts }) => rollouts);
  return {
    sampledTokens: count(proposals) + count(rollouts),
    trainedTokens: count(samples),
  };
}
