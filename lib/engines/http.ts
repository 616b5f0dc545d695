/**
 * A connection to one HTTP server that speaks JSON or protobuf, with retries.
 *
 * If no connection can be made, any request is retried. If the connection is lost after
 * the request was sent, only repeatable requests are retried. The server may have
 * carried out the others, so they throw `UncertainError`.
 *
 * A busy server sets the pause before the next try. Faults of this machine or of the
 * address (http_faults.ts) throw at once, because no waiting cures them.
 *
 * Redirects are not followed: the key in the headers belongs to the given address only.
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
  inVain,
  longestWait,
  type Patience,
  RECONNECT_SECONDS,
} from "./waiting.ts";
import {
  excerpt,
  RemoteError,
  UncertainError,
  UnreachableError,
} from "./remote_error.ts";

/** The callback for notes on a slow server, and the signal that ends the waiting. */
export interface Company {
  /** Receives a sentence on a wait or on a refused field. Default: `console.warn`. */
  tell?: (note: string) => void;
  /** Ends, when aborted, the wait for an absent server, with the signal's reason. */
  stop?: AbortSignal;
}

/** A JSON object as received, with unchecked fields. */
export type JsonObject = Record<string, unknown>;

/** A complete HTTP answer. */
export interface Answer {
  status: number;
  /** The body, or an empty text where the body is protobuf. */
  text: string;
  /** The body where it is protobuf. */
  protobuf?: Uint8Array;
}

/** An HTTP request. */
export interface HttpRequest {
  endpoint: string;
  /** Name of the operation in errors; default: the endpoint. A poll names the operation it waits for. */
  operation?: string;
  /** Body, sent by POST as JSON, or as protobuf if it is bytes; without a body the request is a GET. */
  body?: JsonObject | Uint8Array;
  /** Whether the server may receive the request twice without harm. */
  repeatable: boolean;
}

const PROTOBUF = "application/x-protobuf";

/** First pause between tries and the longest one, in seconds; each try doubles it. */
const FIRST_PAUSE = 0.1;
const LONGEST_PAUSE = 5;

/** Seconds of waiting after which the first note is given, and between later notes. */
const FIRST_NOTE = 2;
const NOTE_EVERY = 30;

/** A failed attempt that may be repeated: the reason, and the seconds that the server asks to wait. */
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

  /** Makes a connection. `base` is the address before the endpoints, with its last slash. */
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
      reconnectSeconds: patience.reconnectSeconds ?? RECONNECT_SECONDS,
      requestSeconds: patience.requestSeconds ?? 330,
    };
  }

  /**
   * Sends a request and returns the answer. Retries while the server is busy or cannot
   * be reached. Throws `RemoteError` at once on a fault of this machine, a redirect, a
   * used-up account and an answer that takes too long. `signal` ends request and wait.
   */
  async exchange(request: HttpRequest, signal?: AbortSignal): Promise<Answer> {
    const started = performance.now();
    let pause = FIRST_PAUSE;
    for (;;) {
      const answer = await this.#attempt(request, signal);
      if (!("retry" in answer)) return answer;
      signal?.throwIfAborted();
      this.#company.stop?.throwIfAborted();
      const wait = Math.max(pause, answer.after ?? 0);
      const waited = (performance.now() - started) / 1000;
      const limit = longestWait(this.#patience, this.#answered);
      if (waited + wait > limit) {
        throw this.#unreachable(request, answer, limit);
      }
      this.#tellOfWait(answer.retry, waited, limit);
      await this.pause(wait, signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }
  }

  #unreachable(
    request: HttpRequest,
    { retry, after }: Retry,
    limit: number,
  ): RemoteError {
    const asks = after === null ? "" : `; it asks to wait ${after} s`;
    return new UnreachableError(
      this.#service,
      request.operation ?? request.endpoint,
      inVain(`${retry}${asks}`, this.#base, limit, this.#answered),
    );
  }

  /** Notes the wait, once for all requests that wait together. */
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

  /** Waits, but returns at once when the connection is closed or `given` is aborted. */
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

  /** Ends every wait. Later requests throw. */
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
        headers: body instanceof Uint8Array
          ? { ...this.#headers, "content-type": PROTOBUF }
          : this.#headers,
        body: body && httpBody(body, repeatable),
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

  /** Returns a complete answer, or the wait that a busy server asks for. */
  async #readAnswer(response: Response): Promise<Answer | Retry> {
    const { status, headers } = response;
    if (headers.get("content-type")?.startsWith(PROTOBUF)) {
      return { status, text: "", protobuf: await response.bytes() };
    }
    const text = await response.text();
    const elsewhere = headers.get("location");
    if (status >= 300 && status < 400 && elsewhere !== null) {
      const cure = `the server redirects to ${elsewhere}. Redirects are not ` +
        "followed, because the key belongs to the given address only: give " +
        "the new address";
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

  /** Throws on faults that no waiting cures. A host name that was found before may return. */
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
function httpBody(
  body: JsonObject | Uint8Array,
  repeatable: boolean,
): BodyInit {
  const part = body instanceof Uint8Array
    ? new Uint8Array(body)
    : JSON.stringify(body);
  return repeatable ? part : new Blob([part]).stream();
}
