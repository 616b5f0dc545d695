/**
 * An engine whose model lives on a Tinker server: SkyRL on JAX, FSDP or
 * Megatron, or the hosted service. The five verbs are those of the local
 * engine, so a notebook or a run needs no other change than this object.
 *
 *     const engine = await TinkerEngine.connect({
 *       url: "http://127.0.0.1:8000",
 *       baseModel: "Qwen/Qwen3-0.6B",
 *       contextLength: 8192,
 *     });
 *
 * What trains is a LoRA adapter with its own AdamW; what is sampled is always
 * the adapter as of the last `trainStep`, copied to the sampler when a sample
 * is next asked for.
 *
 * Losing the server: a verb that finds the model gone (restart, reclaimed
 * session) waits for the server, makes a new adapter and loads the last saved
 * state. If no step was taken since that save, the verb then runs again and
 * nobody notices. If steps were lost, `TinkerStateLostError` says how many:
 * going on silently would make the run's record untrue.
 *
 * Every `save` leaves a checkpoint on the server, and a run's folder only says
 * where. The engine deletes none (SkyRL can since 0.4.0): what a run no longer
 * needs is to be removed from the server's `--checkpoints-base` by hand.
 *
 * Left out: banned tokens, entropy bonus, KL penalty (the API has none), and
 * gradient clipping where the server does not do it (SkyRL 0.4.0).
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type {
  Engine,
  EngineLimit,
  EngineSamplingOptions,
  OptimiserConfig,
  Sample,
  Sampler,
  SampleRequest,
  TrainReport,
  TrainSequence,
} from "../../method/engine.ts";
import type { ObjectiveConfig } from "../../method/objective/loss.ts";
import { fromEnvironment } from "../address.ts";
import type { Company, JsonObject } from "../http.ts";
import { inFlight, unlessStopped } from "../in_flight.ts";
import { RemoteError, UncertainError } from "../remote_error.ts";
import {
  TinkerConnection,
  TinkerError,
  TinkerModelLostError,
  type TinkerPatience,
} from "./tinker_http.ts";
import {
  bannedTokensRefused,
  checkTrainSequences,
  type LossReduction,
  responseLogProbs,
  type ScoredSequence,
  scoringDatum,
  stepStatistics,
  trainingDatum,
  wireObjective,
} from "./tinker_objective.ts";
import { cutAtStopText, stopStringsOf } from "../stop_text.ts";
import type { WireDatum, WireObjective } from "./tinker_messages.ts";
import { detectLossReduction, gradientNorm } from "./tinker_probe.ts";
import { type AdapterConfig, TinkerSession } from "./tinker_session.ts";

/** The server lost the steps since the last save. The engine is back at that save. */
export class TinkerStateLostError extends TinkerError {
  override name = "TinkerStateLostError";
  constructor(readonly stepsLost: number, cause: RemoteError) {
    super(
      cause.endpoint,
      `${cause.message}. The engine is back at its last saved state, ${stepsLost} ` +
        "step(s) earlier: resume the run from its last checkpoint, or connect with " +
        "saveEverySteps: 1 so that none can be lost",
    );
  }
}

/** The server, and the adapter to train there. */
export interface TinkerOptions {
  /** The server's address, for example `http://127.0.0.1:8000`. */
  url: string;
  /** The model's name or folder, exactly as the server was started with it. */
  baseModel: string;
  /** Longest prompt + response, in tokens. Needed where the server does not tell (SkyRL). */
  contextLength?: number;
  /** Rank of the adapter. Default 32, the largest of SkyRL's default configuration. */
  loraRank?: number;
  /** Seed of the adapter's initial weights. Default 0. */
  seed?: number;
  /** Default: the environment variable TINKER_API_KEY, if reading it is permitted. */
  apiKey?: string;
  /**
   * "tokens" (default): the server ends responses at stop tokens. This side cuts them
   * at stop strings, behind which the server may have sampled on. SkyRL's JAX backend
   * supports no other form. "strings": the server gets stop tokens and stop strings as
   * strings. It has to end at the model's own end token too, as vLLM does.
   */
  stopForm?: "tokens" | "strings";
  /** The server's reduction of token losses; "detect" (default) measures it on a throw-away adapter. */
  lossReduction?: LossReduction | "detect";
  /**
   * Steps between saves on the server, which keeps every save. 0 (default): only
   * `save` saves.
   */
  saveEverySteps?: number;
  patience?: Partial<TinkerPatience>;
  company?: Company;
}

