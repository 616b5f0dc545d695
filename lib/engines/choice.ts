/**
 * The engine chosen by name: one flat object that a command line, a notebook and
 * a run's manifest share. It never holds a key: servers' keys come from the
 * environment variables TINKER_API_KEY and OPENAI_API_KEY.
 *
 * Left out: what a config of self-play may ask of an engine (lib/method).
 */
import { join, resolve } from "node:path";
import { type DialectName, SPECIAL_TOKENS } from "../method/modes/mod.ts";
import { LORA_TARGETS, Tokenizer } from "../model/mod.ts";
import type { Engine, EngineLimit } from "./engine.ts";
import { LocalEngine } from "./local.ts";
import { OPENAI_LIMITS, OpenAiEngine } from "./openai.ts";
import { TINKER_LIMITS, TinkerEngine } from "./tinker/tinker.ts";

/** Which engine plays. Flat JSON, without secrets. */
export interface EngineConfig {
  /**
   * `local`: in this process. `tinker`: a Tinker server (SkyRL, or the hosted
   * service). `openai`: an OpenAI-compatible server, which only samples.
   */
  engine: "local" | "tinker" | "openai";
  /**
   * The model: a Hugging Face folder (`local`), or the name under which the
   * server knows it. Empty where a preset's own base model is meant.
   */
  model: string;
  /** The server's address; empty for `local`. */
  address: string;
  /** Rank of the LoRA adapters to train; 0 trains all weights (`local` only). */
  loraRank: number;
  /** Folder with the model's tokenizer.json; empty where `model` is that folder. */
  tokenizer: string;
  /** Longest prompt + response in tokens; 0 takes what the model's config.json or the server tells. */
  contextLength: number;
  /**
   * How a server is spoken to. `openai`: "text" with any server, "tokens" with
   * vLLM, where nothing is lost on the way. `tinker`: responses end at stop
   * "tokens", or at stop strings ("text") where the server knows those, so that
   * it does not write on behind an answer. Without meaning for `local`.
   */
  form: "tokens" | "text";
}

/** Each engine's settings where nothing else is asked for. */
export const ENGINES: Record<EngineConfig["engine"], EngineConfig> = {
  local: {
    engine: "local",
    model: "",
    address: "",
    loraRank: 0,
    tokenizer: "",
    contextLength: 0,
    form: "tokens",
  },
  tinker: {
    engine: "tinker",
    model: "",
    address: "http://127.0.0.1:8000",
    loraRank: 32,
    tokenizer: "",
    contextLength: 0,
    form: "tokens",
  },
  openai: {
    engine: "openai",
    model: "",
    address: "http://127.0.0.1:8000/v1",
    loraRank: 0,
    tokenizer: "",
    contextLength: 0,
    form: "text",
  },
};

/** What each engine cannot do: what its server's API has no place for. */
export const ENGINE_LIMITS: Record<
  EngineConfig["engine"],
  readonly EngineLimit[]
> = {
  local: [],
  tinker: TINKER_LIMITS,
  openai: OPENAI_LIMITS,
};

/** A model that is ready to play, with the words it understands. */
export interface OpenModel {
  engine: Engine;
  tokenizer: Tokenizer;
}

/**
 * Opens the engine that a config names, with the tokenizer of its model. Fresh
 * adapters are drawn from `seed`. Throws `RangeError`, naming the field, where
 * the config makes no sense; whatever the engine throws passes through.
 */
export async function openModel(
  config: EngineConfig,
  seed: number,
): Promise<OpenModel> {
  checkEngineConfig(config);
  requireModel(config);
  const tokenizer = await openTokenizer(config);
  return { engine: await openEngine(config, tokenizer, seed), tokenizer };
}

/** The tokenizer of a config's model, without opening the model. */
export async function openTokenizer(config: EngineConfig): Promise<Tokenizer> {
  const folder = tokenizerFolder(config);
  if (!isFile(join(folder, "tokenizer.json"))) {
    const wanted = config.engine === "local"
      ? "must hold the tokenizer.json that its checkpoint was published with; or give " +
        'the folder that does as "tokenizer"'
      : "give the folder on this machine that holds the model's tokenizer.json";
    const named = config.engine === "local" && config.tokenizer === "";
    fail(config, named ? "model" : "tokenizer", wanted);
  }
  return await Tokenizer.fromFolder(folder);
}

/** The dialect that belongs to a vocabulary: `compact` where it has that dialect's markers. */
export function dialectOf(tokenizer: Tokenizer): DialectName {
  const knows = (token: string) => {
    const ids = tokenizer.encode(token);
    return ids.length === 1 && tokenizer.decode(ids) === token;
  };
  return SPECIAL_TOKENS.every(knows) ? "compact" : "chat";
}

