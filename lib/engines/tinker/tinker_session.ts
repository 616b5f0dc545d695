/**
 * One model on a Tinker server: the API's calls as typed methods.
 *
 * A session is a lease kept alive by a heartbeat; a model is a LoRA adapter and
 * its optimiser inside that session. This file holds the order and the names of the
 * calls. The engine recovers from failures.
 *
 * Left out: full fine-tuning, critics, images, sampling straight from a base
 * model.
 */
import { derivedSeed } from "../../random.ts";
import type {
  OptimiserConfig,
  Sample,
  SampleRequest,
  SamplingOptions,
} from "../../method/engine.ts";
import type { JsonObject } from "../http.ts";
import {
  malformed,
  textField,
  type TinkerConnection,
  TinkerFormError,
} from "./tinker_http.ts";
import {
  modelPassMessage,
  type WireDatum,
  type WireObjective,
} from "./tinker_messages.ts";
import { encodedText, numberOf } from "./tinker_objective.ts";

/** The official client beats every 10 s; SkyRL reclaims a session after 300 s of silence. */
const HEARTBEAT_SECONDS = 10;

/** The config of an adapter. */
export interface AdapterConfig {
  /** The name or folder of the model with which the server was started. */
  baseModel: string;
  loraRank: number;
  /** Seed of the adapter's initial weights. */
  seed: number;
}

/** A model on the server, and the session that keeps it. */
export class TinkerSession {
  #connection: TinkerConnection;
  #session: string;
  #model: string;
  #heartbeat: ReturnType<typeof setInterval>;
  #beating = false;
  #sequence = 0;
  #samplers = 0;
  #saves = 0;
  /** Whether the server takes model passes as protobuf alone, which its first refusal tells. */
  #protobuf = false;

  private constructor(
    connection: TinkerConnection,
    session: string,
    model: string,
    heartbeatSeconds: number,
  ) {
    this.#connection = connection;
    this.#session = session;
    this.#model = model;
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatSeconds * 1000);
    Deno.unrefTimer(this.#heartbeat);
  }

  /** Opens a session and makes a fresh adapter in it. */
  static async create(
    connection: TinkerConnection,
    adapter: AdapterConfig,
    heartbeatSeconds: number = HEARTBEAT_SECONDS,
  ): Promise<TinkerSession> {
    const opened = await connection.postRepeatable("create_session", {
      tags: ["absolute-zero"],
      sdk_version: "deno",
    });
    const session = textField("create_session", opened, "session_id");
    const reply = await connection.postOnce("create_model", {
      session_id: session,
      base_model: adapter.baseModel,
      lora_config: { rank: adapter.loraRank, seed: adapter.seed },
    });
    const model = textField("create_model", reply, "model_id");
    await connection.result("create_model", reply);
    return new TinkerSession(connection, session, model, heartbeatSeconds);
  }

