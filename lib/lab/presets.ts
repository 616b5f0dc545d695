/**
 * The presets: all settings of an experiment, as JSON.
 *
 * A preset names its world, the shape and pretraining of its base model, its
 * self-play and its evaluation. A seed completes it. Sizes were chosen by
 * measurement on two processor cores.
 */

import { type SelfPlayConfig, TINY_CONFIG } from "../method/config.ts";
import type { EvaluationPlan } from "./evaluation_plan.ts";
import { known } from "../method/nearest.ts";
import type { WorldConfig } from "./world/config.ts";
import type { PretrainConfig, TinyModelShape } from "./pretrain.ts";

/** A complete experiment: world, base model, self-play and evaluation. */
export interface Preset {
  name: string;
  /** Description in one line, as the tasks print it. */
  description: string;
  /** The programs and questions that the model meets. */
  world: WorldConfig;
  /** Shape of the base model. */
  model: TinyModelShape;
  /** Pretraining of the base model. */
  pretrain: PretrainConfig;
  /** Settings of self-play. */
  selfPlay: SelfPlayConfig;
  /** The steps and splits that are evaluated. */
  evaluation: EvaluationPlan;
  /** What the source `generated` leaves out of the world; absent: nothing. */
  generated?: GeneratedTasks;
}

/** The part of a world's programs from which generated tasks are drawn: a collected data set is never all of it. */
export interface GeneratedTasks {
  /** Relative frequency of programs of depth 1, 2, 3, … */
  depthWeights: readonly number[];
  /** Names of operations that no generated task has. */
  withoutOperations: readonly string[];
}

const DEFAULT_WORLD: WorldConfig = {
  language: "javascript",
  operations: [],
  inputWeights: { integer: .36, list: .36, string: .28 },
  loopShare: .1,
  depthWeights: [.1, .2, .24, .22, .14, .1],
  mixture: {
    deduction: .27,
    abduction: .24,
    induction: .18,
    proposeDeduction: .07,
    proposeAbduction: .07,
    proposeInduction: .05,
    maths: .12,
  },
  // Traces of induction cost tokens and were not seen to help.
  traceShare: { deduction: .4, abduction: .4, induction: 0, maths: .3 },
  // Half of the steps leave out their values, as people's notes do. The base model
  // learns to write such traces. Self-play can discover that full traces score better.
  hastyShare: { deduction: .5, abduction: .5 },
  wordShare: .4,
  mathsOperations: [2, 3, 4],
  mismatchedShare: .15,
  familiarDepths: [2, 3, 4],
  familiarInductionDepths: [1, 2, 3],
  deepDepths: [5, 6],
  largeDepths: [2, 3, 4],
  composedDepths: [3, 4],
  longerMathsOperations: [5],
  familiarItems: 200,
  otherItems: 100,
  splitSeed: 20250506,
};

const DEFAULT: Preset = {
  name: "default",
  description: "integers, lists and strings, depth 1 to 6, in 20 minutes",
  world: DEFAULT_WORLD,
  model: {
    modelType: "llama",
    hiddenSize: 96,
    layers: 3,
    heads: 4,
    intermediateSize: 256,
    contextLength: 256,
    initializerRange: .08,
  },
  pretrain: {
    tokens: 9_000_000,
    batchTokens: 1024,
    longestDocument: 150,
    promptWeight: .05,
    learningRate: 2e-3,
    warmupSteps: 60,
    decayFrom: .5,
    finalLearningRate: .04,
    weightDecay: .1,
    curriculumShare: .2,
    curriculum: {
      depthWeights: [.5, .5],
      mixture: {
        deduction: .68,
        abduction: .16,
        induction: .06,
        proposeDeduction: .02,
        proposeAbduction: .02,
        proposeInduction: .01,
        maths: .05,
      },
      traceShare: { deduction: .6, abduction: .6, induction: 0, maths: .6 },
    },
  },
  selfPlay: {
    ...TINY_CONFIG,
    steps: 240,
    evaluateEvery: 40,
    checkpointEvery: 40,
    keepCheckpoints: 1,
    // The study "beyond", arm "quarter", measures fewer steps.
    learningRateSchedule: "linear",
  },
  evaluation: {
    endItems: 0,
    duringItems: 80,
    samples: 2,
    passItems: 40,
    passSamples: 64,
    maxNewTokens: 100,
    seed: 7,
  },
};

