/**
 * The protocol of a Tinker server: JSON or protobuf, and futures that are long-polled.
 *
 * Every heavy call answers at once with a `request_id`. `retrieve_future` fetches the
 * result. The server holds that request open for up to five minutes and then answers
 * 408, "ask again".
 *
 * Results come as JSON (SkyRL 0.3.0) or as protobuf (SkyRL 0.4.0); the content type of
 * each answer says which.
 *
 * Left out: compressed bodies, telemetry and billing calls.
 */
import { serverAddress } from "../address.ts";
import {
  type Answer,
  type Company,
  HttpLine,
  type JsonObject,
} from "../http.ts";
import type { Patience } from "../waiting.ts";
import { excerpt, RemoteError } from "../remote_error.ts";
import { readResult } from "./tinker_messages.ts";

/** The error of a Tinker call. The message names the endpoint, the field and the cure. */
export class TinkerError extends RemoteError {
  override name = "TinkerError";
  constructor(endpoint: string, message: string) {
    super("Tinker", endpoint, message);
  }
}

/** The error of a server that no longer holds our model, because it restarted or ended the session. */
export class TinkerModelLostError extends TinkerError {
  override name = "TinkerModelLostError";
}

/** The error of a server that takes model passes as protobuf alone. Nothing was carried out. */
export class TinkerFormError extends TinkerError {
  override name = "TinkerFormError";
}

/** The limits on waiting, in seconds. `requestSeconds` must exceed the server's long poll (300 s). */
export interface TinkerPatience extends Patience {
  /** Longest wait for the result of one operation, over all its long polls. Default 3600. */
  operationSeconds: number;
}

/** A connection to one server, without the state of a session or a model. */
export class TinkerConnection {
  #line: HttpLine;
  #operationSeconds: number;

  /** Makes a connection. `url` may end with `/api/v1` or not. The key is sent as `X-API-Key`. */
  constructor(
    url: string,
    apiKey: string | undefined,
    patience: Partial<TinkerPatience> = {},
    company: Company = {},
  ) {
    const key: Record<string, string> = apiKey ? { "x-api-key": apiKey } : {};
    this.#line = new HttpLine(
      "Tinker",
      apiAddress(url),
      key,
      patience,
      company,
    );
    this.#operationSeconds = patience.operationSeconds ?? 3600;
  }

  /** Posts a body that the server may safely receive twice. */
  postRepeatable(
    endpoint: string,
    body: JsonObject | Uint8Array,
  ): Promise<JsonObject> {
    return this.#send(endpoint, body, true);
  }

  /** Posts a body that must not be carried out twice. Throws `UncertainError`. */
  postOnce(
    endpoint: string,
    body: JsonObject | Uint8Array,
  ): Promise<JsonObject> {
    return this.#send(endpoint, body, false);
  }

  get(endpoint: string): Promise<JsonObject> {
    return this.#send(endpoint, undefined, true);
  }

  /** Waits for the result of `reply`, an answer with a `request_id`. */
  async result(endpoint: string, reply: JsonObject): Promise<JsonObject> {
    const request_id = textField(endpoint, reply, "request_id");
    const limit = this.#operationSeconds;
    const deadline = performance.now() + limit * 1000;
    let pause = 0.1;
    while (performance.now() < deadline) {
      const asked = performance.now();
      const answer = await this.#poll(endpoint, request_id);
      if (answer !== "wait") return answer;
      // A server that holds the line open needs no pause from us.
      if (performance.now() - asked < 1000) await this.#line.pause(pause);
      pause = Math.min(pause * 2, 1);
    }
    throw new TinkerError(
      endpoint,
      `no result after ${limit} s. The server accepts requests but does not finish them: ` +
        "read its log, or raise patience.operationSeconds (--request-seconds) if the model is large",
    );
  }

  /** Waits until the server is healthy, at most `reconnectSeconds`. */
  async waitUntilHealthy(): Promise<void> {
    await this.get("healthz");
  }

  /** Ends every wait. Later calls throw. */
  close(): void {
    this.#line.close();
  }

  async #poll(
    endpoint: string,
    request_id: string,
  ): Promise<JsonObject | "wait"> {
    const answer = await this.#line.exchange({
      endpoint: "retrieve_future",
      operation: endpoint,
      body: { request_id },
      repeatable: true,
    });
    if (answer.status === 408) return "wait";
    const body = interpret(endpoint, answer);
    if (body.type === "try_again") return "wait";
    // The hosted service reports a failed operation as a result with a category.
    if (typeof body.error === "string" && "category" in body) {
      throw failure(endpoint, 400, body.error);
    }
    return body;
  }

  async #send(
    endpoint: string,
    body: JsonObject | Uint8Array | undefined,
    repeatable: boolean,
  ): Promise<JsonObject> {
    const answer = await this.#line.exchange({ endpoint, body, repeatable });
    return interpret(endpoint, answer);
  }
}