  /** Accumulates gradients; the answer holds each sequence's log-probabilities. */
  forwardBackward(
    data: WireDatum[],
    objective: WireObjective,
  ): Promise<JsonObject> {
    return this.#eitherForm(() =>
      this.#protobuf
        ? this.#passMessage(data, objective, false)
        : this.#operate("forward_backward", {
          forward_backward_input: { data, ...objective },
        })
    );
  }

  /** Computes log-probabilities without gradients. */
  forward(data: WireDatum[]): Promise<JsonObject> {
    const objective = { loss_fn: "cross_entropy" } as const;
    return this.#eitherForm(async () => {
      if (this.#protobuf) return this.#passMessage(data, objective, true);
      const reply = await this.#connection.postRepeatable("forward", {
        model_id: this.#model,
        seq_id: ++this.#sequence,
        forward_input: { data, ...objective },
      });
      return await this.#connection.result("forward", reply);
    });
  }

  /** Runs a pass as JSON, and as protobuf from the first time that the server refuses JSON. */
  async #eitherForm(pass: () => Promise<JsonObject>): Promise<JsonObject> {
    try {
      return await pass();
    } catch (error) {
      if (this.#protobuf || !(error instanceof TinkerFormError)) throw error;
      this.#protobuf = true;
      return await pass();
    }
  }

  async #passMessage(
    data: WireDatum[],
    objective: WireObjective,
    forwardOnly: boolean,
  ): Promise<JsonObject> {
    const message = modelPassMessage({
      ...{ model_id: this.#model, seq_id: ++this.#sequence },
      ...{ data, ...objective, forwardOnly },
    });
    const operation = forwardOnly ? "forward" : "forward_backward";
    const reply = forwardOnly
      ? await this.#connection.postRepeatable("forward_backward", message)
      : await this.#connection.postOnce("forward_backward", message);
    return await this.#connection.result(operation, reply);
  }

  /**
   * Applies the accumulated gradients. `grad_clip_norm` is part of the API, but
   * SkyRL 0.4.0 ignores it and does not clip.
   */
  async optimiserStep(optimiser: OptimiserConfig): Promise<JsonObject> {
    const { maxGradientNorm } = optimiser;
    const result = await this.#operate("optim_step", {
      adam_params: {
        learning_rate: optimiser.learningRate,
        beta1: optimiser.beta1,
        beta2: optimiser.beta2,
        eps: optimiser.epsilon,
        weight_decay: optimiser.weightDecay,
        grad_clip_norm: Number.isFinite(maxGradientNorm) ? maxGradientNorm : 0,
      },
    });
    return (result.metrics ?? {}) as JsonObject;
  }

  /** Writes weights and optimiser on the server; returns their `tinker://` path. */
  async saveWeights(): Promise<string> {
    const result = await this.#operate("save_weights", {
      path: `state-${++this.#saves}`,
    });
    return textField("save_weights", result, "path");
  }

  /** Reads weights and optimiser back. Servers allow it only on a fresh model. */
  async loadWeights(path: string): Promise<void> {
    await this.#operate("load_weights", { path, optimizer: true });
  }

  /** Copies the weights to the sampler; returns the sampling session's name. */
  async publishToSampler(): Promise<string> {
    const result = await this.#operate("save_weights_for_sampler", {
      sampling_session_seq_id: ++this.#samplers,
    });
    return textField(
      "save_weights_for_sampler",
      result,
      "sampling_session_id",
    );
  }

  /**
   * Continues one prompt. Servers seed sample i of a request with seed + i, so
   * neighbouring seeds would share samples: the seed is hashed first, to 31 bits
   * (SkyRL refuses more).
   */
  async sample(
    sampler: string,
    request: SampleRequest,
    options: SamplingOptions,
    stop: readonly (number | string)[],
  ): Promise<Sample[]> {
    const reply = await this.#connection.postRepeatable("asample", {
      num_samples: request.count,
      prompt: encodedText(request.promptTokens),
      sampling_params: {
        max_tokens: request.maxNewTokens,
        seed: derivedSeed(request.seed, "tinker") >>> 2,
        temperature: options.temperature,
        top_p: options.topP ?? 1,
        top_k: options.topK ?? -1,
        ...(stop.length > 0 && { stop }),
      },
      sampling_session_id: sampler,
      seq_id: ++this.#sequence,
    });
    const result = await this.#connection.result("asample", reply);
    return readSamples(result, request.count);
  }

  /** Stops the heartbeat. The server ends the session after 300 s. */
  abandon(): void {
    clearInterval(this.#heartbeat);
  }

  /** Frees the adapter on the server. A failure is harmless: the session ends by itself. */
  async unload(): Promise<void> {
    this.abandon();
    try {
      const reply = await this.#connection.postOnce("unload_model", {
        model_id: this.#model,
      });
      await this.#connection.result("unload_model", reply);
    } catch { /* The server is gone or has already let go of the model. */ }
  }

  async #operate(endpoint: string, body: JsonObject): Promise<JsonObject> {
    const reply = await this.#connection.postOnce(endpoint, {
      model_id: this.#model,
      seq_id: ++this.#sequence,
      ...body,
    });
    return await this.#connection.result(endpoint, reply);
  }

  async #beat(): Promise<void> {
    if (this.#beating) return; // The last beat still waits for a lost server.
    this.#beating = true;
    try {
      await this.#connection.postRepeatable("session_heartbeat", {
        session_id: this.#session,
      });
    } catch {
      /* A lost server shows itself at the next call, which can act on it. */
    } finally {
      this.#beating = false;
    }
  }
}

function readSamples(result: JsonObject, count: number): Sample[] {
  const { sequences } = result;
  if (!Array.isArray(sequences) || sequences.length !== count) {
    throw malformed("asample", "sequences", `a list of ${count}`, sequences);
  }
  return sequences.map((sequence, i) => {
    const { tokens, logprobs, stop_reason } = sequence ?? {};
    if (
      !Array.isArray(tokens) || !Array.isArray(logprobs) ||
      tokens.length !== logprobs.length
    ) {
      throw malformed(
        "asample",
        `sequences[${i}]`,
        "tokens and as many logprobs",
        sequence,
      );
    }
    return {
      tokens: tokens.map(Number),
      logProbs: logprobs.map(numberOf),
      finish: stop_reason === "stop" ? "stop" : "length",
    };
  });
}
