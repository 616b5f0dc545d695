/**
 * Presets for language models: a model by name, and settings under which it learns on
 * a given machine. Sizes and rates were chosen by trial runs, not by the study's runs.
 */

import { PAPER_CONFIG, type SelfPlayConfig } from "../method/config.ts";

/** A language model with settings of self-play. */
export interface ModelPreset {
  name: string;
  /** Description in one line, as the tasks print it. */
  description: string;
  /** The model's name, as `--model` takes it. */
  model: string;
  selfPlay: SelfPlayConfig;
}

/**
 * Against the paper: prompts written as code, a batch of minutes instead of hours,
 * rollouts that train too, a smaller temperature (a model of this size writes noise at
 * 1), and what keeps small batches from collapsing on one program.
 */
const LAPTOP: ModelPreset = {
  name: "laptop-lm",
  description:
    "SmolLM2-135M-Instruct in Python, half a minute a step on two cores",
  model: "smollm2-135m-instruct",
  selfPlay: {
    ...PAPER_CONFIG,
    steps: 60,
    dialect: "code",
    proposalsPerMode: 4,
    rolloutsPerTask: 4,
    references: 2,
    seedTasksPerMode: 8,
    seedRounds: 4,
    inputsPerProgram: 4,
    duplicates: "penalise",
    repeatedInputs: "drop",
    rewardInvalid: -0.5,
    trainOnEstimates: true,
    temperature: 0.8,
    maxPromptTokens: 320,
    maxProposalTokens: 64,
    maxSolutionTokens: 32,
    entropyCoefficient: 0,
    learningRate: 1e-5,
    warmupSteps: 3,
    evaluateEvery: 20,
    checkpointEvery: 20,
    keepCheckpoints: 1,
  },
};

/** The presets by name. */
export const MODEL_PRESETS: Record<string, ModelPreset> = {
  "laptop-lm": LAPTOP,
};
