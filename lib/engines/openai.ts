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
 * This side makes the prompt's text, chat template included, and sends it to the plain
 * completions endpoint. A server that only chats gets the text as one user message.
 *
 * There are three forms of requests. "tokens" sends and receives token numbers, which
 * needs vLLM's extra fields and loses nothing. "text" works with every server: the
 * prompt is decoded, the answer is encoded, and the stop token, which servers leave
 * out, is put back. "chat" is "text" over chat completions, whose server puts its own
 * template around the prompt.
 *
 * Servers also stop at the model's own end token: name it among the stop tokens.
 * Some take sampling from the model's generation_config.json and answer greedily
 * unless it says `do_sample` (transformers' server does).
 *
 * Servers leave out the stop string at which they stopped, and most do not name it. A
 * closing tag is put back where the text has left that tag open. Otherwise the end
 * token counts as sampled.
 *
 * Left out: training (`SamplingOnlyError`) and banned tokens. Equal seeds need not give
 * equal samples: vLLM and Ollama do not promise so under load.
 */
import { derivedSeed } from "../random.ts";
import type {
  Engine,
  EngineLimit,
  EngineSamplingOptions,
  Sample,
  SampleRequest,
  TrainReport,
  TrainSequence,
} from "../method/engine.ts";
import { fromEnvironment, serverAddress } from "./address.ts";
import { type Company, HttpLine, type JsonObject } from "./http.ts";
import type { Patience } from "./waiting.ts";
import { inFlight } from "./in_flight.ts";
import {
  type Endpoint,
  malformed,
  readChoices,
  refusalIn,
  SamplingOnlyError,
  SERVICE,
} from "./openai_answer.ts";
import { SparedFields } from "./openai_fields.ts";
import { Form, type FormName, type TextCodec } from "./openai_form.ts";
import { RemoteError } from "./remote_error.ts";
import { requireServedModel, writeServedModel } from "./served_model.ts";

/** The server, the model and the form of requests. */
export interface OpenAiOptions {
  /** Address up to and including `/v1`; requests go to this address and no other. */
  url: string;
  /** The model's name as the server lists it. */
  model: string;
  /** The served model's tokenizer. */
  tokenizer: TextCodec;
  /** Longest prompt + response in tokens, the same as the server's own limit. */
  contextLength: number;
  /** "tokens" for vLLM; "text" (default) for any server; "chat" for one that only chats. */
  promptForm?: FormName;
  /** Default: the environment variable OPENAI_API_KEY, if reading it is permitted. */
  apiKey?: string;
  /** Default: 120 s for a server that is lost (10 s before its first answer), an hour for an answer. */
  patience?: Partial<Patience>;
  company?: Company;
}

/** Requests in flight; servers batch them on their side. */
const REQUESTS_IN_FLIGHT = 32;

/** Seconds to wait for an answer: a server that takes requests one by one answers the last one late. */
const REQUEST_SECONDS = 3600;

/** Tries at a request that the server fails at (HTTP 500). */
const TRIES = 3;

/** The abilities that an OpenAI-compatible server lacks. */
export const OPENAI_LIMITS: readonly EngineLimit[] = [
  "training",
  "bannedTokens",
  "entropyTerm",
  "temperature",
];

/** An {@link Engine} that samples from an OpenAI-compatible server; it cannot train. */
export class OpenAiEngine implements Engine {
  readonly description: Engine["description"];
  #line: HttpLine;
  #model: string;
  #form: Form;
  #spared: SparedFields;

  constructor(options: OpenAiOptions) {
    const { url, apiKey = fromEnvironment("OPENAI_API_KEY") } = options;
    const address = serverAddress(SERVICE, url, "http://127.0.0.1:8000/v1");
    const base = `${address.origin}${address.pathname.replace(/\/*$/, "/")}`;
    const key: Record<string, string> = apiKey
      ? { authorization: `Bearer ${apiKey}` }
      : {};
    this.#line = new HttpLine(
      SERVICE,
      base,
      key,
      { requestSeconds: REQUEST_SECONDS, ...options.patience },
      options.company,
    );
    this.#spared = new SparedFields(options.company?.tell ?? console.warn);
    this.#model = options.model;
    this.#form = new Form(options.promptForm ?? "text", options.tokenizer);
    this.description = {
      name: options.model,
      backend: `OpenAI-compatible server (${this.#form.name})`,
      parameters: 0, // The API does not tell.
      contextLength: options.contextLength,
      lacks: OPENAI_LIMITS,
    };
  }

  /** Samples. A log-probability that the server does not give is NaN. */
  sample(
    requests: readonly SampleRequest[],
    options: EngineSamplingOptions,
  ): Promise<Sample[][]> {
    if (options.bannedTokens && options.bannedTokens.length > 0) {
      return Promise.reject(refusal("options.bannedTokens is not empty"));
    }
    if (this.#form.name !== "tokens" && options.topK !== undefined) {
      return Promise.reject(refusal("options.topK is set"));
    }
    return inFlight(
      requests,
      REQUESTS_IN_FLIGHT,
      (request) => this.#sampleOne(request, options),
    );
  }

  /**
   * Returns the log-probability of each response token. Prompt and response are sent
   * as one prompt, which the server scores: this needs promptForm "tokens" and a
   * server with `prompt_logprobs` (vLLM).
   */
  logProbs(
    sequences: readonly Pick<
      TrainSequence,
      "promptTokens" | "responseTokens" | "bannedTokens"
    >[],
  ): Promise<number[][]> {
    if (this.#form.name !== "tokens") {
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

  /** Writes the model's name into a folder. The weights stay on the server and never change. */
  save(folder: string): Promise<void> {
    return writeServedModel(folder, this.#model);
  }

  /** Throws unless `save` wrote the folder for the same model. */
  load(folder: string): Promise<void> {
    return requireServedModel(folder, this.#model);
  }

  dispose(): void {
    this.#line.close();
  }

  /** Asks until `count` samples are there: some servers ignore `n` and give one sample. */
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
    const prompt = this.#form.name === "tokens"
      ? ""
      : this.#form.tokenizer.decodePrompt(request.promptTokens);
    for (let round = 0; samples.length < request.count; round++) {
      const choices = await this.#complete({
        ...this.#form.prompt(request.promptTokens, prompt),
        ...this.#form.sampling(options),
        n: request.count - samples.length,
        max_tokens: maxNewTokens,
        // 31 bits: the most that every server's seed can hold.
        seed: derivedSeed(request.seed, "openai", round) >>> 1,
      }, options.stop);
      samples.push(
        ...choices.map((choice) =>
          this.#form.read(maxNewTokens, choice, prompt, options)
        ),
      );
    }
    return samples.slice(0, request.count);
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
      throw malformed(
        "completions",
        "choices[0].prompt_logprobs",
        "one entry per token",
      );
    }
    return responseTokens.map((token, i) => {
      const entry = scores[promptTokens.length + i]?.[token];
      if (typeof entry?.logprob === "number") return entry.logprob;
      throw malformed(
        "completions",
        "choices[0].prompt_logprobs",
        "a logprob of each token",
      );
    });
  }

  /** Sends a request without the optional fields that the server refuses (openai_fields.ts). */
  async #complete(
    body: JsonObject,
    stop?: AbortSignal,
  ): Promise<JsonObject[]> {
    const { endpoint } = this.#form;
    const send = async (body: JsonObject) => {
      const answer = await this.#ask(endpoint, body, stop);
      return { answer, refusal: refusalIn(answer.status, answer.text) };
    };
    const asked = { model: this.#model, ...body };
    const { status, text } = await this.#spared.send(asked, send);
    return readChoices(endpoint, status, text);
  }

  /** Sends a request, and again where the server fails: vLLM and SGLang fail on a log-probability that is NaN. */
  async #ask(endpoint: Endpoint, body: JsonObject, stop?: AbortSignal) {
    const { logprobs: _, ...bare } = body;
    for (let left = TRIES;; left--) {
      const answer = await this.#line.exchange({
        endpoint,
        body: left === TRIES ? body : bare,
        repeatable: true,
      }, stop);
      if (answer.status !== 500 || left === 1) return answer;
    }
  }
}

function refusal(what: string): RemoteError {
  return new RemoteError(
    SERVICE,
    "completions",
    `${what}, but this server's API cannot do that; leave it out or use the local engine`,
  );
}