/** The content of the file that `save` writes: the path of the state on the server. */
interface SavedState {
  format: "tinker-state-1";
  path: string;
  baseModel: string;
  loraRank: number;
}

/** The abilities that the Tinker API lacks. */
export const TINKER_LIMITS: readonly EngineLimit[] = [
  "bannedTokens",
  "entropyTerm",
  "temperature",
];

const STATE_FILE = "tinker.json";

/** Most sequences in one HTTP body; the gradients of several bodies add up on the server. */
const SEQUENCES_PER_REQUEST = 64;

/** Requests in flight while sampling; the server batches the requests that wait. */
const SAMPLES_IN_FLIGHT = 128;

/** Seconds that closing waits for a server that does not answer. */
const UNLOAD_SECONDS = 10;

/** Most recoveries within one call, before its error is passed on. */
const RECOVERIES = 2;

/** An {@link Engine} that trains a LoRA adapter on a Tinker server (SkyRL, or the hosted service). */
export class TinkerEngine implements Engine {
  readonly description: Engine["description"];
  #connection: TinkerConnection;
  #adapter: AdapterConfig;
  #reduction: LossReduction;
  #saveEverySteps: number;
  #stopForm: "tokens" | "strings";
  #session: TinkerSession;
  /** The sampling session that holds the current weights, or null when there is none. */
  #sampler: string | null = null;
  /** The last saved state's path; null stands for the adapter's initial weights. */
  #savedPath: string | null = null;
  #stepsSinceSave = 0;
  /** The error after which the server may hold gradients or a step that must not count, or null. */
  #unsettled: RemoteError | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  private constructor(
    connection: TinkerConnection,
    adapter: AdapterConfig,
    session: TinkerSession,
    known: {
      contextLength: number;
      reduction: LossReduction;
      saveEverySteps: number;
      stopForm: "tokens" | "strings";
    },
  ) {
    this.#connection = connection;
    this.#adapter = adapter;
    this.#session = session;
    this.#reduction = known.reduction;
    this.#saveEverySteps = known.saveEverySteps;
    this.#stopForm = known.stopForm;
    this.description = {
      name: adapter.baseModel.split("/").at(-1) ?? adapter.baseModel,
      backend: `tinker (LoRA rank ${adapter.loraRank})`,
      parameters: 0, // The API does not tell.
      contextLength: known.contextLength,
      lacks: TINKER_LIMITS,
    };
  }

  /**
   * Connects to a server and makes a fresh adapter. Waits for a server that is still
   * starting. Throws `TinkerError`, naming the endpoint, the field and the cure.
   */
  static async connect(options: TinkerOptions): Promise<TinkerEngine> {
    const key = options.apiKey ?? fromEnvironment("TINKER_API_KEY");
    const connection = new TinkerConnection(
      options.url,
      key,
      options.patience,
      options.company,
    );
    try {
      return await TinkerEngine.#open(connection, options);
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  static async #open(
    connection: TinkerConnection,
    options: TinkerOptions,
  ): Promise<TinkerEngine> {
    const adapter: AdapterConfig = {
      baseModel: options.baseModel,
      loraRank: options.loraRank ?? 32,
      seed: options.seed ?? 0,
    };
    await connection.waitUntilHealthy();
    const told = await servedModel(connection, adapter.baseModel);
    const contextLength = options.contextLength ?? toldContextLength(told);
    const wanted = options.lossReduction ?? "detect";
    const reduction = wanted === "detect"
      ? await detectLossReduction(connection, adapter)
      : wanted;
    const session = await TinkerSession.create(connection, adapter);
    return new TinkerEngine(connection, adapter, session, {
      contextLength,
      reduction,
      saveEverySteps: options.saveEverySteps ?? 0,
      stopForm: options.stopForm ?? "tokens",
    });
  }

  /** The server's reduction of token losses, given as an option or measured. */
  get lossReduction(): LossReduction {
    return this.#reduction;
  }

  sample(
    requests: readonly SampleRequest[],
    options: EngineSamplingOptions,
  ): Promise<Sample[][]> {
    if (options.bannedTokens && options.bannedTokens.length > 0) {
      return Promise.reject(bannedTokensRefused("options.bannedTokens"));
    }
    const samples = this.#verb(async () => {
      this.#sampler ??= await this.#session.publishToSampler();
      return await this.#sampleAll(this.#sampler, requests, options);
    });
    return unlessStopped(samples, options.stop);
  }

  /**
   * Returns a sampler of the weights as they are now. Only the newest one may be used.
   * Where the server loses it, the engine's own weights answer. SkyRL's JAX backend
   * keeps one copy of an adapter: its sampler follows the updates, and puts the
   * published weights into the adapter when it is first used. It is used here, before a
   * step is trained, which that would undo.
   */
  async sampler(): Promise<Sampler> {
    const name = await this.#verb(async () => {
      this.#sampler ??= await this.#session.publishToSampler();
      const first = { promptTokens: [0], count: 1, maxNewTokens: 1, seed: 0 };
      const options = { temperature: 1, stopTokens: [] };
      await this.#sampleAll(this.#sampler, [first], options);
      return this.#sampler;
    });
    const sample: Sampler["sample"] = async (requests, options) => {
      try {
        const samples = this.#sampleAll(name, requests, options);
        return await unlessStopped(samples, options.stop);
      } catch (error) {
        if (!isLoss(error)) throw error;
        return await this.sample(requests, options);
      }
    };
    return { sample };
  }

  logProbs(
    sequences: readonly ScoredSequence[],
  ): Promise<number[][]> {
    return this.#verb(async () => {
      const parts = [];
      for (const part of chunks(sequences, SEQUENCES_PER_REQUEST)) {
        const result = await this.#session.forward(part.map(scoringDatum));
        parts.push(responseLogProbs("forward", result, part));
      }
      return parts.flat();
    });
  }

  /**
   * Takes one optimiser step. Sequences with an empty response have no loss and are
   * skipped. In the report, `entropy` is an estimate (tinker_objective.ts), and
   * `gradientNorm` is the server's, or 0 where the server gives none.
   */
  async trainStep(
    sequences: readonly TrainSequence[],
    objective: ObjectiveConfig,
    optimiser: OptimiserConfig,
  ): Promise<TrainReport> {
    const started = performance.now();
    checkTrainSequences(sequences);
    const trained = sequences.filter((one) => one.responseTokens.length > 0);
    if (trained.length === 0) {
      throw new TinkerError(
        "forward_backward",
        "sequences hold no response token: there is nothing to train on",
      );
    }
    const wire = wireObjective(objective);
    const data = trained.map((sequence) =>
      trainingDatum(sequence, this.#reduction, trained.length)
    );
    const step = await this.#verb(async () => {
      try {
        const logProbs = await this.#accumulate(trained, data, wire);
        const norm = await this.#optimise(optimiser);
        return { logProbs, norm };
      } catch (error) {
        this.#unsettled = error as RemoteError;
        throw error;
      }
    });
    if (this.#saveEverySteps > 0) await this.#saveIfDue();
    return {
      ...stepStatistics(trained, step.logProbs, objective),
      gradientNorm: step.norm ?? 0,
      seconds: (performance.now() - started) / 1000,
    };
  }

  /**
   * Saves weights and optimiser on the server, and writes their path into the folder.
   * The folder is of no use without the server's checkpoints.
   */
  async save(folder: string): Promise<void> {
    const path = await this.#verb(async () =>
      this.#stepsSinceSave === 0 && this.#savedPath !== null
        ? this.#savedPath
        : await this.#saveState()
    );
    const state: SavedState = {
      format: "tinker-state-1",
      path,
      baseModel: this.#adapter.baseModel,
      loraRank: this.#adapter.loraRank,
    };
    await mkdir(folder, { recursive: true });
    const file = join(folder, STATE_FILE);
    await writeFile(`${file}.tmp`, JSON.stringify(state, null, 2) + "\n");
    await rename(`${file}.tmp`, file);
  }

  async load(folder: string): Promise<void> {
    const state = await readState(join(folder, STATE_FILE), this.#adapter);
    await this.#verb(async () => {
      // Asked first, so that a vanished checkpoint does not cost the current model.
      await this.#connection.postRepeatable("weights_info", {
        tinker_path: state.path,
      });
      await this.#rebuild(state.path);
    });
  }

  /** Starts to close. `close` also waits until the server has freed the model. */
  dispose(): void {
    this.close().catch(() => {});
  }

  /** Frees the adapter on the server and closes the connection. */
  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #release(): Promise<void> {
    const patience = setTimeout(
      () => this.#connection.close(),
      UNLOAD_SECONDS * 1000,
    );
    await this.#session.unload();
    clearTimeout(patience);
    this.#connection.close();
  }

  /** Runs one call at a time, and repeats it after a lost model is rebuilt. */
  #verb<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      if (this.#unsettled) await this.#recover(this.#unsettled);
      for (let recoveries = 0;; recoveries++) {
        try {
          return await run();
        } catch (error) {
          const cause = isLoss(error) ? error : this.#unsettled;
          if (!cause || recoveries === RECOVERIES) throw error;
          await this.#recover(cause);
          if (!isLoss(error)) throw error;
        }
      }
    });
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #recover(cause: RemoteError): Promise<void> {
    await this.#connection.waitUntilHealthy();
    const lost = this.#stepsSinceSave;
    // A model that still exists can be saved, unless an optimiser step may or may not
    // have happened. Gradients are not saved, and there is no other way to drop them.
    const rescued = lost > 0 && cause.endpoint !== "optim_step" &&
      await this.#rescue();
    await this.#rebuild(this.#savedPath);
    if (lost > 0 && !rescued) throw new TinkerStateLostError(lost, cause);
  }

  async #rescue(): Promise<boolean> {
    try {
      await this.#saveState();
      return true;
    } catch (error) {
      if (isLoss(error)) return false;
      throw error;
    }
  }

  /** Makes a new adapter in a new session and loads the state at `path` into it. */
  async #rebuild(path: string | null): Promise<void> {
    await this.#session.unload();
    this.#sampler = null;
    this.#session = await TinkerSession.create(this.#connection, this.#adapter);
    if (path !== null) await this.#session.loadWeights(path);
    this.#savedPath = path;
    this.#stepsSinceSave = 0;
    this.#unsettled = null;
  }

  async #saveState(): Promise<string> {
    this.#savedPath = await this.#session.saveWeights();
    this.#stepsSinceSave = 0;
    return this.#savedPath;
  }

  async #saveIfDue(): Promise<void> {
    if (this.#stepsSinceSave < this.#saveEverySteps) return;
    await this.#verb(() => this.#saveState());
  }

  /** Adds the gradients of all sequences up on the server; returns their log-probabilities. */
  async #accumulate(
    sequences: readonly TrainSequence[],
    data: readonly WireDatum[],
    wire: WireObjective,
  ): Promise<number[][]> {
    const logProbs: number[][] = [];
    for (const part of chunks(data, SEQUENCES_PER_REQUEST)) {
      const result = await this.#session.forwardBackward(part, wire);
      const { length } = logProbs;
      const scored = sequences.slice(length, length + part.length);
      logProbs.push(...responseLogProbs("forward_backward", result, scored));
    }
    requireFinite(logProbs);
    return logProbs;
  }

  /** Takes the step; returns the gradient norm, if the server tells it. */
  async #optimise(optimiser: OptimiserConfig): Promise<number | undefined> {
    const metrics = await this.#session.optimiserStep(optimiser);
    const norm = gradientNorm(metrics);
    if (norm !== undefined && !Number.isFinite(norm)) {
      throw new TinkerError(
        "optim_step",
        `the gradient norm is ${norm}; the step was undone. Study the batch, then lower ` +
          "optimiser.learningRate or look for extreme advantages",
      );
    }
    this.#sampler = null;
    this.#stepsSinceSave++;
    return norm;
  }

  #sampleAll(
    sampler: string,
    requests: readonly SampleRequest[],
    options: EngineSamplingOptions,
  ): Promise<Sample[][]> {
    return inFlight(
      requests,
      SAMPLES_IN_FLIGHT,
      (request) => this.#sampleOne(sampler, request, options),
    );
  }

  async #sampleOne(
    sampler: string,
    request: SampleRequest,
    options: EngineSamplingOptions,
  ): Promise<Sample[]> {
    const room = this.description.contextLength - request.promptTokens.length;
    const maxNewTokens = Math.min(request.maxNewTokens, room);
    if (maxNewTokens < 1 || request.count < 1) {
      const empty = (): Sample => ({
        tokens: [],
        logProbs: [],
        finish: "length",
      });
      return Array.from({ length: request.count }, empty);
    }
    const samples = await this.#session.sample(
      sampler,
      { ...request, maxNewTokens },
      options,
      this.#stopForm === "strings" && options.stopText
        ? stopStringsOf(options)
        : options.stopTokens,
    );
    return samples.map((sample) => cutAtStopText(sample, options.stopText));
  }
}

