/**
 * The engine chosen by name (engine_config.ts), opened with its tokenizer.
 *
 * Left out: what a config of self-play may ask of an engine (lib/method).
 */
import { join, resolve } from "node:path";
import type { DialectName } from "../method/modes/dialect.ts";
import { SPECIAL_TOKENS } from "../method/modes/compact_words.ts";
import { LORA_TARGETS, parseJsonObject, Tokenizer } from "../model/mod.ts";
import type { Engine, EngineLimit } from "../method/engine.ts";
import type { Company } from "./http.ts";
import {
  checkEngineConfig,
  type EngineConfig,
  fail,
  isFile,
  requireModel,
} from "./engine_config.ts";
import { LocalEngine } from "./local.ts";
import { OPENAI_LIMITS, OpenAiEngine } from "./openai.ts";
import { TINKER_LIMITS, TinkerEngine } from "./tinker/tinker.ts";

/** The abilities that each engine lacks, because its server's API does. */
export const ENGINE_LIMITS: Record<
  EngineConfig["engine"],
  readonly EngineLimit[]
> = {
  local: [],
  tinker: TINKER_LIMITS,
  openai: OPENAI_LIMITS,
};

/** An opened engine with its tokenizer and dialect. */
export interface OpenModel {
  engine: Engine;
  tokenizer: Tokenizer;
}

/**
 * Opens the engine of a config, with the tokenizer of its model. Fresh adapters are
 * drawn from `seed`. `company` receives notes while a server is not ready. Throws
 * `RangeError`, naming the field, where the config makes no sense; errors of the engine
 * pass through.
 */
export async function openModel(
  config: EngineConfig,
  seed: number,
  company: Company = {},
): Promise<OpenModel> {
  checkEngineConfig(config);
  requireModel(config);
  const tokenizer = await openTokenizer(config);
  const engine = await openEngine(config, tokenizer, seed, company);
  return { engine, tokenizer };
}

/** Returns the tokenizer of a config's model, without opening the model. */
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

/** Returns the dialect of a vocabulary: `compact` where it has that dialect's markers, else `chat`. */
export function dialectOf(tokenizer: Tokenizer): DialectName {
  const knows = (token: string) => {
    const ids = tokenizer.encode(token);
    return ids.length === 1 && tokenizer.decode(ids) === token;
  };
  return SPECIAL_TOKENS.every(knows) ? "compact" : "chat";
}

async function openEngine(
  config: EngineConfig,
  tokenizer: Tokenizer,
  seed: number,
  company: Company,
): Promise<Engine> {
  const { engine, model, address, loraRank } = config;
  const { reconnectSeconds, requestSeconds } = config;
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
        patience: { reconnectSeconds, operationSeconds: requestSeconds },
        company,
      });
    case "openai":
      return await openServed(config, tokenizer, company);
  }
}

/**
 * Opens a server and requests two answers of one token with every option of a run. A
 * wrong name, address or key, and refused options, then show before the run begins.
 */
async function openServed(
  config: EngineConfig,
  tokenizer: Tokenizer,
  company: Company,
): Promise<OpenAiEngine> {
  const { reconnectSeconds, requestSeconds } = config;
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
    patience: { reconnectSeconds, requestSeconds },
    company,
  });
  const promptTokens = tokenizer.encodePrompt("1");
  const request = { promptTokens, count: 2, maxNewTokens: 1, seed: 1 };
  try {
    await engine.sample([request], {
      temperature: 1,
      stopTokens: [tokenizer.eosId],
      stop: company.stop,
    });
  } catch (error) {
    engine.dispose();
    throw error;
  }
  return engine;
}

async function openLocal(
  { model, loraRank: rank, microBatchTokens, weights }: EngineConfig,
  tokenizer: Tokenizer,
  seed: number,
): Promise<LocalEngine> {
  // Alpha grows with the rank, so that the rank does not change the adapters' scale.
  const lora = { rank, alpha: 2 * rank, targets: LORA_TARGETS };
  const engine = rank === 0
    ? await LocalEngine.fromFolder(model, weights)
    : await LocalEngine.withAdapters(model, lora, seed, weights);
  engine.model.microBatchTokens = microBatchTokens;
  try {
    tokenizer.requireFits(engine.model.config);
  } catch (error) {
    engine.dispose();
    throw error;
  }
  return engine;
}

/** Returns the config's context length, else the one of config.json beside the tokenizer, else undefined. */
function knownContextLength(config: EngineConfig): number | undefined {
  if (config.contextLength > 0) return config.contextLength;
  const file = join(tokenizerFolder(config), "config.json");
  if (!isFile(file)) return undefined;
  const text = Deno.readTextFileSync(file);
  const { max_position_embeddings } = parseJsonObject(text, file);
  return typeof max_position_embeddings === "number"
    ? max_position_embeddings
    : undefined;
}

function tokenizerFolder({ tokenizer, model }: EngineConfig): string {
  return resolve(tokenizer === "" ? model : tokenizer);
}
