/**
 * The server of an environment: HTTP on 127.0.0.1, a token for all but `/health`,
 * bounded bodies, bounded waiting and bounded patience.
 */

import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers";
import { SandboxStartError } from "../sandbox/mod.ts";
import type { Environment } from "./environment.ts";
import { Busy, Gate } from "./gate.ts";
import { SERVICE_LIMITS, type ServiceLimits } from "./limits.ts";
import { ServerMetrics, withLabels } from "./metrics.ts";
import { remoteRewards } from "./openrlhf.ts";
import {
  answerRows,
  namesOf,
  parseBody,
  promptRequest,
  proposalRows,
} from "./requests.ts";
import { Patience } from "./patience.ts";
import { RequestError } from "./rows.ts";

/** The options of a server. */
interface ServiceOptions {
  environment: Environment;
  /** What a client has to send as `Authorization: Bearer TOKEN`. */
  token: string;
  /** 0 takes a free one. */
  port: number;
  limits?: Partial<ServiceLimits>;
}

/** A server that runs. */
interface Service extends AsyncDisposable {
  url: string;
}

/** An answer: a status with a JSON value or a text. */
interface Answer {
  status: number;
  body: unknown;
  retryAfter?: number;
}

/** Starts the server. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const limits = { ...SERVICE_LIMITS, ...options.limits };
  const handler = new Handler(options, limits);
  // The server's own time limits also end requests that wait for their answers.
  const server = createServer(
    { headersTimeout: 0, requestTimeout: 0, maxHeaderSize: 16_384 },
    (request, response) => void handler.handle(request, response),
  );
  const patience = new Patience(limits);
  server.on("connection", (socket) => patience.begin(socket));
  server.on("request", (request, response) => {
    patience.headCame(request, response);
  });
  server.maxConnections = limits.connections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => closed(server),
  };
}

function closed(server: Server): Promise<void> {
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), 2000).unref();
  return done;
}

class Handler {
  readonly #environment: Environment;
  readonly #token: Uint8Array;
  readonly #limits: ServiceLimits;
  readonly #metrics = new ServerMetrics();
  readonly #waiting: Gate;
  readonly #held: Gate;
  readonly #begun = performance.now();
  readonly #posts: Record<
    string,
    (body: Record<string, unknown>) => Promise<unknown>
  > = {
    "/prompts": (body) => this.#prompts(body),
    "/proposals": (body) => this.#proposals(body),
    "/answers": (body) => this.#answers(body),
    "/verdicts": (body) => this.#verdicts(body),
    "/get_reward": (body) => this.#remoteRewards(body),
  };

  constructor(
    { environment, token }: ServiceOptions,
    limits: ServiceLimits,
  ) {
    this.#environment = environment;
    this.#token = digest(token);
    this.#limits = limits;
    this.#waiting = new Gate(limits.waiting, "proposals and answers");
    this.#held = new Gate(limits.heldBytes, "bytes of bodies");
  }

  async handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    // A connection that breaks while it is answered is the client's loss alone.
    request.on("error", () => {});
    response.on("error", () => {});
    const path = (request.url ?? "").split("?")[0];
    const answer = await this.#answer(request, path).catch(answerToError);
    const known = Object.hasOwn(this.#posts, path) ||
      ["/health", "/metrics"].includes(path);
    this.#metrics.count("azr_requests_total", {
      path: known ? path : "other",
      status: `${answer.status}`,
    });
    send(response, answer, !request.complete);
  }

  async #answer(request: IncomingMessage, path: string): Promise<Answer> {
    const { method } = request;
    if (method === "GET" && path === "/health") {
      return { status: 200, body: { status: "ok" } };
    }
    if (!this.#mayEnter(request)) {
      return refusal(401, "send the header Authorization: Bearer TOKEN");
    }
    if (method === "GET" && path === "/metrics") {
      return { status: 200, body: this.#metrics.text(this.#gauges()) };
    }
    const post = Object.hasOwn(this.#posts, path) ? this.#posts[path] : null;
    if (post === null) {
      const paths = ["GET /health", "GET /metrics"].concat(
        Object.keys(this.#posts).map((name) => `POST ${name}`),
      );
      return refusal(404, `there is no ${path}, only ${paths.join(", ")}`);
    }
    if (method !== "POST") return refusal(405, `${path} takes POST`);
    const text = await this.#body(request);
    return { status: 200, body: await post(parseBody(text)) };
  }

  /** Compares digests, which takes equally long whatever was sent. */
  #mayEnter(request: IncomingMessage): boolean {
    const { authorization = "" } = request.headers;
    return timingSafeEqual(digest(tokenIn(authorization)), this.#token);
  }

  /** Reads a body. A byte counts as held when it has come, so that slow clients hold little. */
  async #body(request: IncomingMessage): Promise<string> {
    const { bodyBytes } = this.#limits;
    const tooLarge = () => new TooLarge(`a body may have ${bodyBytes} bytes`);
    if (Number(request.headers["content-length"] ?? 0) > bodyBytes) {
      throw tooLarge();
    }
    using held = new DisposableStack();
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of request) {
      bytes += chunk.length;
      if (bytes > bodyBytes) throw tooLarge();
      held.use(this.#held.take(chunk.length));
      chunks.push(chunk);
    }
    return new TextDecoder().decode(Buffer.concat(chunks));
  }

  async #prompts(body: Record<string, unknown>) {
    const { modes } = this.#environment.setting.config;
    const { role, count, mode } = promptRequest(body, modes);
    return { prompts: await this.#environment.prompts(role, count, mode) };
  }

  async #proposals(body: Record<string, unknown>) {
    const rows = proposalRows(body, this.#environment.setting.config.modes);
    using _places = this.#waiting.take(rows.length);
    const verdicts = await this.#environment.judge(rows);
    for (const { status } of verdicts) {
      this.#metrics.count("azr_verdicts_total", { status });
    }
    return { verdicts };
  }

  async #answers(body: Record<string, unknown>) {
    const rows = answerRows(body);
    using _places = this.#waiting.take(rows.length);
    const rewards = await this.#environment.grade(rows);
    for (const { grade } of rewards) {
      this.#metrics.count("azr_grades_total", { grade });
    }
    return { rewards };
  }

  // deno-lint-ignore require-await -- an error has to reject, as the others' do
  async #verdicts(body: Record<string, unknown>) {
    const ids = namesOf(body, "ids");
    return { verdicts: this.#environment.verdicts(ids) };
  }

  async #remoteRewards(body: Record<string, unknown>) {
    const { query } = body;
    using _places = this.#waiting.take(Array.isArray(query) ? query.length : 0);
    return await remoteRewards(this.#environment, body);
  }

  #gauges(): Record<string, number> {
    const { state, setting, journalBytes } = this.#environment;
    const sizes = Object.entries(state.buffers.sizes()).map(([mode, size]) =>
      [withLabels("azr_buffer_tasks", { mode }), size] as const
    );
    return {
      ...Object.fromEntries(sizes),
      azr_waiting: this.#waiting.taken,
      azr_held_bytes: this.#held.taken,
      azr_sandbox_restarts: setting.executor.restarts,
      azr_journal_bytes: journalBytes,
      azr_uptime_seconds: Math.round((performance.now() - this.#begun) / 1000),
    };
  }
}

