/**
 * The settings of self-play: one flat, serialisable object.
 *
 * Everything that changes what is learnt is here and nothing else, so that two
 * runs with equal configs and equal base models are equal.
 */

import {
  type EstimatorName,
  ESTIMATORS,
  type Whitening,
} from "./advantage/mod.ts";
import type { SamplerName } from "./buffer/mod.ts";
import type { ObjectiveConfig } from "../engines/mod.ts";
import type { Language } from "../sandbox/mod.ts";
import { type DialectName, MODE_NAMES, type ModeName } from "./modes/mod.ts";
import type { Aggregation } from "./objective/mod.ts";
import {
  type IntrinsicCombination,
  LEARNABILITY_SHAPES,
  type LearnabilityShape,
} from "./reward/mod.ts";

export interface SelfPlayConfig {
  /** Seed of every random stream of the run. */
  seed: number;
  /** Optimiser steps. */
  steps: number;

  /** How tasks are worded; belongs to the model. */
  dialect: DialectName;
  /** Language of the programs. */
  language: Language;
  /** Modes played; the paper's ablation "deduction only" is `["deduction"]`. */
  modes: ModeName[];
  /** `generated` takes tasks from a program generator instead of the proposer. */
  taskSource: "self-play" | "generated";

  /** B: proposals per mode and step, and solver tasks per mode and step. */
  proposalsPerMode: number;
  /** n: solver rollouts per task. */
  rolloutsPerTask: number;
  /** K: reference tasks in a proposer's prompt; 0 for the ablation without. */
  references: number;
  /** Probability that a proposal must build on programs of the buffer (chat dialect; paper's trial: 0.5). */
  compositeChance: number;
  /** Most programs it must build on; their number is uniform from 1 (paper's trial: 3). */
  compositeMaximum: number;
  /**
   * `constant`: chance and maximum as they are, from the first step (paper).
   * `rising`: none before step 101, then a maximum of 1, one more every 50 steps
   * up to `compositeMaximum`, while the chance gains 0.01 up to 0.8 (official code).
   */
  compositeSchedule: "constant" | "rising";
  /**
   * Of the B tasks of deduction and of abduction in a step, how many are chains of
   * two programs from the buffers instead of proposals: a curriculum of length.
   * 0 in the paper and the official code.
   */
  chainedPerMode: number;

  /** Valid tasks wanted per mode before the first step. */
  seedTasksPerMode: number;
  /** Most rounds of seeding; what is there then has to do. */
  seedRounds: number;
  /** Most tasks per buffer, newest kept. */
  bufferCapacity: number;
  /** Most tasks per program and buffer; 0 for no limit. */
  inputsPerProgram: number;
  /** `penalise`: a repeated task earns `rewardDuplicate` and is not kept. `admit`: no rule, as in the paper. */
  duplicates: "admit" | "penalise";
  /** Which valid tasks enter the buffer. The paper and the official code: `all`. */
  bufferAdmission: "all" | "not-always-solved" | "learnable";
  /** How solver tasks are drawn. */
  sampler: SamplerName;
  /** `same-step`: tasks are solved in the step that proposed them (Algorithm 1). `lagged`: in the next (official code). */
  solveTiming: "same-step" | "lagged";

  /**
   * Whether a rollout has to be well formed to count in a task's solve rate.
   * `ignored`: any answer that can be found in it counts (official code); what
   * trains the solver is graded on its form either way.
   */
  estimateForm: "required" | "ignored";
  /** Shape of the learnability reward. */
  learnability: LearnabilityShape;
  rewardRight: number;
  rewardWrong: number;
  rewardMalformed: number;
  /** A well-formed proposal that the executor rejects. */
  rewardInvalid: number;
  rewardDuplicate: number;
  intrinsicCombination: IntrinsicCombination;
  /** Most that one intrinsic term can add. */
  intrinsicCap: number;
  complexityCoefficient: number;
  halsteadCoefficient: number;
  editDistanceCoefficient: number;
  answerDiversityCoefficient: number;

