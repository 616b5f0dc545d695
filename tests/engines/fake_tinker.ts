/**
 * A Tinker server that lies, drops lines and forgets, on request. Its "model"
 * is a count of optimiser steps and a sum of gradients, so a test can see
 * whether something was carried out once, twice or never.
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { JsonObject } from "../../lib/engines/http.ts";
import { readBytes, readFields } from "../../lib/engines/tinker/protobuf.ts";

/** What goes wrong with the next call of an endpoint. */
export type Fault =
  /** The line breaks after the call was carried out. */
  | "drop-after"
  /** The line breaks and the call is not carried out. */
  | "drop-before"
  /** The server restarts: every model is gone, saved states stay. */
  | "restart"
  | { status: number; body: string };

interface FakeModel {
  steps: number;
  /** Advantages × weights summed over everything accumulated since the last step. */
  gradient: number;
  sequences: number;
  updates: number[];
}

export class FakeTinker implements AsyncDisposable {
  readonly url: string;
  /** Endpoints in the order they were called. */
  readonly calls: string[] = [];
  readonly headers: Headers[] = [];
  readonly bodies: JsonObject[] = [];
  readonly models = new Map<string, FakeModel>();
  /** Whether gradients are divided by tokens and sequences, as SkyRL's JAX backend does. */
  divides = false;
  /** Whether model passes are taken and answered as protobuf alone, as SkyRL 0.4.0 does. */
  protobufOnly = false;
  /** Log-probabilities of the next forward_backward, if not the model's own. */
  nextLogProb: number | undefined;
  /** The gradient norm that the next optim_step reports, as JSON. */
  nextNorm: string | undefined;
  #saved = new Map<string, FakeModel>();
  #faults = new Map<string, Fault[]>();
  #futures: JsonObject[] = [];
  #operations: string[] = [];
  #created = 0;
  #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(port = 0) {
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port,
      onListen: () => {},
    }, (request) => this.#answer(request));
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /**
   * Makes the next calls of `endpoint` go wrong, in this order. "result of
   * optim_step" stands for polling for that call's result.
   */
  fail(endpoint: string, ...faults: Fault[]): void {
    this.#faults.set(endpoint, [
      ...this.#faults.get(endpoint) ?? [],
      ...faults,
    ]);
  }

  /** The model made last: the one a client now works with. */
  get current(): FakeModel {
    return [...this.models.values()].at(-1)!;
  }

  /** The form of a call's body: "json" or "x-protobuf". */
  form(call: number): string | undefined {
    return this.headers[call].get("content-type")?.split("/")[1];
  }

  count(endpoint: string): number {
    return this.calls.filter((call) => call === endpoint).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const endpoint = new URL(request.url).pathname.replace("/api/v1/", "");
    const body = await bodyOf(request);
    this.calls.push(endpoint);
    this.headers.push(request.headers);
    this.bodies.push(body);
    const fault = this.#faults.get(endpoint)?.shift() ??
      this.#faults.get(`result of ${this.#operationOf(body)}`)?.shift();
    if (fault === "drop-before") return brokenLine();
    if (fault === "restart") this.models.clear();
    if (typeof fault === "object") {
      return new Response(fault.body, { status: fault.status });
    }
    const answer = this.#carryOut(endpoint, body);
    return fault === "drop-after" ? brokenLine() : answer;
  }

  #operationOf({ request_id }: JsonObject): string | undefined {
    return this.#operations[Number(request_id)];
  }

  #carryOut(endpoint: string, body: JsonObject): Response {
    if (endpoint === "healthz") return Response.json({ status: "ok" });
    if (endpoint === "create_session") {
      return Response.json({ session_id: "session" });
    }
    if (endpoint === "weights_info") return Response.json({});
    if (endpoint === "get_server_capabilities") {
      return Response.json({ supported_models: [{ model_name: "tiny" }] });
    }
    if (endpoint === "retrieve_future") return this.#result(body);
    if (this.protobufOnly && endpoint.startsWith("forward") && !body.bytes) {
      const detail = endpoint === "forward" ? "Not Found" : "requires protobuf";
      const status = endpoint === "forward" ? 404 : 415;
      return Response.json({ detail }, { status });
    }
    if (body.bytes) return this.#future("protobuf", {});
    if (endpoint === "create_model") {
      const model_id = `m${++this.#created}`;
      this.models.set(model_id, {
        steps: 0,
        gradient: 0,
        sequences: 0,
        updates: [],
      });
      return this.#future(endpoint, { model_id });
    }
    const model = this.models.get(String(body.model_id ?? body.model));
    if (!model && endpoint !== "asample") {
      return Response.json({ detail: "Model not found" }, { status: 404 });
    }
    return this.#future(endpoint, this.#operate(endpoint, body, model!));
  }

  #operate(
    endpoint: string,
    body: JsonObject,
    model: FakeModel,
  ): JsonObject {
    switch (endpoint) {
      case "forward":
        return this.#pass((body.forward_input as JsonObject).data, model);
      case "forward_backward": {
        const { data } = body.forward_backward_input as JsonObject;
        const answer = this.#pass(data, model);
        this.#accumulate(data as JsonObject[], model);
        return answer;
      }
      case "optim_step": {
        const norm = Math.abs(
          this.divides ? model.gradient / model.sequences : model.gradient,
        );
        model.steps++;
        model.updates.push(model.gradient);
        model.gradient = model.sequences = 0;
        return { metrics: { "skyrl.ai/grad_norm": norm } };
      }
      case "save_weights": {
        const path = `tinker://${body.model_id}/weights/${body.path}`;
        this.#saved.set(path, structuredClone({ ...model, gradient: 0 }));
        return { path };
      }
      case "load_weights":
        Object.assign(model, structuredClone(this.#saved.get(`${body.path}`)));
        return {};
      case "save_weights_for_sampler":
        return { sampling_session_id: `s${model.steps}` };
      case "unload_model":
        this.models.delete(String(body.model_id));
        return {};
      case "asample": {
        const { num_samples } = body as { num_samples: number };
        const sequence = { tokens: [5], logprobs: [-1], stop_reason: "stop" };
        return { sequences: new Array(num_samples).fill(sequence) };
      }
    }
    throw new Error(`the fake server does not know ${endpoint}`);
  }

  #pass(data: unknown, model: FakeModel): JsonObject {
    const logProb = this.nextLogProb ?? -1 - 0.1 * model.steps;
    this.nextLogProb = undefined;
    const outputs = (data as JsonObject[]).map((datum) => {
      const { length } = targets(datum);
      return { logprobs: { data: new Array(length).fill(logProb) } };
    });
    return { loss_fn_outputs: outputs, metrics: {} };
  }

  #accumulate(data: JsonObject[], model: FakeModel): void {
    for (const datum of data) {
      const inputs = datum.loss_fn_inputs as Record<string, { data: number[] }>;
      const weights = inputs.weights.data;
      const total = weights.reduce(
        (sum, weight, i) => sum + weight * (inputs.advantages?.data[i] ?? 1),
        0,
      );
      const size = weights.reduce((sum, weight) => sum + weight, 0);
      model.gradient += this.divides ? total / size : total;
      model.sequences++;
    }
  }

  #future(operation: string, result: JsonObject): Response {
    this.#operations.push(operation);
    this.#futures.push(result);
    const request_id = String(this.#futures.length - 1);
    return Response.json({ ...result, request_id });
  }

  #result(body: JsonObject): Response {
    if (this.#operationOf(body) === "protobuf") return passAnswer([-1]);
    const text = JSON.stringify(this.#futures[Number(body.request_id)]);
    if (this.nextNorm === undefined || !text.includes("grad_norm")) {
      return new Response(text);
    }
    const norm = this.nextNorm;
    this.nextNorm = undefined;
    return new Response(text.replace(/(grad_norm":)[^}]*/, `$1${norm}`));
  }
}

/** A JSON body as it is; of a protobuf body, the bytes and the model's id. */
async function bodyOf(request: Request): Promise<JsonObject> {
  if (request.method !== "POST") return {};
  if (request.headers.get("content-type")?.endsWith("json")) {
    return await request.json();
  }
  const bytes = await request.bytes();
  const [model] = readBytes(readFields(bytes), 1);
  return { bytes, model_id: new TextDecoder().decode(model) };
}

/** A ForwardBackwardOutput of one sequence with these log-probabilities. */
function passAnswer(logProbs: number[]): Response {
  const data = new Uint8Array(Float32Array.from(logProbs).buffer);
  const ends = new Uint8Array(
    BigInt64Array.from([0n, BigInt(data.length)]).buffer,
  );
  const { LengthDelimited, Varint } = WireType;
  const answer = new BinaryWriter().tag(2, LengthDelimited).fork();
  answer.tag(2, LengthDelimited).fork();
  answer.tag(1, LengthDelimited).string("logprobs");
  answer.tag(2, LengthDelimited).fork();
  answer.tag(1, LengthDelimited).bytes(data);
  answer.tag(2, LengthDelimited).bytes(ends).tag(3, Varint).int32(1);
  return new Response(answer.join().join().join().finish(), {
    headers: { "content-type": "application/x-protobuf" },
  });
}

function targets(datum: JsonObject): number[] {
  const inputs = datum.loss_fn_inputs as Record<string, { data: number[] }>;
  return inputs.target_tokens.data;
}

/** An answer whose body breaks off: the client's request was received. */
function brokenLine(): Response {
  return new Response(
    new ReadableStream({
      start: (controller) => controller.error(new Error("line cut")),
    }),
  );
}