/** Reads a text field of an answer. Throws with the field's name where it is missing. */
export function textField(
  endpoint: string,
  body: JsonObject,
  field: string,
): string {
  const value = body[field];
  if (typeof value === "string" && value !== "") return value;
  throw malformed(endpoint, field, "a text", body);
}

/** Returns the error of an answer that lacks a field of the API. */
export function malformed(
  endpoint: string,
  field: string,
  wanted: string,
  got: unknown,
): TinkerError {
  return new TinkerError(
    endpoint,
    `the answer's field "${field}" should be ${wanted}; got ${
      excerpt(JSON.stringify(got) ?? "nothing")
    }. The server may speak another version of the API`,
  );
}

function apiAddress(url: string): string {
  const parsed = serverAddress("Tinker", url, "http://127.0.0.1:8000");
  const path = parsed.pathname.replace(/\/+$/, "").replace(/\/api\/v1$/, "");
  return `${parsed.origin}${path}/api/v1/`;
}

/** Returns the JSON object of an HTTP answer, or throws the error that the answer means. */
function interpret(endpoint: string, answer: Answer): JsonObject {
  let body: unknown;
  try {
    if (answer.protobuf) return readResult(endpoint, answer.protobuf);
    body = JSON.parse(answer.text);
  } catch (error) {
    if (answer.protobuf) {
      const wanted = `protobuf (${(error as Error).message})`;
      throw malformed(endpoint, "(whole answer)", wanted, answer.protobuf);
    }
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

/** Returns the names of the wrong fields that a FastAPI 422 answer lists. */
function validationDetail(detail: unknown): string {
  if (!Array.isArray(detail)) return excerpt(JSON.stringify(detail));
  return detail.map((entry: { loc?: unknown[]; msg?: string }) =>
    `field "${entry.loc?.slice(1).join(".") ?? "?"}": ${entry.msg ?? "refused"}`
  ).join("; ");
}

/** Returns the error of a failed HTTP answer. */
function failure(
  endpoint: string,
  status: number,
  detail: string,
): TinkerError {
  if (/not loaded|(model|session|future) not found/i.test(detail)) {
    return new TinkerModelLostError(endpoint, excerpt(detail));
  }
  if (status === 401 || status === 403) {
    return new TinkerError(
      endpoint,
      `HTTP ${status}: ${
        excerpt(detail)
      }. Give the key as apiKey or in TINKER_API_KEY`,
    );
  }
  if (status === 415 || (status === 404 && endpoint === "forward")) {
    return new TinkerFormError(endpoint, `HTTP ${status}: ${excerpt(detail)}`);
  }
  if (status === 404 && detail === "Not Found") {
    return new TinkerError(
      endpoint,
      "HTTP 404: the server does not know this call. Is the url that of a Tinker server?",
    );
  }
  return new TinkerError(endpoint, `HTTP ${status}: ${excerpt(detail)}`);
}
