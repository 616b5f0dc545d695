/**
 * An engine that only samples: any model behind an OpenAI-compatible server
 * (vLLM, SGLang, llama.cpp, Ollama) can propose and solve, and be evaluated.
 *
 *     const engine = new OpenAiEngine({
 *       url: "http://127.0.0.1:8000/v1",
 *       model: "Qwen/Qwen2.5-Coder-7B",
 *       tokenizer: await Tokenizer.fromFolder("models/qwen2.5-coder-7b"),
 *       contextLength: 8192,
 *       promptForm: "tokens",
 *     });
 *
 * The plain completions endpoint is used: the prompt's text, chat template
 * included, is made on this side, as for every other engine.
 *
 * Two ways of speaking. "tokens" sends and receives token numbers and needs
 * vLLM's extra fields; nothing is lost on the way. "text" uses only what every
 * server knows: the prompt is decoded, the answer encoded again, and the stop
 * token, which such servers leave out, put back at the end.
 *
 * Servers also stop at the model's own end token: name it among the stop tokens.
 * Some take sampling from the model's generation_config.json and answer greedily
 * unless it says `do_sample` (transformers' server does).
 *
 * Stop strings: such servers leave out the string they stopped at, and most do
 * not say which it was. A closing tag is put back where the text has left that
 * tag open; otherwise the end token is taken to have come.
 *
 * Left out: training (`SamplingOnlyError`) and banned tokens. `save` notes which
 * model was played, and `load` asks for the same. Whether the same seed gives the same samples is up to the
 * server; vLLM and Ollama do not promise it under load.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { derivedSeed } from "../random.ts";
import type {
  Engine,
  EngineLimit,
  EngineSamplingOptions,
  Sample,
  SampleRequest,
  TrainReport,
  TrainSequence,
} from "./engine.ts";
import {
  excerpt,
  HttpLine,
  inFlight,
  type JsonObject,
  keyFromEnvironment,
  type Patience,
  RemoteError,
  serverAddress,
} from "./http.ts";
import { cutAtStopText, stopStringsOf } from "./stop_text.ts";

/** Something only a training engine can do was asked of a sampling one. */
export class SamplingOnlyError extends RemoteError {
  override name = "SamplingOnlyError";
  constructor(verb: string) {
    super(
      "OpenAI-compatible server",
      verb,
      "this engine only samples; train with LocalEngine or TinkerEngine",
    );
  }
}

/** Between token numbers and text, in the served model's own vocabulary. */
export interface TextCodec {
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
}

/** Which server, which model, how to speak to it. */
export interface OpenAiOptions {
  /** Up to and including `/v1`; requests go to this address and no other. */
  url: string;
  /** The model's name as the server lists it. */
  model: string;
  /** The served model's tokenizer. */
  tokenizer: TextCodec;
  /** Longest prompt + response in tokens, as the server was started with. */
  contextLength: number;
  /** "tokens" for vLLM; "text" (default) for any server. */
  promptForm?: "tokens" | "text";
  /** Default: the environment variable OPENAI_API_KEY, if reading it is permitted. */
  apiKey?: string;
  patience?: Partial<Patience>;
}

/** Requests in flight; servers batch them on their side. */
const REQUESTS_IN_FLIGHT = 32;

/** What an OpenAI-compatible server has no place for. */
export const OPENAI_LIMITS: readonly EngineLimit[] = [
  "training",
  "bannedTokens",
  "entropyTerm",
  "klTerm",
];

const STATE_FILE = "served_model.json";

const SERVICE = "OpenAI-compatible server";

export class OpenAiEngine implements Engine {
  readonly description: Engine["description"];
  #line: HttpLine;
  #model: string;
  #tokenizer: TextCodec;
  #form: "tokens" | "text";

  constructor(options: OpenAiOptions) {
    const { url, apiKey = keyFromEnvironment("OPENAI_API_KEY") } = options;
    const address = serverAddress(SERVICE, url, "http://127.0.0.1:8000/v1");
    const base = `${address.origin}${address.pathname.replace(/\/*$/, "/")}`;
    const key: Record<string, string> = apiKey
      ? { authorization: `Bearer ${apiKey}` }
      : {};
    this.#line = new HttpLine(SERVICE, base, key, options.patience);
    this.#model = options.model;
    this.#tokenizer = options.tokenizer;
    this.#form = options.promptForm ?? "text";
    this.description = {
      name: options.model,
      backend: `OpenAI-compatible server (${this.#form})`,
      parameters: 0, // The API does not tell.
      contextLength: options.contextLength,
      lacks: OPENAI_LIMITS,
    };
  }

  /** Log-probabilities the server does not give are NaN. */
  sample(
    requests: readonly SampleRequest[],
    options: EngineSamplingOptions,
  ): Promise<Sample[][]> {
    if (options.bannedTokens && options.bannedTokens.length > 0) {
      return Promise.reject(refusal("options.bannedTokens is not empty"));
    }
    if (this.#form === "text" && options.topK !== undefined) {
      return Promise.reject(refusal("options.topK is set"));
    }
    return inFlight(
      requests,
      REQUESTS_IN_FLIGHT,
      (request) => this.#sampleOne(request, options),
    );
  }