  estimator: EstimatorName;
  whitening: Whitening;
  aggregation: Aggregation;
  /** Weight of a proposer group in the loss, against a solver group's 1. */
  proposerWeight: number;
  /**
   * `shared`: one model plays both roles, as in the paper. `separate`: two models
   * (normally from equal weights), each trained on its own role alone, so that
   * `proposerWeight` has nothing to weigh.
   */
  policies: "shared" | "separate";
  /**
   * `none`: nothing is learnt. Tasks are proposed, checked, attempted, rewarded and
   * recorded, the buffers grow, and the weights stay: for engines that only sample.
   */
  updates: "policy-gradient" | "none";
  /** Off for the ablation "train the solver only": proposals are made, but not learnt from. */
  trainProposer: boolean;
  /** On: the rollouts that estimate learnability also train the solver. Off: one further rollout per task does, as in the official code. */
  trainOnEstimates: boolean;
  /** `banned`: the solver cannot sample the token that starts a trace (compact dialect). */
  thinking: "free" | "banned";

  temperature: number;
  topP: number;
  maxPromptTokens: number;
  /** How often references are drawn again when a prompt is too long. */
  promptRedraws: number;
  maxProposalTokens: number;
  maxSolutionTokens: number;

  objective: ObjectiveConfig["objective"];
  clipLow: number;
  clipHigh: number;
  entropyCoefficient: number;
  klCoefficient: number;
  /** Optimiser steps per batch. */
  epochs: number;
  learningRate: number;
  /** Steps over which the learning rate rises from zero. */
  warmupSteps: number;
  /** `linear` falls to a tenth at the last step. */
  learningRateSchedule: "constant" | "linear";
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  maxGradientNorm: number;

  /** Steps between evaluations; 0 for only before and after. */
  evaluateEvery: number;
  /** Steps between checkpoints. */
  checkpointEvery: number;
  /** Newest checkpoints kept; 0 for all. */
  keepCheckpoints: number;
}

/** The paper's settings (Table 3 and the shipped scripts), for language models. */
export const PAPER_CONFIG: SelfPlayConfig = {
  seed: 1,
  steps: 500,
  dialect: "chat",
  language: "python",
  modes: ["deduction", "abduction", "induction"],
  taskSource: "self-play",
  proposalsPerMode: 64,
  rolloutsPerTask: 8,
  references: 6,
  compositeChance: 0,
  compositeMaximum: 3,
  compositeSchedule: "constant",
  chainedPerMode: 0,
  seedTasksPerMode: 256,
  seedRounds: 100,
  bufferCapacity: 16384,
  inputsPerProgram: 0,
  duplicates: "admit",
  bufferAdmission: "all",
  sampler: "paper",
  solveTiming: "same-step",
  estimateForm: "required",
  learnability: "paper",
  rewardRight: 1,
  rewardWrong: -0.5,
  rewardMalformed: -1,
  rewardInvalid: -1,
  rewardDuplicate: -0.5,
  intrinsicCombination: "sum",
  intrinsicCap: 0.5,
  complexityCoefficient: 0,
  halsteadCoefficient: 0,
  editDistanceCoefficient: 0,
  answerDiversityCoefficient: 0,
  estimator: "trrpp",
  whitening: "sample",
  aggregation: "token-mean",
  proposerWeight: 1,
  policies: "shared",
  updates: "policy-gradient",
  trainProposer: true,
  trainOnEstimates: true,
  thinking: "free",
  temperature: 1,
  topP: 1,
  maxPromptTokens: 6144,
  promptRedraws: 10,
  maxProposalTokens: 8096,
  maxSolutionTokens: 8096,
  objective: "ppo-clip",
  clipLow: 0.2,
  clipHigh: 0.2,
  entropyCoefficient: 0.001,
  klCoefficient: 0,
  epochs: 1,
  learningRate: 1e-6,
  warmupSteps: 0,
  learningRateSchedule: "constant",
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  maxGradientNorm: 1,
  evaluateEvery: 10,
  checkpointEvery: 10,
  keepCheckpoints: 0,
};

