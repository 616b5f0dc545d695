/** What an OpenAI-compatible server answers, read as data: nothing in it is taken on trust. */
import type { Sample } from "../method/engine.ts";
import type { JsonObject } from "./http.ts";
import { excerpt, RemoteError } from "./remote_error.ts";

export const SERVICE = "OpenAI-compatible server";

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

/** The endpoint of a form's requests: the two that servers have. */
export type Endpoint = "completions" | "chat/completions";

/** The answer's choices, each an object. Throws `RemoteError` with what a refusal says and its cure. */
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

/** A refused request's own words, or null where the status is none of a refusal. */
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

/** OpenAI's, vLLM's and FastAPI's ways to say what was wrong. */
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

/** Python writes NaN and Infinity, which are no JSON, where a log-probability is not finite. */
function withoutBareNumbers(text: string): string {
  if (!/NaN|Infinity/.test(text)) return text;
  return text.replace(
    /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g,
    (found) => found.startsWith('"') ? found : "null",
  );
}

/**
 * One log-probability per token, NaN where the server tells none. It may cut its
 * text into other tokens than ours; then none of the numbers fits.
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

/** vLLM's token numbers, with the log-probability of each. */
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

/** The text that a plain completion went on with. */
export function completedText({ text }: JsonObject): string {
  if (typeof text === "string") return text;
  throw malformed(
    "completions",
    "choices[].text",
    'a text; for a server that only chats, use form: "chat"',
  );
}

/**
 * A chat answer as it would have gone on behind the prompt: where that ends with an
 * opened tag, reasoning that the server keeps apart stands inside of it, and a tag
 * that the answer opens once more is not opened twice.
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
