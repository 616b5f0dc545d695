/**
 * One line to one HTTP server that speaks JSON, with retries.
 *
 * A connection that was never made is retried for any request. A connection
 * lost after the request was sent is retried only for requests that may be
 * repeated; for the others nobody knows whether the server carried them out,
 * and they throw `UncertainError`.
 *
 * Redirects are not followed: the key in the headers is meant for the address
 * that was given and no other.
 */

/** A remote engine's call failed. The message names the endpoint, the field and the cure. */
export class RemoteError extends Error {
  override name = "RemoteError";
  constructor(
    readonly service: string,
    readonly endpoint: string,
    message: string,
  ) {
    super(`${service} ${endpoint}: ${message}`);
  }
}

/** The connection broke after the request was sent: it may or may not have been carried out. */
export class UncertainError extends RemoteError {
  override name = "UncertainError";
}

/** Nobody answered for as long as we were told to wait. */
export class UnreachableError extends RemoteError {
  override name = "UnreachableError";
}

/** How long to wait before giving up. All in seconds. */
export interface Patience {
  /** For a server that cannot be reached (restarting, network down). Default 120. */
  reconnectSeconds: number;
  /** For the answer to one HTTP request. Default 330. */
  requestSeconds: number;
}

/** A JSON object as received: nothing about it is known yet. */
export type JsonObject = Record<string, unknown>;

/** A complete HTTP answer. */
export interface Answer {
  status: number;
  text: string;
}

/** What to send. */
export interface HttpRequest {
  endpoint: string;
  /** What the request is for, in errors; the endpoint unless it is a poll for something else. */
  operation?: string;
  /** Sent as JSON by POST; without a body the request is a GET. */
  body?: JsonObject;
  /** Whether the server may safely receive it twice. */
  repeatable: boolean;
}

/** First pause between tries and the longest one, in seconds; each try doubles it. */
const FIRST_PAUSE = 0.1;
const LONGEST_PAUSE = 5;

export class HttpLine {
  #service: string;
  #base: string;
  #headers: Record<string, string>;
  #patience: Patience;
  #closing = new AbortController();
  /**
   * Keeps no idle connections: uvicorn closes them after 5 s, and a request sent
   * at that moment would be lost with its outcome unknown.
   */
  #client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

  /** `base` is the address that endpoints are appended to, with its last slash. */
  constructor(
    service: string,
    base: string,
    headers: Record<string, string>,
    patience: Partial<Patience> = {},
  ) {
    this.#service = service;
    this.#base = base;
    this.#headers = { "content-type": "application/json", ...headers };
    this.#patience = {
      reconnectSeconds: patience.reconnectSeconds ?? 120,
      requestSeconds: patience.requestSeconds ?? 330,
    };
  }

  /** One request, retried while the server cannot be reached or says it is busy. */
  async exchange(request: HttpRequest): Promise<Answer> {
    const limit = this.#patience.reconnectSeconds;
    const deadline = performance.now() + limit * 1000;
    let pause = FIRST_PAUSE;
    for (;;) {
      const answer = await this.#attempt(request);
      if (!("retry" in answer)) return answer;
      if (performance.now() + pause * 1000 > deadline) {
        throw new UnreachableError(
          this.#service,
          request.operation ?? request.endpoint,
          `${answer.retry} (tried for ${limit} s at ${this.#base}). Is the server running, ` +
            "and is the url right? patience.reconnectSeconds sets how long to wait",
        );
      }
      await this.pause(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  /** Waits, or returns at once when the line is closed. */
  pause(seconds: number): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, signal.aborted ? 0 : seconds * 1000);
      signal.addEventListener("abort", done);
    });
  }

  /** Gives up every wait. Requests after this throw. */
  close(): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#client.close();
  }

  async #attempt(request: HttpRequest): Promise<Answer | { retry: string }> {
    const { endpoint, body, repeatable } = request;
    const limit = new AbortController();
    const timer = setTimeout(
      () => limit.abort(new Error("no answer in time")),
      this.#patience.requestSeconds * 1000,
    );
    let failure: string;
    try {
      const response = await fetch(this.#base + endpoint, {
        method: body === undefined ? "GET" : "POST",
        headers: this.#headers,
        body: body && httpBody(JSON.stringify(body), repeatable),
        redirect: "manual",
        client: this.#client,
        signal: AbortSignal.any([limit.signal, this.#closing.signal]),
      });
      const text = await response.text();
      const { status } = response;
      if (![429, 502, 503, 504].includes(status)) return { status, text };
      failure = `the server is busy (HTTP ${status})`;
      // 429 and 503 are refusals: the request was not taken on.
      if (status === 429 || status === 503) return { retry: failure };
    } catch (error) {
      if (this.#closing.signal.aborted) {
        throw new RemoteError(this.#service, endpoint, "the engine was closed");
      }
      failure = error instanceof Error ? error.message : String(error);
      if (neverConnected(failure)) return { retry: failure };
    } finally {
      clearTimeout(timer);
    }
    if (repeatable) return { retry: failure };
    throw new UncertainError(
      this.#service,
      endpoint,
      `the connection was lost after the request was sent (${failure}); ` +
        "whether it was carried out is unknown",
    );
  }
}

/**
 * Deno's fetch sends a request again by itself when the line closes before an
 * answer (denoland/deno#35610), POST included, unless its body is a stream:
 * measured with Deno 2.8.1, a server that closed the line received a text body
 * twice and a stream once.
 */
function httpBody(text: string, repeatable: boolean): BodyInit {
  return repeatable ? text : new Blob([text]).stream();
}

/** The start of a text, for an error message. */
export function excerpt(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** Parses an http(s) address, or says what one looks like. */
export function serverAddress(
  service: string,
  url: string,
  example: string,
): URL {
  const parsed = URL.parse(url);
  if (parsed && /^https?:$/.test(parsed.protocol)) return parsed;
  throw new RemoteError(
    service,
    "url",
    `"${url}" is not an http(s) address; give for example ${example}`,
  );
}

/** An environment variable, where reading it is permitted; never asks. */
export function keyFromEnvironment(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}

/**
 * Maps with at most `limit` calls under way; results in the order of the items.
 * After a failure no new call begins, and the calls under way are awaited: what
 * follows the error is alone on the line.
 */
export async function inFlight<T, R>(
  items: readonly T[],
  limit: number,
  call: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const failures: unknown[] = [];
  const worker = async () => {
    while (next < items.length && failures.length === 0) {
      const i = next++;
      try {
        results[i] = await call(items[i]);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}

/** Whether a failed fetch certainly never reached the server (Deno names the phase). */
function neverConnected(cause: string): boolean {
  return /\(Connect\)|connection refused|dns error/i.test(cause);
}