/**
 * The official code's settings where they differ from the paper's text: what is
 * solved was proposed a step earlier, the rest of a batch may repeat it, solvers
 * train on one further rollout per task, the form of the rollouts that estimate
 * a solve rate does not count, a valid task of no use earns -0.5, whitening
 * counts tokens, and the clip is asymmetric without entropy bonus or weight decay.
 *
 * Its dual clip of the loss at 3 is left out: with one update per batch no ratio
 * comes near it. What it does by mistake has no name here: greedy estimates, unseeded draws,
 * buffers that keep the oldest, success told by the absence of a word.
 */
export const OFFICIAL_CONFIG: SelfPlayConfig = {
  ...PAPER_CONFIG,
  solveTiming: "lagged",
  sampler: "official",
  trainOnEstimates: false,
  estimateForm: "ignored",
  compositeSchedule: "rising",
  learnability: "official",
  whitening: "token",
  clipHigh: 0.28,
  entropyCoefficient: 0,
  weightDecay: 0,
};

/**
 * Settings under which a model of well under a million parameters learns in
 * minutes. Against the paper: compact dialect, JavaScript, duplicates penalised
 * and four inputs per program (else the proposer collapses on one program),
 * invalid but well-formed proposals told apart from malformed ones, a larger
 * learning rate and a smaller proposer weight.
 */
export const TINY_CONFIG: SelfPlayConfig = {
  ...PAPER_CONFIG,
  steps: 80,
  dialect: "compact",
  language: "javascript",
  proposalsPerMode: 16,
  references: 2,
  seedTasksPerMode: 64,
  seedRounds: 20,
  inputsPerProgram: 4,
  duplicates: "penalise",
  rewardInvalid: -0.5,
  proposerWeight: 0.5,
  maxPromptTokens: 112,
  maxProposalTokens: 64,
  maxSolutionTokens: 88,
  entropyCoefficient: 0,
  learningRate: 2.5e-4,
  warmupSteps: 5,
  beta2: 0.99,
  weightDecay: 0,
};

const POSITIVE_INTEGERS = [
  "proposalsPerMode",
  "rolloutsPerTask",
  "compositeMaximum",
  "bufferCapacity",
  "maxPromptTokens",
  "maxProposalTokens",
  "maxSolutionTokens",
  "epochs",
  "checkpointEvery",
] as const;

const COUNTS = [
  "steps",
  "references",
  "seedTasksPerMode",
  "seedRounds",
  "chainedPerMode",
  "inputsPerProgram",
  "promptRedraws",
  "warmupSteps",
  "evaluateEvery",
  "keepCheckpoints",
] as const;

/** The values that a choice by name may have. */
export const SETTING_CHOICES: Partial<
  Record<keyof SelfPlayConfig, readonly string[]>
> = {
  dialect: ["compact", "chat"],
  language: ["javascript", "typescript", "python"],
  taskSource: ["self-play", "generated"],
  duplicates: ["admit", "penalise"],
  bufferAdmission: ["all", "not-always-solved", "learnable"],
  sampler: ["paper", "official", "uniform", "recent"],
  solveTiming: ["same-step", "lagged"],
  compositeSchedule: ["constant", "rising"],
  estimateForm: ["required", "ignored"],
  learnability: LEARNABILITY_SHAPES,
  intrinsicCombination: ["sum", "product", "sum-product", "product-sum"],
  estimator: Object.keys(ESTIMATORS),
  whitening: ["sample", "token"],
  aggregation: ["token-mean", "sequence-mean"],
  policies: ["shared", "separate"],
  updates: ["policy-gradient", "none"],
  thinking: ["free", "banned"],
  objective: ["ppo-clip", "importance-sampling", "cispo", "reinforce"],
  learningRateSchedule: ["constant", "linear"],
};

/** Lowest and highest value of what is not a whole number; ends included. */
const RANGES: Partial<Record<keyof SelfPlayConfig, [number, number]>> = {
  compositeChance: [0, 1],
  intrinsicCap: [0, Infinity],
  proposerWeight: [0, Infinity],
  clipLow: [0, 1],
  clipHigh: [0, Infinity],
  klCoefficient: [0, Infinity],
  learningRate: [0, Infinity],
  beta1: [0, 0.9999999],
  beta2: [0, 0.9999999],
  weightDecay: [0, Infinity],
};