/** Returns the token of a header: `Bearer TOKEN`, or the password of `Basic`, which OpenRLHF's address `http://NAME:TOKEN@…` becomes. */
function tokenIn(authorization: string): string {
  const [, basic] = /^Basic (.*)$/.exec(authorization) ?? [];
  return basic === undefined
    ? authorization.replace(/^Bearer /, "")
    : Buffer.from(basic, "base64").toString().replace(/^[^:]*:/, "");
}

class TooLarge extends Error {}

/** Seconds after which a request whose sandbox did not start is sent again. */
const RESTART_SECONDS = 5;

const refusal = (status: number, error: string): Answer => ({
  status,
  body: { error },
});

function answerToError(error: unknown): Answer {
  const { message } = error as Error;
  if (error instanceof RequestError) return refusal(400, message);
  if (error instanceof TooLarge) return refusal(413, message);
  if (error instanceof Busy) {
    return { ...refusal(503, message), retryAfter: error.seconds };
  }
  if (error instanceof SandboxStartError) {
    console.error(error);
    return { ...refusal(503, message), retryAfter: RESTART_SECONDS };
  }
  if ((error as { code?: string }).code === "ECONNRESET") {
    return refusal(400, "the request was broken off");
  }
  console.error(error);
  return refusal(500, `the environment failed: ${message}`);
}

/** Sends an answer. A request that was not read to its end takes the connection along. */
function send(
  response: ServerResponse,
  { status, body, retryAfter }: Answer,
  close: boolean,
): void {
  const isText = typeof body === "string";
  response.writeHead(status, {
    "content-type": isText ? "text/plain; version=0.0.4" : "application/json",
    ...(retryAfter !== undefined && { "retry-after": `${retryAfter}` }),
    ...(close && { connection: "close" }),
  });
  response.end(isText ? body : JSON.stringify(body));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
