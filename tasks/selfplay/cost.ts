/**
 * What a step costs at most, by its config and the speed of a machine, and which
 * settings would make it fit.
 *
 * "At most" takes every response at its limit and every proposal for valid. Memory
 * is the weights with what training adds to them, and the longest batch's working
 * space, which is taken to grow with its tokens.
 */
import type { SelfPlayConfig } from "../../lib/method/config.ts";

/** What was measured of a model on a machine. */
export interface Measured {
  /** Tokens a second that are sampled, and trained on with their prompts. */
  sampledPerSecond: number;
  trainedPerSecond: number;
  /** Bytes resident with the model open. */
  loadedBytes: number;
  /** Bytes that gradients, moments and working space of the measured batch added. */
  trainingBytes: number;
  /** Tokens of that batch. */
  batchTokens: number;
  /** Numbers that are trained. */
  trainedParameters: number;
  /** Tokens that are trained at a time, unless one sequence alone is longer. */
  microBatchTokens: number;
  contextLength: number;
  /** Lengths of the first prompts. */
  promptTokens: { propose: number; solve: number };
}

/** What there is room for. */
export interface Room {
  memoryBytes: number;
  diskBytes: number;
}

/** A step's tokens and seconds, and a run's memory and disk, at most. */
export interface Cost extends Room {
  sampledTokens: number;
  trainedTokens: number;
  seconds: number;
}

/** Bytes of a weight's gradient and two moments. */
const TRAINING_BYTES = 3 * 4;
/** Bytes of a weight and its two moments in a checkpoint. */
const CHECKPOINT_BYTES = 3 * 4;
/** The longest step that fits. */
export const FITTING_SECONDS = 300;

/** Returns the cost of a config. */
export function costOf(config: SelfPlayConfig, measured: Measured): Cost {
  const { maxProposalTokens, maxSolutionTokens, rolloutsPerTask } = config;
  const trains = config.updates !== "none";
  const asked = config.modes.length * config.proposalsPerMode;
  const estimates = asked * rolloutsPerTask;
  const trainedSolutions = config.trainOnEstimates ? estimates : asked;
  const solutions = config.trainOnEstimates ? estimates : estimates + asked;
  const { propose, solve } = measured.promptTokens;
  const proposals = config.taskSource === "self-play" ? asked : 0;
  const sampledTokens = proposals * maxProposalTokens +
    solutions * maxSolutionTokens;
  const trainedTokens = trains
    ? config.epochs * ((config.trainProposer ? proposals : 0) *
        (propose + maxProposalTokens) +
      trainedSolutions * (solve + maxSolutionTokens))
    : 0;
  const kept = config.keepCheckpoints ||
    Math.floor(config.steps / config.checkpointEvery) + 1;
  return {
    sampledTokens,
    trainedTokens,
    seconds: sampledTokens / measured.sampledPerSecond +
      trainedTokens / measured.trainedPerSecond,
    memoryBytes: measured.loadedBytes +
      (trains ? trainingBytes(config, measured) : 0),
    diskBytes: kept * CHECKPOINT_BYTES * measured.trainedParameters,
  };
}

/** Gradients, moments and the working space of the longest batch. */
function trainingBytes(config: SelfPlayConfig, measured: Measured): number {
  const { maxPromptTokens, maxProposalTokens, maxSolutionTokens } = config;
  const longest = Math.min(
    measured.contextLength,
    maxPromptTokens + Math.max(maxProposalTokens, maxSolutionTokens),
  );
  const fixed = TRAINING_BYTES * measured.trainedParameters;
  const perToken = Math.max(0, measured.trainingBytes - fixed) /
    measured.batchTokens;
  return fixed + perToken * Math.max(longest, measured.microBatchTokens);
}

/** Whether a cost leaves room, and no step is longer than five minutes. */
export function fits(cost: Cost, room: Room): boolean {
  return cost.seconds <= FITTING_SECONDS &&
    cost.memoryBytes <= room.memoryBytes && cost.diskBytes <= room.diskBytes;
}

/** Settings that are made smaller, each down to the least that makes sense. */
const SHRINKING = {
  maxPromptTokens: 512,
  maxProposalTokens: 128,
  maxSolutionTokens: 64,
  proposalsPerMode: 4,
  rolloutsPerTask: 4,
};
type Shrinking = keyof typeof SHRINKING;

/**
 * Returns the settings that make a config fit: halved one at a time, first that which
 * saves most. Null where none of them do.
 */
export function fittingSettings(
  config: SelfPlayConfig,
  measured: Measured,
  room: Room,
): Partial<SelfPlayConfig> | null {
  const changed: Partial<SelfPlayConfig> = {};
  const now = () => ({ ...config, ...changed });
  if (costOf(config, measured).diskBytes > room.diskBytes) {
    changed.keepCheckpoints = 1;
  }
  const excess = (config: SelfPlayConfig) => {
    const { seconds, memoryBytes } = costOf(config, measured);
    return Math.max(1, seconds / FITTING_SECONDS) *
      Math.max(1, memoryBytes / room.memoryBytes);
  };
  while (!fits(costOf(now(), measured), room)) {
    const smaller = (Object.keys(SHRINKING) as Shrinking[])
      .filter((field) => now()[field] > SHRINKING[field])
      .map((field) => ({
        [field]: Math.max(SHRINKING[field], Math.floor(now()[field] / 2)),
      }))
      .map((change) => ({ change, left: excess({ ...now(), ...change }) }))
      .filter(({ left }) => left < excess(now()))
      .sort((a, b) => a.left - b.left);
    if (smaller.length === 0) return null;
    Object.assign(changed, smaller[0].change);
  }
  return changed;
}
