/**
 * Presets for language models: a model by name, and settings under which it learns on
 * a given machine. The laptop's sizes and rates were chosen by trial runs, not by the
 * study's runs. Those for a graphics card follow from its memory and were never run.
 */

import type { EngineConfig } from "../engines/engine_config.ts";
import { PAPER_CONFIG, type SelfPlayConfig } from "../method/config.ts";
import type { modelConfig } from "../model/mod.ts";

/** A language model with settings of self-play. */
export interface ModelPreset {
  name: string;
  /** Description in one line, as the tasks print it. */
  description: string;
  /** The model's name, as `--model` takes it. */
  model: string;
  /** The model's shape where its memory is asked for before it is fetched. */
  shape?: Parameters<typeof modelConfig>[0];
  /** Fields of the engine that differ from its defaults. */
  engine?: Partial<EngineConfig>;
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
    "SmolLM2-135M-Instruct in Python, half a minute to one a step on two cores",
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

/**
 * Qwen2.5-Coder-Instruct in three sizes, the family of the paper's runs, for a graphics
 * card. Against the paper: a quarter of its batch and a tenth of its lengths.
 */
function onCard(
  size: string,
  width: number,
  inner: number,
  layers: number,
  heads: number,
): ModelPreset {
  return {
    name: `gpu-${size.toLowerCase()}`,
    description: `Qwen2.5-Coder-${size}-Instruct in Python, on an NVIDIA card`,
    model: `Qwen/Qwen2.5-Coder-${size}-Instruct`,
    shape: {
      model_type: "qwen2",
      vocab_size: 151936,
      hidden_size: width,
      intermediate_size: inner,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: 2,
      max_position_embeddings: 32768,
      rope_theta: 1e6,
      tie_word_embeddings: true,
    },
    engine: { microBatchTokens: 2048 },
    selfPlay: {
      ...PAPER_CONFIG,
      steps: 200,
      proposalsPerMode: 16,
      maxPromptTokens: 1024,
      maxProposalTokens: 512,
      maxSolutionTokens: 512,
      seedTasksPerMode: 64,
      keepCheckpoints: 1,
    },
  };
}

/** The presets by name. */
export const MODEL_PRESETS: Record<string, ModelPreset> = {
  "laptop-lm": LAPTOP,
  "gpu-0.5b": onCard("0.5B", 896, 4864, 24, 14),
  "gpu-1.5b": onCard("1.5B", 1536, 8960, 28, 12),
  "gpu-3b": onCard("3B", 2048, 11008, 36, 16),
};
