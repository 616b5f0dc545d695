/**
 * The three forms of requests to an OpenAI-compatible server and of its choices:
 * "tokens", "text" and "chat" (openai.ts describes them).
 */
import type { EngineSamplingOptions, Sample } from "../method/engine.ts";
import type { JsonObject } from "./http.ts";
import {
  chattedText,
  completedText,
  type Endpoint,
  readTokens,
  toldLogProbs,
} from "./openai_answer.ts";
import { cutAtStop, stopStringsOf } from "./stop_text.ts";

/** A conversion between token ids and text, in the served model's own vocabulary. */
export interface TextCodec {
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
  /** Returns the text without the token that a server puts before every prompt. */
  decodePrompt(ids: readonly number[]): string;
}

export type FormName = "tokens" | "text" | "chat";

export class Form {
  readonly endpoint: Endpoint;

  constructor(readonly name: FormName, readonly tokenizer: TextCodec) {
    this.endpoint = name === "chat" ? "chat/completions" : "completions";
  }

  /** Returns the fields of a prompt: its tokens, or its `text`. */
  prompt(tokens: readonly number[], text: string): JsonObject {
    if (this.name === "tokens") return { prompt: tokens };
    if (this.name === "text") return { prompt: text };
    return { messages: [{ role: "user", content: text }] };
  }

  /** Returns the fields of the sampling options and of the stops. */
  sampling(options: EngineSamplingOptions): JsonObject {
    const { temperature, topP = 1, topK, stopTokens } = options;
    const logprobs = this.name === "chat" ? true : 1;
    const common = { temperature, top_p: topP, logprobs };
    if (this.name !== "tokens") {
      const stop = options.stopText
        ? stopStringsOf(options)
        : stopTokens.map((token) => this.tokenizer.decode([token]));
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

  /** Returns a choice as a sample of at most `limit` tokens, cut at its end. */
  read(
    limit: number,
    choice: JsonObject,
    prompt: string,
    options: EngineSamplingOptions,
  ): Sample {
    return cutAtLimit(this.#whole(choice, prompt, options), limit);
  }

  #whole(
    choice: JsonObject,
    prompt: string,
    options: EngineSamplingOptions,
  ): Sample {
    const finish = choice.finish_reason === "stop" ? "stop" : "length";
    const read = this.name === "tokens"
      ? readTokens(choice)
      : this.#readText(choice, prompt, options);
    const whole: Sample = { ...read, finish };
    const sample = cutAtStop(whole, options);
    if (sample !== whole) return sample;
    const { tokens, logProbs } = sample;
    const ends = options.stopTokens.includes(tokens.at(-1) ?? -1);
    if (finish === "stop" && !ends && options.stopTokens.length > 0) {
      tokens.push(this.#stopToken(choice, options));
      logProbs.push(NaN);
    }
    return { tokens, logProbs, finish };
  }

  /** Returns the stop token of a choice: the one that vLLM names, else the first. */
  #stopToken(
    choice: JsonObject,
    { stopTokens }: EngineSamplingOptions,
  ): number {
    const named = choice.stop_reason;
    return stopTokens.find((token) =>
      token === named || this.tokenizer.decode([token]) === named
    ) ?? stopTokens[0];
  }

  #readText(
    choice: JsonObject,
    prompt: string,
    { stopText }: EngineSamplingOptions,
  ): Pick<Sample, "tokens" | "logProbs"> {
    const text = this.name === "chat"
      ? chattedText(choice, prompt)
      : completedText(choice);
    const ending = choice.finish_reason === "stop"
      ? stopText?.strings.find((stop) =>
        stop === choice.stop_reason || leavesOpen(text, stop)
      ) ?? ""
      : "";
    const tokens = this.tokenizer.encode(text + ending);
    return { tokens, logProbs: toldLogProbs(choice, tokens.length) };
  }
}

/** Cuts a sample at its limit, for servers that ignore `max_tokens`. */
function cutAtLimit(sample: Sample, limit: number): Sample {
  if (sample.tokens.length <= limit) return sample;
  return {
    tokens: sample.tokens.slice(0, limit),
    logProbs: sample.logProbs.slice(0, limit),
    finish: "length",
  };
}

/** Tells whether a text opens the tag that `stop` closes, and does not close it. */
function leavesOpen(text: string, stop: string): boolean {
  if (!/^<\/\w+>$/.test(stop)) return false;
  return text.lastIndexOf(stop.replace("/", "")) > text.lastIndexOf(stop);
}
