/**
 * The engine on this machine: a decoder and its optimiser behind the five verbs.
 *
 * Left out: everything the verbs do, which is in lib/model.
 */
import { join } from "node:path";
import {
  AdamW,
  Adapters,
  baseModelOf,
  currentBackend,
  type Decoder,
  hasAdapters,
  loadModel,
  type LoraConfig,
  modelHash,
  policyGradientStep,
  readAdapters,
  readOptimiserState,
  replaceFolder,
  responseLogProbs,
  restoreFolder,
  sampleBatch,
  startBackend,
  stopAt,
  writeAdapters,
  writeModelFiles,
  writeOptimiserState,
} from "../model/mod.ts";
import { isFile } from "./engine_config.ts";
import { type ObjectiveConfig, policyLoss } from "../method/objective/loss.ts";
import type {
  Engine,
  EngineSamplingOptions,
  OptimiserConfig,
  Sample,
  SampleRequest,
  TrainingOptions,
  TrainReport,
  TrainSequence,
} from "../method/engine.ts";

/** An {@link Engine} that computes in this process. It owns its model: dispose the engine when done. */
export class LocalEngine implements Engine {
  #model: Decoder;
  #optimiser: AdamW;
  #baseFolder: string | null = null;
  /** Hash of the weights under the adapters. */
  #frozenSha256: string | undefined;

  /** Makes an engine that owns the model and, when given, its optimiser. */
  constructor(model: Decoder, optimiser: AdamW = new AdamW(model)) {
    this.#model = model;
    this.#optimiser = optimiser;
  }

  /**
   * Opens a model folder, and starts a backend if none runs. A folder of adapters
   * opens the base model that the adapters name and trains the adapters. `weights` is
   * the type of weight matrices. Throws with the file and the field that is wrong.
   */
  static async fromFolder(
    folder: string,
    weights?: "float32" | "bfloat16",
  ): Promise<LocalEngine> {
    await startBackend();
    await restoreFolder(folder);
    const adapted = hasAdapters(folder);
    const base = adapted ? await baseFolder(folder) : folder;
    const model = await loadModel(base, weights);
    try {
      if (adapted) await readAdapters(model, folder);
      const engine = new LocalEngine(model);
      engine.#baseFolder = base;
      if (adapted) engine.#frozenSha256 = modelHash(base);
      readOptimiserState(engine.#optimiser, folder);
      return engine;
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  /** Opens a model folder with its weights frozen and fresh adapters to train. */
  static async withAdapters(
    folder: string,
    lora: LoraConfig,
    seed: number,
    weights?: "float32" | "bfloat16",
  ): Promise<LocalEngine> {
    await startBackend();
    const model = await loadModel(folder, weights);
    model.attachAdapters(Adapters.fresh(model.config, lora, seed));
    const engine = new LocalEngine(model);
    engine.#baseFolder = folder;
    engine.#frozenSha256 = modelHash(folder);
    return engine;
  }

  get description(): Engine["description"] {
    const { model_type, num_hidden_layers, hidden_size } = this.#model.config;
    return {
      name: `${model_type}-${num_hidden_layers}x${hidden_size}`,
      backend: currentBackend().name,
      parameters: this.#model.parameterCount,
      contextLength: this.#model.config.max_position_embeddings,
      ...(this.#frozenSha256 && { frozenSha256: this.#frozenSha256 }),
    };
  }

  /** The model, still owned by the engine. */
  get model(): Decoder {
    return this.#model;
  }

  /** The optimiser, still owned by the engine. */
  get optimiser(): AdamW {
    return this.#optimiser;
  }

  sample(
    requests: readonly SampleRequest[],
    { stopText, ...options }: EngineSamplingOptions,
  ): Promise<Sample[][]> {
    return sampleBatch(
      this.#model,
      requests,
      options,
      stopText && ((tokens) => stopAt(stopText, tokens, stopText.strings)),
    );
  }

  logProbs(
    sequences: readonly Pick<
      TrainSequence,
      "promptTokens" | "responseTokens" | "bannedTokens" | "temperature"
    >[],
  ): Promise<number[][]> {
    return responseLogProbs(this.#model, sequences);
  }

  async trainStep(
    sequences: readonly TrainSequence[],
    objective: ObjectiveConfig,
    optimiser: OptimiserConfig,
    { stop }: TrainingOptions = {},
  ): Promise<TrainReport> {
    const { means, ...report } = await policyGradientStep(
      this.#model,
      this.#optimiser,
      sequences,
      policyLoss(objective),
      optimiser,
      stop,
    );
    const [entropy, clipFraction, approximateKl] = means;
    return { ...report, entropy, clipFraction, approximateKl };
  }

  /**
   * Writes weights and moments into a folder that appears whole or not at all. A model
   * trained through adapters saves the adapters, not the frozen weights.
   */
  save(folder: string): Promise<void> {
    return replaceFolder(folder, async (part) => {
      if (this.#model.adapters === null) {
        await writeModelFiles(this.#model, part);
      } else {
        await writeAdapters(this.#model, part, this.#baseFolder);
      }
      await writeOptimiserState(this.#optimiser, part);
    });
  }

  /** Replaces the trained weights and their moments by those that `save` wrote. */
  async load(folder: string): Promise<void> {
    await restoreFolder(folder);
    if (hasAdapters(folder)) {
      await readAdapters(this.#model, folder);
      this.#optimiser.dispose();
      this.#optimiser = new AdamW(this.#model);
      readOptimiserState(this.#optimiser, folder);
      return;
    }
    const weights = this.#model.isNarrow ? "bfloat16" : "float32";
    const model = await loadModel(folder, weights);
    const optimiser = new AdamW(model);
    try {
      readOptimiserState(optimiser, folder);
    } catch (error) {
      optimiser.dispose();
      model.dispose();
      throw error;
    }
    model.microBatchTokens = this.#model.microBatchTokens;
    this.dispose();
    this.#model = model;
    this.#optimiser = optimiser;
  }

  dispose() {
    this.#optimiser.dispose();
    this.#model.dispose();
  }
}

/** Returns the folder of the base model of some adapters. Throws where it does not exist. */
async function baseFolder(folder: string): Promise<string> {
  const base = await baseModelOf(folder);
  if (base !== null) {
    await restoreFolder(base);
    if (isFile(join(base, "config.json"))) return base;
  }
  throw new Error(
    `${folder}/adapter_config.json: base_model_name_or_path is ` +
      `${
        JSON.stringify(base)
      }, and there is no such model folder; download the ` +
      `model that these adapters belong to, and write the folder there`,
  );
}