function isLoss(error: unknown): error is RemoteError {
  return error instanceof TinkerModelLostError ||
    error instanceof UncertainError;
}

function requireFinite(logProbs: readonly (readonly number[])[]): void {
  const bad = logProbs.findIndex((row) => !row.every(Number.isFinite));
  if (bad < 0) return;
  throw new TinkerError(
    "forward_backward",
    `sequences[${bad}] has a log-probability that is not finite; no step was taken. ` +
      "The model has diverged or the sequence holds a token it cannot produce",
  );
}

/**
 * Returns the server's description of the model. Throws where the server has no model
 * of that name: SkyRL would make the adapter on the model that it serves instead.
 */
async function servedModel(
  connection: TinkerConnection,
  baseModel: string,
): Promise<JsonObject | undefined> {
  const { supported_models } = await connection.get("get_server_capabilities");
  const models: JsonObject[] = Array.isArray(supported_models)
    ? supported_models
    : [];
  const told = models.find((model) => model?.model_name === baseModel);
  if (told !== undefined || models.length === 0) return told;
  const names = models.slice(0, 10).map((model) => `"${model?.model_name}"`);
  throw new TinkerError(
    "get_server_capabilities",
    `the server does not have the model "${baseModel}", but ${
      names.join(", ")
    }: give the name exactly so, or start the server with this model`,
  );
}

/** Returns the context window in tokens that the server gives (the hosted service does). */
function toldContextLength(model: JsonObject | undefined): number {
  const told = model?.max_context_length;
  if (typeof told === "number") return told;
  throw new TinkerError(
    "get_server_capabilities",
    "the server does not tell the model's context window; give contextLength " +
      "(max_position_embeddings in the model's config.json)",
  );
}

async function readState(
  file: string,
  adapter: AdapterConfig,
): Promise<SavedState> {
  let state: JsonObject;
  try {
    state = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    throw new TinkerError(
      "load_weights",
      `${file} cannot be read as a saved state (${
        (error as Error).message
      }); give the folder that save() wrote`,
    );
  }
  for (const field of ["baseModel", "loraRank"] as const) {
    if (state[field] !== adapter[field]) {
      throw new TinkerError(
        "load_weights",
        `${file} was saved with ${field} ${
          state[field]
        }, but this engine has ` +
          `${adapter[field]}; connect with the same ${field}`,
      );
    }
  }
  return state as unknown as SavedState;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const parts = [];
  for (let start = 0; start < items.length; start += size) {
    parts.push(items.slice(start, start + size));
  }
  return parts;
}