  /**
   * Needs promptForm "tokens" and a server with `prompt_logprobs` (vLLM). The
   * prompt and the response are sent as one prompt and scored by the server.
   */
  logProbs(
    sequences: readonly Pick<
      TrainSequence,
      "promptTokens" | "responseTokens" | "bannedTokens"
    >[],
  ): Promise<number[][]> {
    if (this.#form === "text") {
      return Promise.reject(
        new RemoteError(
          SERVICE,
          "completions",
          'scoring needs promptForm: "tokens" and a server with prompt_logprobs, such as vLLM',
        ),
      );
    }
    if (sequences.some(({ bannedTokens }) => bannedTokens?.length)) {
      return Promise.reject(refusal("sequences[].bannedTokens is not empty"));
    }
    return inFlight(sequences, REQUESTS_IN_FLIGHT, (one) => this.#score(one));
  }

  trainStep(): Promise<TrainReport> {
    return Promise.reject(new SamplingOnlyError("trainStep"));
  }

  /** Notes which model was played: its weights are the server's and never change. */
  async save(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    const state = { format: "served-model-1", model: this.#model };
    await writeFile(join(folder, STATE_FILE), JSON.stringify(state) + "\n");
  }

  /** Checks that the folder is one of `save`, for this very model. */
  async load(folder: string): Promise<void> {
    const file = join(folder, STATE_FILE);
    let model: unknown;
    try {
      model = JSON.parse(await readFile(file, "utf8")).model;
    } catch (error) {
      throw new RemoteError(
        SERVICE,
        "load",
        `${file} cannot be read (${
          (error as Error).message
        }); give the folder that save() wrote`,
      );
    }
    if (model === this.#model) return;
    throw new RemoteError(
      SERVICE,
      "load",
      `${file} was saved with model ${model}, but this engine has ${this.#model}; ` +
        "connect with the same model",
    );
  }

  dispose(): void {
    this.#line.close();
  }

  /** Asks until there are `count` samples: some servers ignore `n` and give one. */
  async #sampleOne(
    request: SampleRequest,
    options: EngineSamplingOptions,
  ): Promise<Sample[]> {
    const room = this.description.contextLength - request.promptTokens.length;
    const maxNewTokens = Math.min(request.maxNewTokens, room);
    if (maxNewTokens < 1) {
      const empty = (): Sample => ({
        tokens: [],
        logProbs: [],
        finish: "length",
      });
      return Array.from({ length: request.count }, empty);
    }
    const samples: Sample[] = [];
    for (let round = 0; samples.length < request.count; round++) {
      const choices = await this.#complete({
        ...this.#prompt(request.promptTokens),
        ...this.#sampling(options),
        n: request.count - samples.length,
        max_tokens: maxNewTokens,
        // 31 bits: the most that every server's seed can hold.
        seed: derivedSeed(request.seed, "openai", round) >>> 1,
      });
      samples.push(
        ...choices.map((choice) =>
          cutAtLimit(this.#read(choice, options), maxNewTokens)
        ),
      );
    }
    return samples.slice(0, request.count);
  }

  #prompt(tokens: readonly number[]): JsonObject {
    return {
      prompt: this.#form === "tokens" ? tokens : this.#tokenizer.decode(tokens),
    };
  }

  #sampling(options: EngineSamplingOptions): JsonObject {
    const { temperature, topP = 1, topK, stopTokens } = options;
    const common = { temperature, top_p: topP, logprobs: 1 };
    if (this.#form === "text") {
      const stop = options.stopText
        ? stopStringsOf(options)
        : stopTokens.map((token) => this.#tokenizer.decode([token]));
      return { ...common, ...(stop.length > 0 && { stop }) };
    }
    return {
      ...common,
      ...(topK !== undefined && { top_k: topK }),
      stop_token_ids: stopTokens,
      ...(options.stopText && {
        stop: options.stopText.strings,
        include_stop_str_in_output: true,
      }),
      return_token_ids: true,
      skip_special_tokens: false,
    };
  }

