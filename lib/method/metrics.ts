/**
 * The numbers of a step. They depend on the config, the base model and the machine's
 * arithmetic alone; times are logged elsewhere.
 *
 * The mean of nothing is null: a mode without valid tasks has no solve rate.
 */

import type { TrainReport } from "./engine.ts";
import type { ImportanceWeights } from "./importance.ts";
import type { ModeName } from "./modes/task.ts";
import { passAtK } from "./pass_at_k.ts";
import {
  type CreditedSample,
  type Reported,
  type SolvedTask,
  type UpdateReport,
  wasJudged,
} from "./stages.ts";
import {
  countOf,
  INTRINSIC,
  meanOf,
  type ProposerTally,
  type ResponseTally,
  tallyProposals,
  tallyResponses,
} from "./tally.ts";

/** The proposals of one mode in numbers. */
export interface ProposerMetrics {
  proposals: number;
  /** Shares of all proposals, by status. */
  malformed: number | null;
  invalid: number | null;
  duplicate: number | null;
  heldOut: number | null;
  unjudged: number | null;
  valid: number | null;
  /** Number of proposals per named cause of failure. */
  failureCauses: Record<string, number>;
  distinctPrograms: number;
  /** Distinct programs divided by the proposals that ran (valid, duplicate, held out). */
  distinctShare: number | null;
  meanReward: number | null;
  meanProgramCharacters: number | null;
  meanResponseTokens: number | null;
  meanPromptTokens: number | null;
  /** Share of responses that were cut at the token limit. */
  cutShare: number | null;
  /**
   * Mean of -log p of the sampled tokens, in nats: at temperature 1 without a top-p
   * cut, an unbiased estimate of the entropy.
   */
  entropyPerToken: number | null;
  /** Share of the tasks that ran (valid, duplicate, held out) whose output is their input. */
  outputEqualsInput: number | null;
  /** Means over valid proposals of the intrinsic measures. */
  intrinsic: Record<string, number | null>;
}

/** The attempts of one mode in numbers. */
export interface SolverMetrics {
  tasks: number;
  freshTasks: number;
  rollouts: number;
  /** Mean solve rate of the tasks that could be judged: the fresh ones, then all. */
  freshSolveRate: number | null;
  solveRate: number | null;
  /** Share of fresh tasks with a solve rate between 0 and 1. */
  learnable: number | null;
  /** Number of fresh tasks per number of rollouts that solve them, from 0 to n. */
  solveRateHistogram: number[];
  /** Share of tasks with at least one right rollout. */
  solvedAtLeastOnce: number | null;
  /**
   * pass@k for k = 1, 2, 4 and so on up to n, by the unbiased estimate: a mean over
   * the tasks, fresh or past, that were attempted n times; null where there is none.
   */
  passAtK: Record<string, number | null>;
  malformed: number | null;
  gradeCauses: Record<string, number>;
  meanReward: number | null;
  thinkingRate: number | null;
  solveRateThinking: number | null;
  solveRateDirect: number | null;
  meanResponseTokens: number | null;
  meanPromptTokens: number | null;
  cutShare: number | null;
  entropyPerToken: number | null;
}

/** One line of `metrics.jsonl`. */
export interface StepMetrics {
  step: number;
  learningRate: number | null;
  loss: number | null;
  gradientNorm: number | null;
  entropy: number | null;
  clipFraction: number | null;
  approximateKl: number | null;
  proposerLoss: number | null;
  proposerGradientNorm: number | null;
  /** Updates that the step's sampler lacked; only where the setting `staleness` is not 0. */
  staleness?: number;
  /** Only where the setting `importanceCap` is not 0. */
  importance?: ImportanceWeights;
  /** Share of trained samples whose advantage is not 0. */
  samplesWithAdvantage: number | null;
  trainedSamples: number;
  trainedSequences: number;
  sampledTokens: number;
  trainedTokens: number;
  promptsRedrawn: number;
  promptsDropped: number;
  /** Number of tasks per buffer. */
  bufferSizes: Partial<Record<ModeName, number>>;
  propose: Partial<Record<ModeName, ProposerMetrics>>;
  solve: Partial<Record<ModeName, SolverMetrics>>;
}

/** The inputs of a step's metrics. */
export interface StepRecord {
  step: number;
  modes: readonly ModeName[];
  rolloutsPerTask: number;
  bufferSizes: StepMetrics["bufferSizes"];
  proposals: readonly Reported[];
  /** Sums over the proposals of each mode, where they were counted before. */
  tallies?: Partial<Record<ModeName, ProposerTally>>;
  promptsRedrawn: number;
  promptsDropped: number;
  solved: readonly SolvedTask[];
  samples: readonly CreditedSample[];
  update: UpdateReport | null;
  staleness?: number;
}

