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

const LOCAL: EngineConfig = {
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
};
const WAITING = { reconnectSeconds: 120, requestSeconds: 3600 };

/** The default config of each engine. */
export const ENGINES: Record<EngineConfig["engine"], EngineConfig> = {
  local: LOCAL,
  tinker: {
    ...LOCAL,
    engine: "tinker",
    address: "http://127.0.0.1:8000",
    loraRank: 32,
    ...WAITING,
  },
  openai: {
    ...LOCAL,
    engine: "openai",
    address: "http://127.0.0.1:8000/v1",
    form: "text",
    ...WAITING,
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
  const { engine, model, loraRank, form } = config;
  const refuse = (
    isWrong: boolean,
    field: keyof EngineConfig,
    message: string,
  ) => isWrong && fail(config, field, message);
  const names = Object.keys(ENGINES).join(", ");
  refuse(!(engine in ENGINES), "engine", `must be one of ${names}`);
  const [isLocal, isServed] = [engine === "local", engine !== "local"];
  refuse(
    isLocal && model !== "" &&
      !["config.json", "adapter_config.json"]
        .some((name) => isFile(join(model, name))),
    "model",
    "is no model folder: there is no config.json in it; give the folder where the model lies (`deno task model get NAME` fetches one by name)",
  );
  const idle = "has no meaning for the local engine: leave it out";
  refuse(isLocal && config.address !== "", "address", idle);
  if (isServed) checkAddress(config);
  for (
    const field of ["loraRank", "microBatchTokens", "contextLength"] as const
  ) {
    const isCount = Number.isInteger(config[field]) && config[field] >= 0;
    refuse(!isCount, field, "must be a whole number of at least 0");
  }
  for (const field of ["reconnectSeconds", "requestSeconds"] as const) {
    const isTime = config[field] > 0 && config[field] < 1e6;
    refuse(isLocal && config[field] !== 0, field, idle);
    refuse(isServed && !isTime, field, "must be a number of seconds above 0");
  }
  const forms = FORMS[engine];
  refuse(!forms.includes(form), "form", `must be one of ${forms.join(", ")}`);
  refuse(
    engine === "tinker" && loraRank === 0,
    "loraRank",
    "must be at least 1: Tinker trains adapters only",
  );
  refuse(
    engine === "openai" && loraRank !== 0,
    "loraRank",
    "must be 0: this engine does not train",
  );
  refuse(
    !["float32", "bfloat16"].includes(config.weights),
    "weights",
    "must be float32 or bfloat16",
  );
  refuse(
    isServed && config.weights !== "float32",
    "weights",
    "must be float32: a server chooses its own numbers",
  );
  refuse(
    isServed && config.microBatchTokens !== 0,
    "microBatchTokens",
    "must be 0: a server cuts its own batches",
  );
  refuse(
    isLocal && config.contextLength !== 0,
    "contextLength",
    "must be 0: config.json of the model tells it",
  );
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