/** Throws `RangeError`, naming field and cure, where an engine's config makes no sense. */
export function checkEngineConfig(config: EngineConfig): void {
  const { engine, model, address, loraRank, contextLength } = config;
  if (!(engine in ENGINES)) {
    fail(config, "engine", `must be one of ${Object.keys(ENGINES).join(", ")}`);
  }
  if (
    engine === "local" && model !== "" &&
    !isFile(join(model, "config.json")) &&
    !isFile(join(model, "adapter_config.json"))
  ) {
    fail(config, "model", "is no model folder: there is no config.json in it");
  }
  if (engine === "local" && address !== "") {
    fail(
      config,
      "address",
      "has no meaning for the local engine: leave it out",
    );
  }
  if (engine !== "local") checkAddress(config);
  for (const field of ["loraRank", "contextLength"] as const) {
    if (!Number.isInteger(config[field]) || config[field] < 0) {
      fail(config, field, "must be a whole number of at least 0");
    }
  }
  if (!["tokens", "text"].includes(config.form)) {
    fail(config, "form", "must be one of tokens, text");
  }
  if (engine === "tinker" && loraRank === 0) {
    fail(config, "loraRank", "must be at least 1: Tinker trains adapters only");
  }
  if (engine === "openai" && loraRank !== 0) {
    fail(config, "loraRank", "must be 0: this engine does not train");
  }
  if (engine === "local" && contextLength !== 0) {
    fail(
      config,
      "contextLength",
      "must be 0: config.json of the model tells it",
    );
  }
}

function requireModel(config: EngineConfig): void {
  if (config.model !== "") return;
  const wanted = config.engine === "local"
    ? "give the folder of a model in Hugging Face's layout"
    : "give the name under which the server knows the model";
  fail(config, "model", `is empty: ${wanted}`);
}

/** An address is kept in the manifest, so it may not carry a password. */
function checkAddress(config: EngineConfig): void {
  const { address } = config;
  const url = URL.parse(address);
  if (!url || !/^https?:$/.test(url.protocol)) {
    fail(
      config,
      "address",
      `is not an http(s) address; give for example ${
        ENGINES[config.engine].address
      }`,
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "") {
    // The address itself is not repeated: it may hold a secret.
    throw new RangeError(
      'engine field "address" must hold no user, password or query: it is ' +
        "kept with the run. Give the key in the environment variable " +
        `${config.engine === "tinker" ? "TINKER_API_KEY" : "OPENAI_API_KEY"}`,
    );
  }
}

async function openEngine(
  config: EngineConfig,
  tokenizer: Tokenizer,
  seed: number,
): Promise<Engine> {
  const { engine, model, address, loraRank } = config;
  switch (engine) {
    case "local":
      return await openLocal(config, tokenizer, seed);
    case "tinker":
      return await TinkerEngine.connect({
        url: address,
        baseModel: model,
        loraRank,
        seed,
        contextLength: knownContextLength(config),
        stopForm: config.form === "text" ? "strings" : "tokens",
      });
    case "openai":
      return await openServed(config, tokenizer);
  }
}

/** Asks for one token, so that a wrong name, address or key shows before a run begins. */
async function openServed(
  config: EngineConfig,
  tokenizer: Tokenizer,
): Promise<OpenAiEngine> {
  const engine = new OpenAiEngine({
    url: config.address,
    model: config.model,
    tokenizer,
    promptForm: config.form,
    contextLength: knownContextLength(config) ??
      fail(
        config,
        "contextLength",
        "is needed: the longest prompt + response the server was started with",
      ),
  });
  const promptTokens = tokenizer.encode("1");
  const request = { promptTokens, count: 1, maxNewTokens: 1, seed: 1 };
  try {
    await engine.sample([request], {
      temperature: 1,
      stopTokens: [tokenizer.eosId],
    });
  } catch (error) {
    engine.dispose();
    throw error;
  }
  return engine;
}

async function openLocal(
  { model, loraRank: rank }: EngineConfig,
  tokenizer: Tokenizer,
  seed: number,
): Promise<LocalEngine> {
  // Alpha follows the rank, so that the rank changes the room and not the scale.
  const lora = { rank, alpha: 2 * rank, targets: LORA_TARGETS };
  const engine = rank === 0
    ? await LocalEngine.fromFolder(model)
    : await LocalEngine.withAdapters(model, lora, seed);
  try {
    tokenizer.requireFits(engine.model.config);
  } catch (error) {
    engine.dispose();
    throw error;
  }
  return engine;
}

/** As told, else as config.json beside the tokenizer tells, else unknown. */
function knownContextLength(config: EngineConfig): number | undefined {
  if (config.contextLength > 0) return config.contextLength;
  const file = join(tokenizerFolder(config), "config.json");
  if (!isFile(file)) return undefined;
  const { max_position_embeddings } = JSON.parse(Deno.readTextFileSync(file));
  return typeof max_position_embeddings === "number"
    ? max_position_embeddings
    : undefined;
}

function tokenizerFolder({ tokenizer, model }: EngineConfig): string {
  return resolve(tokenizer === "" ? model : tokenizer);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function fail(
  config: EngineConfig,
  field: keyof EngineConfig,
  message: string,
): never {
  throw new RangeError(
    `engine field "${field}" (${JSON.stringify(config[field])}) ${message}`,
  );
}
