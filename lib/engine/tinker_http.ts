/**
 * JSON over HTTP to a Tinker server, with long-polled futures.
 *
 * Every heavy call answers at once with a `request_id`; its result is fetched
 * with `retrieve_future`, which the server holds open for up to five minutes
 * and then answers 408, "ask again".
 *
 * Retrying is the delicate part. A connection that was never made is retried
 * for any call. A connection lost after the request was sent is retried only
 * for calls that may be repeated; for the others nobody knows whether the
 * server carried the call out, and a second `optim_step` would be a second
 * optimiser step. Those throw `TinkerUncertainError`, and the engine, which
 * knows what was saved, decides.
 *
 * Left out: protobuf bodies (newer official clients send them; servers that
 * follow the public API take JSON as well), telemetry and billing calls.
 */

/** A Tinker call failed. The message names the endpoint, the field and the cure. */
export class TinkerError extends Error {
  override name = "TinkerError";
  constructor(readonly endpoint: string, message: string) {
    super(`Tinker ${endpoint}: ${message}`);
  }
}

/** The server answers, but no longer holds our model (it restarted, or reclaimed the session). */
export class TinkerModelLostError extends TinkerError {
  override name = "TinkerModelLostError";
}

/** The connection broke after the request was sent: it may or may not have been carried out. */
export class TinkerUncertainError extends TinkerError {
  override name = "TinkerUncertainError";
}

/** Nobody answered for as long as we were told to wait. */
export class TinkerUnreachableError extends TinkerError {
  override name = "TinkerUnreachableError";
}

/** How long to wait before giving up. All in seconds. */
export interface TinkerPatience {
  /** For a server that cannot be reached (restarting, network down). */
  reconnectSeconds: number;
  /** For the answer to one HTTP request. Must exceed the server's long poll (300 s). */
  requestSeconds: number;
  /** For the result of one operation, however many long polls that takes. */
  operationSeconds: number;
}

export const defaultPatience: TinkerPatience = {
  reconnectSeconds: 120,
  requestSeconds: 330,
  operationSeconds: 3600,
};

/** A JSON object as received: nothing about it is known yet. */
export type JsonObject = Record<string, unknown>;

/** First pause between tries and the longest one, in seconds; each try doubles it. */
const FIRST_PAUSE = 0.1;
const LONGEST_PAUSE = 5;

/** An open line to one server. Holds no state of a session or a model. */
export class TinkerConnection {
  #base: string;
  #headers: Record<string, string>;
  #patience: TinkerPatience;
  #closing = new AbortController();

  /** `url` is the server's address, with or without `/api/v1`. The key goes into `X-API-Key`. */
  constructor(
    url: string,
    apiKey: string | undefined,
    patience: Partial<TinkerPatience> = {},
  ) {
    this.#base = apiAddress(url);
    this.#headers = { "content-type": "application/json" };
    if (apiKey) this.#headers["x-api-key"] = apiKey;
    this.#patience = { ...defaultPatience, ...patience };
  }

  /** Posts a body that the server may safely receive twice. */
  postRepeatable(endpoint: string, body: JsonObject): Promise<JsonObject> {
    return this.#send(endpoint, "POST", body, true);
  }

  /** Posts a body that must not be carried out twice. Throws `TinkerUncertainError`. */
  postOnce(endpoint: string, body: JsonObject): Promise<JsonObject> {
    return this.#send(endpoint, "POST", body, false);
  }

  get(endpoint: string): Promise<JsonObject> {
    return this.#send(endpoint, "GET", undefined, true);
  }

  /** Waits for the result that `reply` (an answer with a `request_id`) promises. */
  async result(endpoint: string, reply: JsonObject): Promise<JsonObject> {
    const request_id = textField(endpoint, reply, "request_id");
    const limit = this.#patience.operationSeconds;
    const deadline = performance.now() + limit * 1000;
    let pause = FIRST_PAUSE;
    while (performance.now() < deadline) {
      const asked = performance.now();
      const answer = await this.#poll(endpoint, request_id);
      if (answer !== "wait") return answer;
      // A server that holds the line open needs no pause from us.
      if (performance.now() - asked < 1000) await this.#pause(pause);
      pause = Math.min(pause * 2, 1);
    }
    throw new TinkerError(
      endpoint,
      `no result after ${limit} s. The server accepts requests but does not finish them: ` +
        "read its log, or raise patience.operationSeconds if the model is large",
    );
  }

  /** Waits until the server says it is well, at most `reconnectSeconds`. */
  async waitUntilHealthy(): Promise<void> {
    await this.get("healthz");
  }

  /** Gives up every wait. Calls after this throw. */
  close(): void {
    this.#closing.abort();
  }

