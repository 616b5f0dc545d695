/** The update: from samples with advantages to an optimiser step per epoch. */

import type {
  Engine,
  OptimiserConfig,
  TrainReport,
  TrainSequence,
} from "./engine.ts";
import { corrected, type ImportanceWeights } from "./importance.ts";
import { tokenWeights } from "./objective/weights.ts";
import { optimiserAt } from "./optimiser_schedule.ts";
import type { SelfPlayConfig } from "./config.ts";
import type { Setting } from "./setting.ts";
import type { CreditedSample, PolicyUpdate } from "./stages.ts";

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
  const ofRole = (role: CreditedSample["role"]) =>
    samples.filter((sample) => sample.role === role);
  const own = proposerEngine ? ofRole("solve") : samples;
  const solver = await trainOn(engine, own);
  const proposer = proposerEngine
    ? await trainOn(proposerEngine, ofRole("propose"))
    : { report: null, sequences: 0 };
  const { importance } = solver;
  return {
    solver: solver.report,
    proposer: proposer.report,
    sequences: solver.sequences + proposer.sequences,
    optimiser,
    ...(importance && { importance }),
  };
}

async function train(
  { config }: Models,
  engine: Engine,
  samples: readonly CreditedSample[],
  optimiser: OptimiserConfig,
  step: number,
): Promise<{
  report: TrainReport | null;
  sequences: number;
  importance?: ImportanceWeights;
}> {
  const recorded = trainSequences(config, samples);
  if (recorded.length === 0) return { report: null, sequences: 0 };
  let sequences: readonly TrainSequence[] = recorded;
  let report: TrainReport | null = null;
  let importance: ImportanceWeights | undefined;
  try {
    ({ sequences, importance } = await corrected(config, engine, recorded));
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
  return { report, sequences: sequences.length, importance };
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

function objectiveOf(config: SelfPlayConfig) {
  const { objective, clipLow, clipHigh, entropyCoefficient } = config;
  return { objective, clipLow, clipHigh, entropyCoefficient };
}
