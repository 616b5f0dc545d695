/**
 * What a step costs at most, by its config and the speed of a machine, and which
 * settings would make it fit.
 *
 * "At most" takes every response at its limit and every proposal for valid. Memory
 * follows from the model's shape (memory_plan.ts).
 */
import type { SelfPlayConfig } from "../../lib/method/config.ts";
import { microBatchTokens } from "../../lib/model/memory.ts";
import { PACKED_COLUMNS_LARGE } from "../../lib/model/training/training.ts";
import {
  memoryOf,
  type MemoryPlan,
  peakOf,
  trainedNumbers,
} from "./memory_plan.ts";

/** A model, what is trained of it, and how: the part of a plan that no setting changes. */
export interface Trainee extends
  Pick<
    MemoryPlan,
    "config" | "weightBytes" | "graphs" | "recomputesLayers"
  > {
  /** Rank of adapters; 0 trains the weights. */
  loraRank: number;
  /** Padded tokens of a micro-batch; 0 takes what memory allows. */
  microBatchTokens: number;
}

/** What was measured of a model on a machine. */
export interface Measured {
  /** Tokens a second that are sampled, and trained on with their prompts. */
  sampledPerSecond: number;
  trainedPerSecond: number;
  model: Trainee;
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
    memoryBytes: peakOf(memoryOf(memoryPlan(config, measured.model))),
    diskBytes: kept * CHECKPOINT_BYTES *
      trainedNumbers(measured.model.config, measured.model.loraRank),
  };
}

/** Returns what a run holds at most: its longest row, batch and samples. */
export function memoryPlan(config: SelfPlayConfig, model: Trainee): MemoryPlan {
  const { maxPromptTokens: prompt, maxProposalTokens, maxSolutionTokens } =
    config;
  const longest = Math.min(
    model.config.max_position_embeddings,
    prompt + Math.max(maxProposalTokens, maxSolutionTokens),
  );
  const packed = prompt + config.rolloutsPerTask * maxSolutionTokens;
  const rowTokens = Math.max(longest, Math.min(PACKED_COLUMNS_LARGE, packed));
  const asked = config.modes.length * config.proposalsPerMode;
  return {
    ...model,
    loraRank: config.updates === "none" ? null : model.loraRank,
    rowTokens,
    batchTokens: Math.max(
      rowTokens,
      model.microBatchTokens || microBatchTokens(model),
    ),
    sampledRows: asked * config.rolloutsPerTask,
    sampledTokens: longest,
  };
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