  async #poll(
    endpoint: string,
    request_id: string,
  ): Promise<JsonObject | "wait"> {
    const answer = await this.#exchange(
      "retrieve_future",
      "POST",
      { request_id },
      true,
    );
    if (answer.status === 408) return "wait";
    const body = interpret(endpoint, answer);
    if (body.type === "try_again") return "wait";
    if (typeof body.error === "string" && !("metrics" in body)) {
      throw failure(endpoint, 400, body.error);
    }
    return body;
  }

  async #send(
    endpoint: string,
    method: string,
    body: JsonObject | undefined,
    repeatable: boolean,
  ): Promise<JsonObject> {
    return interpret(
      endpoint,
      await this.#exchange(endpoint, method, body, repeatable),
    );
  }

  /** One request, retried while the server cannot be reached or says it is busy. */
  async #exchange(
    endpoint: string,
    method: string,
    body: JsonObject | undefined,
    repeatable: boolean,
  ): Promise<Answer> {
    const limit = this.#patience.reconnectSeconds;
    const deadline = performance.now() + limit * 1000;
    let pause = FIRST_PAUSE;
    for (;;) {
      const answer = await this.#attempt(endpoint, method, body, repeatable);
      if (!("retry" in answer)) return answer;
      if (performance.now() + pause * 1000 > deadline) {
        throw new TinkerUnreachableError(
          endpoint,
          `${answer.retry} (tried for ${limit} s at ${this.#base}). Is the server running, ` +
            "and is the url right? patience.reconnectSeconds sets how long to wait",
        );
      }
      await this.#pause(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  async #attempt(
    endpoint: string,
    method: string,
    body: JsonObject | undefined,
    repeatable: boolean,
  ): Promise<Answer | { retry: string }> {
    const limit = new AbortController();
    const timer = setTimeout(
      () => limit.abort(),
      this.#patience.requestSeconds * 1000,
    );
    try {
      const response = await fetch(this.#base + endpoint, {
        method,
        headers: this.#headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.any([limit.signal, this.#closing.signal]),
      });
      const text = await response.text();
      // 429 and 503 are refusals: the request was not taken on.
      const busy = response.status === 429 || response.status === 503;
      const gateway = response.status === 502 || response.status === 504;
      if (busy || (gateway && repeatable)) {
        return { retry: `the server is busy (HTTP ${response.status})` };
      }
      if (gateway) throw uncertain(endpoint, `HTTP ${response.status}`);
      return { status: response.status, text };
    } catch (error) {
      if (this.#closing.signal.aborted) {
        throw new TinkerError(endpoint, "the engine was closed");
      }
      if (error instanceof TinkerError) throw error;
      const cause = error instanceof Error ? error.message : String(error);
      if (!repeatable && !neverConnected(cause)) {
        throw uncertain(endpoint, cause);
      }
      return { retry: cause };
    } finally {
      clearTimeout(timer);
    }
  }

  #pause(seconds: number): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000);
      signal.addEventListener("abort", done);
    });
  }
}

/** A complete HTTP answer. */
interface Answer {
  status: number;
  text: string;
}

/** Reads a text field, or says which one is missing. */
export function textField(
  endpoint: string,
  body: JsonObject,
  field: string,
): string {
  const value = body[field];
  if (typeof value === "string" && value !== "") return value;
  throw malformed(endpoint, field, "a text", body);
}

/** The server's answer lacks what the API promises. */
export function malformed(
  endpoint: string,
  field: string,
  wanted: string,
  got: unknown,
): TinkerError {
  return new TinkerError(
    endpoint,
    `the answer's field "${field}" should be ${wanted}; got ${
      excerpt(JSON.stringify(got))
    }. The server may speak another version of the API`,
  );
}

function apiAddress(url: string): string {
  const parsed = URL.parse(url);
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new TinkerError(
      "url",
      `"${url}" is not an http(s) address; give for example http://127.0.0.1:8000`,
    );
  }
  const path = parsed.pathname.replace(/\/+$/, "").replace(/\/api\/v1$/, "");
  return `${parsed.origin}${path}/api/v1/`;
}

/** Turns an HTTP answer into a JSON object or the error it stands for. */
function interpret(endpoint: string, answer: Answer): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(answer.text);
  } catch {
    throw new TinkerError(
      endpoint,
      `HTTP ${answer.status} with something that is not JSON: ${
        excerpt(answer.text)
      }. Is this the address of a Tinker server?`,
    );
  }
  if (answer.status >= 200 && answer.status < 300) {
    if (typeof body === "object" && body !== null && !Array.isArray(body)) {
      return body as JsonObject;
    }
    throw malformed(endpoint, "(whole answer)", "an object", body);
  }
  const detail = (body as { detail?: unknown } | null)?.detail ?? body;
  throw failure(
    endpoint,
    answer.status,
    typeof detail === "string" ? detail : validationDetail(detail),
  );
}

/** FastAPI's 422 answers list the offending fields: keep their names. */
function validationDetail(detail: unknown): string {
  if (!Array.isArray(detail)) return excerpt(JSON.stringify(detail));
  return detail.map((entry: { loc?: unknown[]; msg?: string }) =>
    `field "${entry.loc?.slice(1).join(".") ?? "?"}": ${entry.msg ?? "refused"}`
  ).join("; ");
}

/** Says which error class an HTTP failure belongs to. */
function failure(
  endpoint: string,
  status: number,
  detail: string,
): TinkerError {
  if (/not loaded|model not found|session not found/i.test(detail)) {
    return new TinkerModelLostError(endpoint, detail);
  }
  if (status === 404 && /future not found/i.test(detail)) {
    return new TinkerModelLostError(endpoint, detail);
  }
  if (status === 401 || status === 403) {
    return new TinkerError(
      endpoint,
      `HTTP ${status}: ${detail}. Give the key as apiKey or in TINKER_API_KEY`,
    );
  }
  if (status === 404 && detail === "Not Found") {
    return new TinkerError(
      endpoint,
      "HTTP 404: the server does not know this call. Is the url that of a Tinker server?",
    );
  }
  return new TinkerError(endpoint, `HTTP ${status}: ${excerpt(detail)}`);
}

function uncertain(endpoint: string, cause: string): TinkerUncertainError {
  return new TinkerUncertainError(
    endpoint,
    `the connection was lost after the request was sent (${cause}); ` +
      "whether it was carried out is unknown",
  );
}

/** Whether a failed fetch certainly never reached the server (Deno names the phase). */
function neverConnected(cause: string): boolean {
  return /\(Connect\)|connection refused|dns error/i.test(cause);
}

function excerpt(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
