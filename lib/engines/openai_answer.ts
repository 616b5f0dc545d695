/** Reading the answers of an OpenAI-compatible server: every field is checked. */
import type { Sample } from "../method/engine.ts";
import type { JsonObject } from "./http.ts";
import { excerpt, RemoteError } from "./remote_error.ts";

export const SERVICE = "OpenAI-compatible server";

/** The error of a call that needs a training engine, made on an engine that only samples. */
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

/** The endpoints of completion servers. */
export type Endpoint = "completions" | "chat/completions";

/** Returns the answer's choices, each an object. Throws `RemoteError` with a refusal's message and its cure. */
export function readChoices(
  endpoint: Endpoint,
  status: number,
  text: string,
): JsonObject[] {
  const { choices } = readAnswer(endpoint, status, text);
  if (!Array.isArray(choices) || choices.length === 0) {
    throw malformed(endpoint, "choices", "a list that is not empty");
  }
  if (choices.some((one) => one === null || typeof one !== "object")) {
    throw malformed(endpoint, "choices[]", "an object");
  }
  return choices;
}

/** Returns the message of a refused request, or null where the status is no refusal. */
export function refusalIn(status: number, text: string): string | null {
  if (![400, 422, 501].includes(status)) return null;
  try {
    return detailOf(JSON.parse(text), text);
  } catch {
    return excerpt(text);
  }
}

function readAnswer(
  endpoint: Endpoint,
  status: number,
  text: string,
): JsonObject {
  let body: JsonObject;
  try {
    body = JSON.parse(withoutBareNumbers(text));
  } catch {
    throw new RemoteError(
      SERVICE,
      endpoint,
      `HTTP ${status} with something that is not JSON: ${excerpt(text)}. ` +
        "Does the url end where the server's API begins, as in …/v1?",
    );
  }
  if (status === 200 && body !== null && typeof body === "object") return body;
  throw new RemoteError(
    SERVICE,
    endpoint,
    `HTTP ${status}: ${detailOf(body, text)}${cureOf(endpoint, status)}`,
  );
}

/** Returns the error message of an answer in the form of OpenAI, vLLM or FastAPI. */
function detailOf(body: JsonObject | string | null, text: string): string {
  if (typeof body === "string") return body;
  const error = body?.error as JsonObject | string | undefined;
  const said = typeof error === "object" ? error?.message : error;
  const listed = Array.isArray(body?.detail)
    ? body.detail.map((entry: { loc?: unknown[]; msg?: string } | null) =>
      `field "${entry?.loc?.slice(1).join(".") ?? "?"}": ${entry?.msg}`
    ).join("; ")
    : body?.detail;
  return excerpt(String(said ?? body?.message ?? listed ?? text));
}

function cureOf(endpoint: Endpoint, status: number): string {
  if (status === 401 || status === 403) {
    return ". Give the key as apiKey or in OPENAI_API_KEY";
  }
  if (status === 429) return ". Waiting does not cure this";
  if (![404, 405].includes(status)) return "";
  const other = endpoint === "completions"
    ? 'chat completions alone, give the form "chat" (--form chat)'
    : 'plain completions alone, give the form "text" (--form text)';
  return `. Is the model served under this name, and is the url right? If the server knows ${other}`;
}

/** Replaces Python's NaN and Infinity, which are not JSON, by null: log-probabilities can be such. */
function withoutBareNumbers(text: string): string {
  if (!/NaN|Infinity/.test(text)) return text;
  return text.replace(
    /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g,
    (found) => found.startsWith('"') ? found : "null",
  );
}

/**
 * Returns one log-probability per token, NaN where the server gives none. Where the
 * server splits the text into other tokens, no number fits and all are NaN.
 */
export function toldLogProbs(choice: JsonObject, length: number): number[] {
  const told = choice.logprobs as JsonObject | null | undefined;
  const numbers = told?.token_logprobs ??
    (Array.isArray(told?.content)
      ? told.content.map((entry: JsonObject | null) => entry?.logprob)
      : undefined);
  const fits = Array.isArray(numbers) && numbers.length === length;
  return Array.from({ length }, (_, i) => {
    const value = fits ? numbers[i] : NaN;
    return typeof value === "number" ? value : NaN;
  });
}

/** Reads vLLM's token ids with the log-probability of each. */
export function readTokens(
  choice: JsonObject,
): Pick<Sample, "tokens" | "logProbs"> {
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
    throw malformed(
      "completions",
      "choices[].token_ids",
      "a list of token numbers",
    );
  }
  return { tokens, logProbs: toldLogProbs(choice, tokens.length) };
}

/** Returns the text that a plain completion went on with. */
export function completedText({ text }: JsonObject): string {
  if (typeof text === "string") return text;
  throw malformed(
    "completions",
    "choices[].text",
    'a text; for a server that only chats, use form: "chat"',
  );
}

/**
 * Returns a chat answer as the continuation of the prompt. Where the prompt ends with an
 * opened tag, the server's separate reasoning comes first, inside the tag, and a tag
 * that the answer opens again is dropped.
 */
export function chattedText(choice: JsonObject, prompt: string): string {
  const message = choice.message as JsonObject | null | undefined;
  const reasoning = message?.reasoning_content ?? message?.reasoning;
  const content = message?.content;
  if (typeof content !== "string" && typeof reasoning !== "string") {
    throw malformed(
      "chat/completions",
      "choices[].message.content",
      "a text",
    );
  }
  const said = typeof content === "string" ? content : "";
  const opened = /<(\w+)>\s*$/.exec(prompt)?.[1];
  if (opened === undefined) return said;
  if (typeof reasoning === "string" && reasoning !== "") {
    return said === "" ? reasoning : `${reasoning}</${opened}>${said}`;
  }
  return said.replace(new RegExp(`^\\s*<${opened}>`), "");
}

/** Returns the error of an answer that lacks a field. */
export function malformed(
  endpoint: Endpoint,
  field: string,
  wanted: string,
): RemoteError {
  return new RemoteError(
    SERVICE,
    endpoint,
    `the answer's field "${field}" should be ${wanted}; is this a completions server?`,
  );
}