/** Computes the metrics of a step. */
export function stepMetrics(record: StepRecord): StepMetrics {
  const { update, samples } = record;
  const propose: StepMetrics["propose"] = {};
  const solve: StepMetrics["solve"] = {};
  for (const mode of record.modes) {
    propose[mode] = proposerMetrics(
      record.tallies?.[mode] ??
        tallyProposals(record.proposals.filter((one) => one.mode === mode)),
    );
    solve[mode] = solverMetrics(
      record.solved.filter(({ task }) => task.mode === mode),
      samples.filter((s) => s.mode === mode && s.role === "solve"),
      record.rolloutsPerTask,
    );
  }
  return {
    step: record.step,
    learningRate: update?.optimiser.learningRate ?? null,
    ...reportMetrics(update?.solver ?? null),
    proposerLoss: update?.proposer?.loss ?? null,
    proposerGradientNorm: update?.proposer?.gradientNorm ?? null,
    ...(record.staleness !== undefined && { staleness: record.staleness }),
    ...(update?.importance && { importance: update.importance }),
    samplesWithAdvantage: share(samples, ({ advantage }) => advantage !== 0),
    trainedSamples: samples.length,
    trainedSequences: update?.sequences ?? 0,
    sampledTokens: update?.sampledTokens ?? 0,
    trainedTokens: update?.trainedTokens ?? 0,
    promptsRedrawn: record.promptsRedrawn,
    promptsDropped: record.promptsDropped,
    bufferSizes: record.bufferSizes,
    propose,
    solve,
  };
}

function reportMetrics(report: TrainReport | null) {
  return {
    loss: report?.loss ?? null,
    gradientNorm: report?.gradientNorm ?? null,
    entropy: report?.entropy ?? null,
    clipFraction: report?.clipFraction ?? null,
    approximateKl: report?.approximateKl ?? null,
  };
}

function proposerMetrics(tally: ProposerTally): ProposerMetrics {
  const { proposals, programs, programCharacters } = tally;
  const withStatus = (status: Reported["status"]) =>
    proposals === 0 ? null : (tally.statuses[status] ?? 0) / proposals;
  return {
    proposals,
    malformed: withStatus("malformed"),
    invalid: withStatus("invalid"),
    duplicate: withStatus("duplicate"),
    heldOut: withStatus("heldOut"),
    unjudged: withStatus("unjudged"),
    valid: withStatus("valid"),
    failureCauses: tally.failures,
    distinctPrograms: programs.length,
    distinctShare: programCharacters.count === 0
      ? null
      : programs.length / programCharacters.count,
    meanReward: meanOf(tally.rewards),
    meanProgramCharacters: meanOf(programCharacters),
    ...responseMetrics(tally.responses),
    outputEqualsInput: meanOf(tally.identities),
    intrinsic: Object.fromEntries(
      INTRINSIC.map((name) => [name, meanOf(tally.intrinsic[name])]),
    ),
  };
}

function solverMetrics(
  solved: readonly SolvedTask[],
  trained: readonly CreditedSample[],
  rolloutsPerTask: number,
): SolverMetrics {
  const judged = solved.filter(wasJudged);
  const fresh = judged.filter((task) => task.fresh);
  const rollouts = solved.flatMap((task) => task.rollouts);
  const right = (list: typeof rollouts) =>
    share(list, ({ grade }) => grade === "right");
  const histogram = new Array<number>(rolloutsPerTask + 1).fill(0);
  for (const task of fresh) {
    histogram[task.rollouts.filter(({ solves }) => solves).length]++;
  }
  return {
    tasks: solved.length,
    freshTasks: solved.filter((task) => task.fresh).length,
    rollouts: rollouts.length,
    freshSolveRate: mean(fresh.map(({ solveRate }) => solveRate)),
    solveRate: mean(judged.map(({ solveRate }) => solveRate)),
    learnable: share(fresh, (t) => t.solveRate > 0 && t.solveRate < 1),
    solveRateHistogram: histogram,
    solvedAtLeastOnce: share(judged, ({ solveRate }) => solveRate > 0),
    passAtK: passCurve(judged, rolloutsPerTask),
    malformed: share(rollouts, ({ grade }) => grade === "malformed"),
    gradeCauses: countOf(rollouts.map(({ cause }) => cause)),
    meanReward: mean(trained.map(({ reward }) => reward)),
    thinkingRate: share(rollouts, ({ thought }) => thought),
    solveRateThinking: right(rollouts.filter(({ thought }) => thought)),
    solveRateDirect: right(rollouts.filter(({ thought }) => !thought)),
    ...responseMetrics(
      tallyResponses(rollouts.map(({ response }) => response)),
    ),
  };
}

/** Returns pass@k over the tasks whose n rollouts were all judged: with fewer, n would be another. */
function passCurve(
  solved: readonly SolvedTask[],
  n: number,
): Record<string, number | null> {
  const right = solved
    .map(({ rollouts }) => rollouts.filter(({ grade }) => grade !== "unjudged"))
    .filter(({ length }) => length === n)
    .map((rollouts) => rollouts.filter(({ solves }) => solves).length);
  const curve: Record<string, number | null> = {};
  for (let k = 1; k < n; k *= 2) {
    curve[k] = mean(right.map((c) => passAtK(n, c, k)));
  }
  curve[n] = mean(right.map((c) => passAtK(n, c, n)));
  return curve;
}

function responseMetrics(tally: ResponseTally) {
  const surprise = meanOf(tally.logProbs);
  return {
    meanResponseTokens: meanOf(tally.responseTokens),
    meanPromptTokens: meanOf(tally.promptTokens),
    cutShare: meanOf(tally.cut),
    entropyPerToken: surprise === null ? null : -surprise,
  };
}

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function share<T>(
  items: readonly T[],
  holds: (item: T) => boolean,
): number | null {
  return mean(items.map((item) => holds(item) ? 1 : 0));
}
