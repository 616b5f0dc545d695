/**
 * The config of an engine: one flat object, its defaults and its check. The object
 * never holds a key: the keys of servers come from the environment variables
 * TINKER_API_KEY and OPENAI_API_KEY.
 */
import { join, resolve } from "node:path";

/** The config of an engine: flat JSON, without secrets. */
export interface EngineConfig {
  /**
   * `local`: in this process. `tinker`: a Tinker server (SkyRL, or the hosted
   * service). `openai`: an OpenAI-compatible server, which only samples.
   */
  engine: "local" | "tinker" | "openai";
  /**
   * The model: a Hugging Face folder (`local`), or the model's name on the server.
   * Empty for a preset's own base model.
   */
  model: string;
  /** The server's address; empty for `local`. */
  address: string;
  /** Rank of the LoRA adapters to train; 0 trains all weights (`local` only). */
  loraRank: number;
  /**
   * Numbers of the weight matrices, `local` only: bfloat16 takes half the memory and
   * rounds them; moments stay in 32 bits. A server's own choice is "float32" here.
   */
  weights: "float32" | "bfloat16";
  /** Padded tokens of a micro-batch in training; 0 takes what memory allows, or the server. */
  microBatchTokens: number;
  /** Folder with the model's tokenizer.json; empty where `model` is that folder. */
  tokenizer: string;
  /** Longest prompt + response in tokens; 0 takes the number of the model's config.json or the server. */
  contextLength: number;
  /**
   * Form of requests and answers. `openai`: "text" for any server, "chat" for a server
   * with chat completions only, "tokens" for vLLM, which loses nothing. `tinker`:
   * "tokens" ends responses at stop tokens; "text" ends them at stop strings, where the
   * server supports those. `local`: "tokens".
   */
  form: "tokens" | "text" | "chat";
  /** Seconds to wait for a server that is not there; 0 for `local`. */
  reconnectSeconds: number;
  /** Seconds to wait for the answer to one request; 0 for `local`. */
  requestSeconds: number;
}

/** Returns the fields that may differ when a run is resumed: the places of a model or server. */
export function movableFields(
  engine: EngineConfig["engine"],
): (keyof EngineConfig)[] {
  return engine === "local"
    ? ["model", "tokenizer"]
    : ["address", "tokenizer", "reconnectSeconds", "requestSeconds"];
}

/** The default config of each engine. */
export const ENGINES: Record<EngineConfig["engine"], EngineConfig> = {
  local: {
    engine: "local",
    model: "",
    address: "",
    loraRank: 0,
    weights: "float32",
    microBatchTokens: 0,
    tokenizer: "",
    contextLength: 0,
    form: "tokens",
    reconnectSeconds: 0,
    requestSeconds: 0,
  },
  tinker: {
    engine: "tinker",
    model: "",
    address: "http://127.0.0.1:8000",
    loraRank: 32,
    weights: "float32",
    microBatchTokens: 0,
    tokenizer: "",
    contextLength: 0,
    form: "tokens",
    reconnectSeconds: 120,
    requestSeconds: 3600,
  },
  openai: {
    engine: "openai",
    model: "",
    address: "http://127.0.0.1:8000/v1",
    loraRank: 0,
    weights: "float32",
    microBatchTokens: 0,
    tokenizer: "",
    contextLength: 0,
    form: "text",
    reconnectSeconds: 120,
    requestSeconds: 3600,
  },
};

/** Returns the config with absolute folders, so that it is valid from any working directory. */
export function withWholePaths(config: EngineConfig): EngineConfig {
  const whole = (path: string) => path === "" ? "" : resolve(path);
  return {
    ...config,
    model: config.engine === "local" ? whole(config.model) : config.model,
    tokenizer: whole(config.tokenizer),
  };
}

const FORMS: Record<EngineConfig["engine"], EngineConfig["form"][]> = {
  local: ["tokens"],
  tinker: ["tokens", "text"],
  openai: ["tokens", "text", "chat"],
};

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
    fail(
      config,
      "model",
      "is no model folder: there is no config.json in it; give the folder where the model lies (`deno task model get NAME` fetches one by name)",
    );
  }
  if (engine === "local" && address !== "") {
    fail(
      config,
      "address",
      "has no meaning for the local engine: leave it out",
    );
  }
  if (engine !== "local") checkAddress(config);
  for (const field of NUMBERS) {
    if (!Number.isInteger(config[field]) || config[field] < 0) {
      fail(config, field, "must be a whole number of at least 0");
    }
  }
  checkWaiting(config);
  if (!FORMS[engine].includes(config.form)) {
    fail(config, "form", `must be one of ${FORMS[engine].join(", ")}`);
  }
  if (engine === "tinker" && loraRank === 0) {
    fail(config, "loraRank", "must be at least 1: Tinker trains adapters only");
  }
  if (engine === "openai" && loraRank !== 0) {
    fail(config, "loraRank", "must be 0: this engine does not train");
  }
  if (!["float32", "bfloat16"].includes(config.weights)) {
    fail(config, "weights", "must be float32 or bfloat16");
  }
  if (engine !== "local" && config.weights !== "float32") {
    fail(
      config,
      "weights",
      "must be float32: a server chooses its own numbers",
    );
  }
  if (engine !== "local" && config.microBatchTokens !== 0) {
    fail(
      config,
      "microBatchTokens",
      "must be 0: a server cuts its own batches",
    );
  }
  if (engine === "local" && contextLength !== 0) {
    fail(
      config,
      "contextLength",
      "must be 0: config.json of the model tells it",
    );
  }
}

/** Fields that are whole numbers. */
const NUMBERS = ["loraRank", "microBatchTokens", "contextLength"] as const;

function checkWaiting(config: EngineConfig): void {
  for (const field of ["reconnectSeconds", "requestSeconds"] as const) {
    const value = config[field];
    if (config.engine === "local" && value !== 0) {
      fail(config, field, "has no meaning for the local engine: leave it out");
    }
    if (config.engine !== "local" && !(value > 0 && value < 1e6)) {
      fail(config, field, "must be a number of seconds above 0");
    }
  }
}

/** Throws `RangeError` where a config names no model. */
export function requireModel(config: EngineConfig): void {
  if (config.model !== "") return;
  const wanted = config.engine === "local"
    ? "give the folder of a model in Hugging Face's layout"
    : "give the name under which the server knows the model";
  fail(config, "model", `is empty: ${wanted}`);
}

/** Throws unless the address is http(s) and holds no password: the manifest keeps the address. */
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

/** Tells whether a path is an existing file. */
export function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Throws `RangeError` with the field, its value and what is wrong with it. */
export function fail(
  config: EngineConfig,
  field: keyof EngineConfig,
  message: string,
): never {
  throw new RangeError(
    `engine field "${field}" (${JSON.stringify(config[field])}) ${message}`,
  );
}
