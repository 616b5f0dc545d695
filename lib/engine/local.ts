/**
 * The engine on this machine: a decoder and its optimiser behind the five verbs.
 *
 * Left out: everything the verbs do, which is in lib/model.
 */
import {
  AdamW,
  currentBackend,
  type Decoder,
  loadModel,
  policyGradientStep,
  readOptimiserState,
  replaceFolder,
  responseLogProbs,
  sampleBatch,
  startBackend,
  writeModelFiles,
  writeOptimiserState,
} from "../model/mod.ts";
import type {
  Engine,
  ObjectiveConfig,
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
  TrainReport,
  TrainSequence,
} from "./engine.ts";

/** An {@link Engine} that computes in this process. Owns its model. */
export class LocalEngine implements Engine {
  #model: Decoder;
  #optimiser: AdamW;

  /** Takes ownership of the model and, when given, of its optimiser. */
  constructor(model: Decoder, optimiser: AdamW = new AdamW(model)) {
    this.#model = model;
    this.#optimiser = optimiser;
  }

  /** Starts a backend if none runs, and opens a model folder. */
  static async fromFolder(folder: string): Promise<LocalEngine> {
    await startBackend();
    const model = await loadModel(folder);
    const engine = new LocalEngine(model);
    readOptimiserState(engine.#optimiser, folder);
    return engine;
  }

  get description(): Engine["description"] {
    const { model_type, num_hidden_layers, hidden_size } = this.#model.config;
    return {
      name: `${model_type}-${num_hidden_layers}x${hidden_size}`,
      backend: currentBackend().name,
      parameters: this.#model.parameterCount,
      contextLength: this.#model.config.max_position_embeddings,
    };
  }

  /** The model, for callers on this side of the engine. */
  get model(): Decoder {
    return this.#model;
  }

  /** The optimiser, for callers on this side of the engine. */
  get optimiser(): AdamW {
    return this.#optimiser;
  }

  sample(
    requests: readonly SampleRequest[],
    options: SamplingOptions,
  ): Promise<Sample[][]> {
    return sampleBatch(this.#model, requests, options);
  }

  logProbs(
    sequences: readonly Pick<
      TrainSequence,
      "promptTokens" | "responseTokens" | "bannedTokens"
    >[],
  ): Promise<number[][]> {
    return responseLogProbs(this.#model, sequences);
  }

  trainStep(
    sequences: readonly TrainSequence[],
    objective: ObjectiveConfig,
    optimiser: OptimiserConfig,
  ): Promise<TrainReport> {
    return policyGradientStep(
      this.#model,
      this.#optimiser,
      sequences,
      objective,
      optimiser,
    );
  }

  /** Weights and moments, into one folder that appears whole or not at all. */
  save(folder: string): Promise<void> {
    return replaceFolder(folder, async (part) => {
      await writeModelFiles(this.#model, part);
      await writeOptimiserState(this.#optimiser, part);
    });
  }

  /** Replaces model and moments; the old ones stay if the folder cannot be read. */
  async load(folder: string): Promise<void> {
    const model = await loadModel(folder);
    const optimiser = new AdamW(model);
    try {
      readOptimiserState(optimiser, folder);
    } catch (error) {
      optimiser.dispose();
      model.dispose();
      throw error;
    }
    this.dispose();
    this.#model = model;
    this.#optimiser = optimiser;
  }

  dispose() {
    this.#optimiser.dispose();
    this.#model.dispose();
  }
}
