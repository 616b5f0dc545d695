/**
 * One line to one HTTP server that speaks JSON, with retries.
 *
 * A connection that was never made is retried for any request. A connection
 * lost after the request was sent is retried only for requests that may be
 * repeated; for the others nobody knows whether the server carried them out,
 * and they throw `UncertainError`.
 *
 * A server that asks to wait is waited for as long as it asks. Faults of this
 * side, which no waiting cures (http_faults.ts), are told at once.
 *
 * Redirects are not followed: the key in the headers is meant for the address
 * that was given and no other.
 */

import {
  faultHere,
  isUsedUp,
  neverConnected,
  proxyRemark,
  retryAfterSeconds,
} from "./http_faults.ts";
import { fromEnvironment } from "./address.ts";
import {
  excerpt,
  RemoteError,
  UncertainError,
  UnreachableError,
} from "./remote_error.ts";

/** How long to wait before giving up. All in seconds. */
export interface Patience {
  /** For a server that cannot be reached (restarting, network down). Default 120. */
  reconnectSeconds: number;
  /** For the answer to one HTTP request. Default 330. */
  requestSeconds: number;
}

/** Who hears that a server is waited for, and who may end that. */
export interface Company {
  /** Told in a sentence what is waited for, or done without. Default: `console.warn`. */
  tell?: (note: string) => void;
  /** When aborted, waiting for a server that is not there ends with its reason. */
  stop?: AbortSignal;
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

/** A wait that lasts this long is told, and told again so often, in seconds. */
const FIRST_NOTE = 2;
const NOTE_EVERY = 30;

/** An attempt that may be made again: why, and how long the server asks to wait. */
interface Retry {
  retry: string;
  after: number | null;
}

export class HttpLine {
  #service: string;
  #base: URL;
  #headers: Record<string, string>;
  #patience: Patience;
  #company: Company;
  #answered = false;
  #toldAt = -Infinity;
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
    company: Company = {},
  ) {
    this.#service = service;
    this.#base = new URL(base);
    this.#headers = { "content-type": "application/json", ...headers };
    this.#company = company;
    this.#patience = {
      reconnectSeconds: patience.reconnectSeconds ?? 120,
      requestSeconds: patience.requestSeconds ?? 330,
    };
  }

  /**
   * One request, retried while the server cannot be reached or says it is busy,
   * at the pace that it asks for. A fault of this side, a redirect, an account
   * that is used up and an answer that takes too long are told at once. `signal`
   * ends the request and the waiting.
   */
  async exchange(request: HttpRequest, signal?: AbortSignal): Promise<Answer> {
    const limit = this.#patience.reconnectSeconds;
    const started = performance.now();
    let pause = FIRST_PAUSE;
    for (;;) {
      const answer = await this.#attempt(request, signal);
      if (!("retry" in answer)) return answer;
      signal?.throwIfAborted();
      this.#company.stop?.throwIfAborted();
      const wait = Math.max(pause, answer.after ?? 0);
      const waited = (performance.now() - started) / 1000;
      if (waited + wait > limit) throw this.#unreachable(request, answer);
      this.#tellOfWait(answer.retry, waited, limit);
      await this.pause(wait, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  #unreachable(request: HttpRequest, { retry, after }: Retry): RemoteError {
    const limit = this.#patience.reconnectSeconds;
    const asks = after === null ? "" : `; it asks to wait ${after} s`;
    return new UnreachableError(
      this.#service,
      request.operation ?? request.endpoint,
      `${retry} (tried for ${limit} s at ${this.#base}${asks}). Is the server running, ` +
        "and is the url right? reconnectSeconds (--reconnect-seconds) sets how long to " +
        `wait.${proxyRemark(this.#base, fromEnvironment)}`,
    );
  }

  /** Many requests wait together: one of them speaks. */
  #tellOfWait(why: string, waited: number, limit: number): void {
    const now = performance.now() / 1000;
    if (waited < FIRST_NOTE || now - this.#toldAt < NOTE_EVERY) return;
    this.#toldAt = now;
    (this.#company.tell ?? console.warn)(
      `waiting for ${this.#base} (${why}), ${
        Math.ceil(limit - waited)
      } s more` +
        proxyRemark(this.#base, fromEnvironment).replace(/^ /, ". "),
    );
  }

  /** Waits, or returns at once when the line is closed or the wait is given up. */
  pause(seconds: number, given?: AbortSignal): Promise<void> {
    const signal = AbortSignal.any(
      [this.#closing.signal, given, this.#company.stop].filter((one) =>
        one !== undefined
      ),
    );
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

  async #attempt(
    request: HttpRequest,
    given?: AbortSignal,
  ): Promise<Answer | Retry> {
    const { endpoint, body, repeatable } = request;
    const limit = new AbortController();
    const timer = setTimeout(
      () => limit.abort(),
      this.#patience.requestSeconds * 1000,
    );
    const signals = [limit.signal, this.#closing.signal];
    let failure: Retry;
    try {
      const response = await fetch(`${this.#base}${endpoint}`, {
        method: body === undefined ? "GET" : "POST",
        headers: this.#headers,
        body: body && httpBody(JSON.stringify(body), repeatable),
        redirect: "manual",
        client: this.#client,
        signal: AbortSignal.any(given ? [...signals, given] : signals),
      });
      this.#answered = true;
      const answer = await this.#readAnswer(response);
      if (!("retry" in answer)) return answer;
      // 429 and 503 are refusals: the request was not taken on.
      if ([429, 503].includes(response.status)) return answer;
      failure = answer;
    } catch (error) {
      if (this.#closing.signal.aborted) {
        throw new RemoteError(this.#service, endpoint, "the engine was closed");
      }
      given?.throwIfAborted();
      const cause = limit.signal.aborted
        ? `no answer within ${this.#patience.requestSeconds} s`
        : error instanceof Error
        ? error.message
        : String(error);
      this.#throwIfFinal(request, cause, limit.signal.aborted);
      failure = { retry: cause, after: null };
      if (neverConnected(cause)) return failure;
    } finally {
      clearTimeout(timer);
    }
    if (repeatable) return failure;
    throw new UncertainError(
      this.#service,
      endpoint,
      `the connection was lost after the request was sent (${failure.retry}); ` +
        "whether it was carried out is unknown",
    );
  }

  /** A complete answer, or the wait that a busy server asks for. */
  async #readAnswer(response: Response): Promise<Answer | Retry> {
    const text = await response.text();
    const { status, headers } = response;
    const elsewhere = headers.get("location");
    if (status >= 300 && status < 400 && elsewhere !== null) {
      const cure =
        `the server sends elsewhere, to ${elsewhere}. Redirects are ` +
        "not followed, because the key is meant for the address that was given: give " +
        "the new one";
      return { status, text: JSON.stringify(cure) };
    }
    if (![429, 502, 503, 504].includes(status) || isUsedUp(text)) {
      return { status, text };
    }
    const said = text.trim() === "" ? "" : `: ${excerpt(text.trim())}`;
    return {
      retry: `the server is busy (HTTP ${status}${said})`,
      after: retryAfterSeconds(headers.get("retry-after"), Date.now()),
    };
  }

  /** What waiting cannot cure ends here. A name that was found once may be gone for a while. */
  #throwIfFinal(
    { endpoint, operation = endpoint, repeatable }: HttpRequest,
    cause: string,
    late: boolean,
  ): void {
    const known = this.#answered && neverConnected(cause);
    const cure = late
      ? repeatable &&
        "a slow server needs a longer limit: requestSeconds (--request-seconds)"
      : !known && (faultHere(cause, this.#base) ??
        (neverConnected(cause) && proxyRemark(this.#base, fromEnvironment)));
    if (!cure) return;
    throw new RemoteError(this.#service, operation, `${cure} (${cause})`);
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