type Fail = (field: keyof SelfPlayConfig, wanted: string) => never;

/** Throws, naming the field, where a config makes no sense. */
export function checkConfig(config: SelfPlayConfig): void {
  const fail: Fail = (field, wanted) => {
    throw new RangeError(
      `config field "${field}" must be ${wanted}, got ${
        JSON.stringify(config[field])
      }`,
    );
  };
  checkFields(config, fail);
  checkNumbers(config, fail);
  for (const [name, choices] of Object.entries(SETTING_CHOICES)) {
    const field = name as keyof SelfPlayConfig;
    if (!choices.includes(config[field] as string)) {
      fail(field, `one of ${choices.join(", ")}`);
    }
  }
  checkModes(config, fail);
  checkTogether(config, fail);
}

/** A field that is missing, misspelt or of another type would change what is learnt without a word. */
function checkFields(config: SelfPlayConfig, fail: Fail): void {
  const names = Object.keys(PAPER_CONFIG) as (keyof SelfPlayConfig)[];
  for (const field of Object.keys(config) as (keyof SelfPlayConfig)[]) {
    if (names.includes(field)) continue;
    throw new RangeError(
      `there is no config field "${field}"; there are ${names.join(", ")}`,
    );
  }
  for (const field of names) {
    // Lists and choices by name have checks of their own.
    if (typeof PAPER_CONFIG[field] === "boolean") {
      if (typeof config[field] !== "boolean") fail(field, "true or false");
    } else if (typeof PAPER_CONFIG[field] === "number") {
      if (typeof config[field] !== "number") fail(field, "a number");
    }
  }
}

function checkNumbers(config: SelfPlayConfig, fail: Fail): void {
  for (const [field, value] of Object.entries(config)) {
    if (typeof value === "number" && !Number.isFinite(value)) {
      fail(field as keyof SelfPlayConfig, "finite");
    }
  }
  for (const field of POSITIVE_INTEGERS) {
    if (!Number.isInteger(config[field]) || config[field] < 1) {
      fail(field, "a whole number of at least 1");
    }
  }
  for (const field of COUNTS) {
    if (!Number.isInteger(config[field]) || config[field] < 0) {
      fail(field, "a whole number of at least 0");
    }
  }
  for (const [name, [low, high]] of Object.entries(RANGES)) {
    const field = name as keyof SelfPlayConfig;
    const value = config[field] as number;
    if (value >= low && value <= high) continue;
    fail(field, high === Infinity ? `at least ${low}` : `in [${low}, ${high}]`);
  }
  if (!(config.topP > 0 && config.topP <= 1)) {
    fail("topP", "above 0 and at most 1");
  }
  if (!(config.epsilon > 0)) fail("epsilon", "above 0");
  if (!(config.maxGradientNorm > 0)) fail("maxGradientNorm", "above 0");
  if (!(config.temperature > 0)) {
    fail("temperature", "above 0: greedy rollouts are all alike");
  }
}

function checkModes(config: SelfPlayConfig, fail: Fail): void {
  const { modes, dialect } = config;
  const known = [...MODE_NAMES, ...(dialect === "chat" ? ["error"] : [])];
  const isRight = Array.isArray(modes) && modes.length > 0 &&
    modes.every((mode) => known.includes(mode)) &&
    new Set(modes).size === modes.length;
  if (!isRight) {
    fail("modes", `a list of some of ${known.join(", ")}, each at most once`);
  }
}

/** Settings that exclude each other. */
function checkTogether(config: SelfPlayConfig, fail: Fail): void {
  if (config.thinking === "banned" && config.dialect !== "compact") {
    fail("thinking", '"free" unless the dialect is "compact"');
  }
  if (config.compositeChance !== 0 && config.dialect !== "chat") {
    fail("compositeChance", '0 unless the dialect is "chat"');
  }
  if (config.chainedPerMode > config.proposalsPerMode) {
    fail(
      "chainedPerMode",
      `at most proposalsPerMode, ${config.proposalsPerMode}`,
    );
  }
  if (config.chainedPerMode > 0 && config.language === "python") {
    fail("chainedPerMode", '0 where "language" is "python"');
  }
}