  async #score(
    { promptTokens, responseTokens }: Pick<
      TrainSequence,
      "promptTokens" | "responseTokens"
    >,
  ): Promise<number[]> {
    const tokens = [...promptTokens, ...responseTokens];
    const [choice] = await this.#complete({
      prompt: tokens,
      max_tokens: 1,
      temperature: 0,
      prompt_logprobs: 0,
    });
    const scores = choice.prompt_logprobs;
    if (!Array.isArray(scores) || scores.length !== tokens.length) {
      throw malformed("choices[0].prompt_logprobs", "one entry per token");
    }
    return responseTokens.map((token, i) => {
      const entry = scores[promptTokens.length + i]?.[token];
      if (typeof entry?.logprob === "number") return entry.logprob;
      throw malformed("choices[0].prompt_logprobs", "a logprob of each token");
    });
  }

  async #complete(body: JsonObject): Promise<JsonObject[]> {
    const answer = await this.#line.exchange({
      endpoint: "completions",
      body: { model: this.#model, ...body },
      repeatable: true,
    });
    const { choices } = readAnswer(answer.status, answer.text);
    if (!Array.isArray(choices) || choices.length === 0) {
      throw malformed("choices", "a list that is not empty");
    }
    if (choices.some((one) => one === null || typeof one !== "object")) {
      throw malformed("choices[]", "an object");
    }
    return choices;
  }

  #read(choice: JsonObject, options: EngineSamplingOptions): Sample {
    const finish = choice.finish_reason === "stop" ? "stop" : "length";
    const read = this.#form === "tokens"
      ? readTokens(choice)
      : this.#readText(choice, options);
    const whole: Sample = { ...read, finish };
    const sample = cutAtStopText(whole, options.stopText);
    if (sample !== whole) return sample;
    const { tokens, logProbs } = sample;
    const ends = options.stopTokens.includes(tokens.at(-1) ?? -1);
    if (finish === "stop" && !ends && options.stopTokens.length > 0) {
      tokens.push(this.#stopToken(choice, options));
      logProbs.push(NaN);
    }
    return { tokens, logProbs, finish };
  }

  /** vLLM names the stop it met; elsewhere it is taken to be the first one. */
  #stopToken(
    choice: JsonObject,
    { stopTokens }: EngineSamplingOptions,
  ): number {
    const named = choice.stop_reason;
    return stopTokens.find((token) =>
      token === named || this.#tokenizer.decode([token]) === named
    ) ?? stopTokens[0];
  }

  #readText(
    choice: JsonObject,
    { stopText }: EngineSamplingOptions,
  ): Pick<Sample, "tokens" | "logProbs"> {
    if (typeof choice.text !== "string") {
      throw malformed("choices[].text", "a text");
    }
    const ending = choice.finish_reason === "stop"
      ? stopText?.strings.find((stop) =>
        stop === choice.stop_reason || leavesOpen(`${choice.text}`, stop)
      ) ?? ""
      : "";
    const tokens = this.#tokenizer.encode(choice.text + ending);
    return { tokens, logProbs: toldLogProbs(choice, tokens.length) };
  }
}

/** A server that overlooks `max_tokens` does not lengthen a response. */
function cutAtLimit(sample: Sample, limit: number): Sample {
  if (sample.tokens.length <= limit) return sample;
  return {
    tokens: sample.tokens.slice(0, limit),
    logProbs: sample.logProbs.slice(0, limit),
    finish: "length",
  };
}

/**
 * One log-probability per token, NaN where the server tells none. It may cut its
 * text into other tokens than ours; then none of the numbers fits.
 */
function toldLogProbs(choice: JsonObject, length: number): number[] {
  const told = (choice.logprobs as JsonObject | null)?.token_logprobs;
  const fits = Array.isArray(told) && told.length === length;
  return Array.from({ length }, (_, i) => {
    const value = fits ? told[i] : NaN;
    return typeof value === "number" ? value : NaN;
  });
}

/** Whether a text opens the tag that `stop` closes, and does not close it. */
function leavesOpen(text: string, stop: string): boolean {
  if (!/^<\/\w+>$/.test(stop)) return false;
  return text.lastIndexOf(stop.replace("/", "")) > text.lastIndexOf(stop);
}

function readTokens(choice: JsonObject): Pick<Sample, "tokens" | "logProbs"> {
  const tokens = choice.token_ids;
  if (!Array.isArray(tokens)) {
    throw new RemoteError(
      SERVICE,
      "completions",
      'the answer has no field "choices[].token_ids"; use promptForm: "text" with this ' +
        "server, or a vLLM or SGLang new enough to know return_token_ids",
    );
  }
  if (!tokens.every((token) => Number.isInteger(token) && token >= 0)) {
    throw malformed("choices[].token_ids", "a list of token numbers");
  }
  return { tokens, logProbs: toldLogProbs(choice, tokens.length) };
}

function readAnswer(status: number, text: string): JsonObject {
  let body: JsonObject;
  try {
    body = JSON.parse(text);
  } catch {
    throw new RemoteError(
      SERVICE,
      "completions",
      `HTTP ${status} with something that is not JSON: ${excerpt(text)}. ` +
        "Does the url end where the server's API begins, as in …/v1?",
    );
  }
  if (status === 200 && body !== null && typeof body === "object") return body;
  const error = body?.error as JsonObject | string | undefined;
  const detail = typeof error === "object" ? error?.message : error;
  const cure = status === 401 || status === 403
    ? ". Give the key as apiKey or in OPENAI_API_KEY"
    : status === 404
    ? ". Is the model served under this name, and is the url right?"
    : "";
  throw new RemoteError(
    SERVICE,
    "completions",
    `HTTP ${status}: ${excerpt(String(detail ?? text))}${cure}`,
  );
}

function refusal(what: string): RemoteError {
  return new RemoteError(
    SERVICE,
    "completions",
    `${what}, but this server's API cannot do that; leave it out or use the local engine`,
  );
}

function malformed(field: string, wanted: string): RemoteError {
  return new RemoteError(
    SERVICE,
    "completions",
    `the answer's field "${field}" should be ${wanted}; is this a completions server?`,
  );
}