const SMOKE: Preset = {
  name: "smoke",
  description: "integers and a few list operations, depth 1 to 3, in 4 minutes",
  world: {
    ...DEFAULT_WORLD,
    operations: [
      "+1",
      "+2",
      "+3",
      "+5",
      "-1",
      "-2",
      "-3",
      "*2",
      "*3",
      "%5",
      "map v+1",
      "map v*2",
      "append 3",
      "rest list",
      "reverse list",
      "sum",
      "first list",
    ],
    inputWeights: { integer: .65, list: .35, string: 0 },
    loopShare: 0,
    depthWeights: [.15, .35, .5],
    mixture: {
      deduction: .34,
      abduction: .24,
      induction: .06,
      proposeDeduction: .1,
      proposeAbduction: .1,
      proposeInduction: .04,
      maths: .08,
    },
    traceShare: { deduction: .3, abduction: .3, induction: 0, maths: .3 },
    // At this size, hasty traces lower accuracy too much (study "ideas", arm "hasty").
    hastyShare: {},
    wordShare: 0,
    mathsOperations: [2, 3],
    mismatchedShare: .1,
    familiarDepths: [2, 3],
    familiarInductionDepths: [1, 2],
    deepDepths: [],
    largeDepths: [],
    composedDepths: [],
    longerMathsOperations: [],
    familiarItems: 100,
    otherItems: 100,
  },
  model: {
    ...DEFAULT.model,
    hiddenSize: 64,
    layers: 2,
    intermediateSize: 176,
  },
  pretrain: {
    ...DEFAULT.pretrain,
    tokens: 1_500_000,
    batchTokens: 768,
    longestDocument: 120,
    learningRate: 3e-3,
    warmupSteps: 40,
    curriculumShare: .33,
    curriculum: {
      depthWeights: [.5, .5],
      mixture: {
        deduction: .8,
        abduction: .12,
        induction: 0,
        proposeDeduction: .02,
        proposeAbduction: .02,
        proposeInduction: .01,
        maths: .03,
      },
      traceShare: { deduction: .6, abduction: .6, induction: 0, maths: .6 },
    },
  },
  selfPlay: {
    ...DEFAULT.selfPlay,
    steps: 40,
    evaluateEvery: 10,
    checkpointEvery: 20,
    proposalsPerMode: 10,
    seedTasksPerMode: 32,
    learningRate: 4e-4,
    // With a falling rate 65 % of sampled answers think after 40 steps, not 90 %.
    learningRateSchedule: "constant",
    maxPromptTokens: 80,
    maxProposalTokens: 48,
    maxSolutionTokens: 56,
  },
  evaluation: {
    ...DEFAULT.evaluation,
    duringItems: 40,
    samples: 1,
    passItems: 25,
    maxNewTokens: 56,
  },
};

/** A run until no accuracy rises any more: 45 minutes on one thread, or on a GPU. */
const LONG: Preset = {
  ...DEFAULT,
  name: "long",
  description: "a bigger model, five times the practice: about an hour",
  model: {
    ...DEFAULT.model,
    hiddenSize: 128,
    layers: 4,
    intermediateSize: 344,
  },
  pretrain: { ...DEFAULT.pretrain, tokens: 20_000_000, batchTokens: 2048 },
  selfPlay: {
    ...DEFAULT.selfPlay,
    steps: 600,
    proposalsPerMode: 32,
    evaluateEvery: 25,
    checkpointEvery: 25,
    keepCheckpoints: 4,
  },
  evaluation: { ...DEFAULT.evaluation, passItems: 100 },
};

/** All presets by name. */
export const PRESETS: Record<string, Preset> = {
  smoke: SMOKE,
  default: DEFAULT,
  long: LONG,
};

/** Returns the preset of a name. Throws with the known names where there is none. */
export function presetNamed(name: string): Preset {
  const preset = PRESETS[name];
  if (preset) return preset;
  throw new RangeError(
    `no preset "${name}"; there are: ${known(name, Object.keys(PRESETS))}`,
  );
}
