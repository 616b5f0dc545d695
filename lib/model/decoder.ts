/**
 * The decoder: token ids in, hidden states and logits out.
 *
 * One class for Qwen2, Qwen3, Llama and Mistral: pre-normalised blocks of grouped-query
 * attention with rotary positions and a gated feed-forward, tied or untied
 * output. Left out: sampling (sampling.ts) and losses (training.ts).
 */
import * as tf from "@tensorflow/tfjs";
import {
  attentionMask,
  plainBatch,
  type TokenBatch,
} from "./training/batch.ts";
import type { ModelConfig } from "./config.ts";
import { recordsGradients } from "./differentiable.ts";
import {
  attention,
  embed,
  linear,
  rmsNorm,
  rotate,
  swiglu,
} from "./kernels.ts";
import {
  canBePacked,
  isPacked,
  packed,
  requireBfloat16,
  sized,
  widened,
} from "./native/bfloat16.ts";
import { hiddenByBlocks } from "./native/blocks_native.ts";
import {
  hiddenByGraph,
  layersByGraph,
  recomputesByOperations,
} from "./native/layers_native.ts";
import type { Adapters } from "./lora.ts";
import type {
  NativeModel,
  Prefilled,
  RotaryFactors,
} from "./native/native_model.ts";
import { prefillByGraph } from "./native/prefill_native.ts";
import { isSmall } from "./native/small_model.ts";
import { alone, type OnLayer } from "./untaped.ts";
import { recomputed } from "./training/recompute.ts";
import {
  initialValues,
  type ParameterSpec,
  parameterSpecs,
  parameterTensor,
} from "./parameters.ts";
import { type RotaryTable, rotaryTable } from "./rope.ts";

/** Heads of N tokens: queries `[H, N, E]`, keys and values `[G, N, E]`. */
export interface Heads {
  query: tf.Tensor3D;
  key: tf.Tensor3D;
  value: tf.Tensor3D;
}

/** A language model and its weights. Dispose it when done. */
export class Decoder implements NativeModel {
  readonly config: ModelConfig;
  readonly specs: readonly ParameterSpec[];
  readonly #tensors = new Map<string, tf.Tensor>();
  #rotary: RotaryTable;
  #adapters: Adapters | null = null;
  /** Whether layers are computed twice instead of keeping their intermediates (recompute.ts). */
  recomputesLayers: boolean;
  /** Padded tokens of a micro-batch in training; 0 takes what memory allows (memory.ts). */
  microBatchTokens = 0;

  /** Makes a model that owns `tensors`, one per entry of `parameterSpecs(config)`. */
  constructor(config: ModelConfig, tensors: readonly tf.Tensor[]) {
    this.config = config;
    this.specs = parameterSpecs(config);
    this.#rotary = rotaryTable(config, 64);
    this.replaceParameters(tensors);
    this.recomputesLayers = recomputesByOperations(this);
  }

  /** Number of trained values. */
  get parameterCount(): number {
    return this.parameters().reduce(
      (sum, tensor) => sum + sized(tensor).size,
      0,
    );
  }

  /** Whether weight matrices are packed in 16 bits (native/bfloat16.ts). */
  get isNarrow(): boolean {
    return this.parameters().some(isPacked);
  }

  /** Rounds all matrices to bfloat16. From then on no graph runs. Throws without native TensorFlow. */
  narrow() {
    requireBfloat16();
    for (const { name, shape } of this.specs) {
      const tensor = this.parameter(name);
      if (canBePacked(shape) && !isPacked(tensor)) {
        this.replaceParameter(name, packed(tensor));
      }
    }
    this.recomputesLayers ||= !isSmall(this);
  }

  /** Copies a parameter's numbers, for a checkpoint. */
  async values(name: string): Promise<Float32Array> {
    const tensor = this.parameter(name);
    const wide = widened(tensor);
    const values = await wide.data() as Float32Array;
    if (wide !== tensor) wide.dispose();
    return values;
  }

  /** Returns a parameter by its name. The model still owns the tensor. */
  parameter(name: string): tf.Tensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new Error(`no parameter named "${name}"`);
    return tensor;
  }

  /** Returns all parameters, in the order of `specs`. The model still owns the tensors. */
  parameters(): tf.Tensor[] {
    return this.specs.map((spec) => this.parameter(spec.name));
  }

  /** Replaces all parameters and disposes the old ones. The model owns the new ones. */
  replaceParameters(tensors: readonly tf.Tensor[]) {
    if (tensors.length !== this.specs.length) {
      throw new Error(
        `${tensors.length} tensors given for ${this.specs.length} parameters`,
      );
    }
    this.specs.forEach((spec, index) => {
      this.#tensors.get(spec.name)?.dispose();
      this.#tensors.set(spec.name, tf.keep(tensors[index]));
    });
  }

  /** Replaces one parameter and disposes the old one. The model owns the new one. */
  replaceParameter(name: string, tensor: tf.Tensor) {
    this.parameter(name).dispose();
    this.#tensors.set(name, tf.keep(tensor));
  }

  /** The adapters, if the model is trained through them. */
  get adapters(): Adapters | null {
    return this.#adapters;
  }

  /** Freezes the weights and trains `adapters` instead, which the model owns from then on; null trains the weights. */
  attachAdapters(adapters: Adapters | null) {
    this.#adapters?.dispose();
    this.#adapters = adapters;
  }

  /** Returns the tensors that training changes. The model still owns them. */
  trainedTensors(): tf.Tensor[] {
    return this.#adapters?.tensors() ?? this.parameters();
  }

  /** Replaces trained tensors from place `first` on, and disposes the old ones. The model owns the new ones. */
  replaceTrained(tensors: readonly tf.Tensor[], first = 0) {
    if (this.#adapters !== null) this.#adapters.replace(tensors, first);
    else {
      tensors.forEach((tensor, i) =>
        this.replaceParameter(this.specs[first + i].name, tensor)
      );
    }
  }

  /** Computes the logits `[B, T, V]` of equally long token lists. */
  forward(tokens_BT: readonly (readonly number[])[]): tf.Tensor3D {
    const batch = plainBatch(tokens_BT);
    return tf.tidy(() =>
      tf.reshape(this.logits(this.hidden(batch)), [
        batch.rows,
        batch.columns,
        this.config.vocab_size,
      ])
    );
  }

  /** Computes the final hidden states `[B*T, D]`, normalised, as `logits` takes them. */
  hidden(batch: TokenBatch): tf.Tensor2D {
    if (!layersByGraph(this)) return this.hiddenByLayer(batch);
    return isSmall(this)
      ? hiddenByGraph(this, batch)
      : hiddenByBlocks(this, batch);
  }

  /** Computes `hidden` by single operations, on every backend. */
  hiddenByLayer(batch: TokenBatch): tf.Tensor2D {
    return this.#run(batch, null, null);
  }

  /**
   * Computes every layer's keys and values `[G, B, T, E]` of a plain batch, and the
   * final hidden states of the tokens at the flat indices `last`, one per row. For all
   * other tokens the last layer computes keys and values only.
   */
  prefill(batch: TokenBatch, last: readonly number[]): Prefilled {
    return layersByGraph(this)
      ? prefillByGraph(this, batch, last)
      : this.prefillByLayer(batch, last);
  }

  /** Computes `prefill` by single operations, on every backend. */
  prefillByLayer(batch: TokenBatch, last: readonly number[]): Prefilled {
    const keys: tf.Tensor4D[] = [];
    const values: tf.Tensor4D[] = [];
    const hidden = this.#run(batch, last, (key, value) => {
      keys.push(key);
      values.push(value);
    });
    return { hidden, keys, values };
  }

  /** Computes the logits `[M, V]` of normalised hidden states `[M, D]`. */
  logits(hidden_MD: tf.Tensor2D): tf.Tensor2D {
    const { weight_VD, trained } = this.outputLayer();
    return linear(hidden_MD, weight_VD, undefined, trained);
  }

  /** Returns the output layer's weight, which the model owns, and whether it is trained. */
  outputLayer(): { weight_VD: tf.Tensor2D; trained: boolean } {
    const name = this.config.tie_word_embeddings
      ? "model.embed_tokens.weight"
      : "lm_head.weight";
    const weight_VD = this.parameter(name) as tf.Tensor2D;
    return { weight_VD, trained: this.#adapters === null };
  }

  /** Looks up the embeddings `[N, D]` of N token ids. */
  embedTokens(ids_N: tf.Tensor1D): tf.Tensor2D {
    const table = this.parameter("model.embed_tokens.weight") as tf.Tensor2D;
    return embed(table, ids_N, this.#adapters === null);
  }

  /** Normalises hidden states `[N, D]` for the output layer. */
  finalNorm(x_ND: tf.Tensor2D): tf.Tensor2D {
    return this.#norm("model.norm.weight", x_ND) as tf.Tensor2D;
  }

  /** Computes the rotated queries and keys, and the values, of one layer. */
  heads(
    layer: number,
    x_ND: tf.Tensor2D,
    factors: RotaryFactors,
  ): Heads {
    const { num_attention_heads: queries, num_key_value_heads: groups } =
      this.config;
    const name = `model.layers.${layer}`;
    const normed = this.#norm(`${name}.input_layernorm.weight`, x_ND);
    const joined = this.#project(`${name}.self_attn.qkv_proj`, normed);
    const heads = tf.transpose(
      tf.reshape(joined, [-1, queries + 2 * groups, this.config.head_dim]),
      [1, 0, 2],
    );
    let [query, key, value] = tf.split(heads, [queries, groups, groups]);
    if (this.config.model_type === "qwen3") {
      query = this.#norm(`${name}.self_attn.q_norm.weight`, query);
      key = this.#norm(`${name}.self_attn.k_norm.weight`, key);
    }
    return {
      query: rotate(query as tf.Tensor3D, factors.query),
      key: rotate(key as tf.Tensor3D, factors.key),
      value: value as tf.Tensor3D,
    };
  }

  /** Finishes a layer: output projection, residual, feed-forward, residual. */
  finishLayer(
    layer: number,
    x_ND: tf.Tensor2D,
    attended_HNE: tf.Tensor,
  ): tf.Tensor2D {
    const name = `model.layers.${layer}`;
    const attended_ND = tf.reshape(tf.transpose(attended_HNE, [1, 0, 2]), [
      x_ND.shape[0],
      -1,
    ]);
    const afterAttention = tf.add(
      x_ND,
      this.#project(`${name}.self_attn.o_proj`, attended_ND),
    );
    const normed = this.#norm(
      `${name}.post_attention_layernorm.weight`,
      afterAttention,
    );
    const activated = swiglu(
      this.#project(`${name}.mlp.gate_proj`, normed),
      this.#project(`${name}.mlp.up_proj`, normed),
    );
    return tf.add(
      afterAttention,
      this.#project(`${name}.mlp.down_proj`, activated),
    );
  }

  /**
   * Returns the rotary factors of positions, from a table that grows on demand. Throws
   * where a position lies outside the context.
   */
  rotaryFactors(positions: Int32Array): RotaryFactors {
    const length = 1 +
      positions.reduce((most, position) => Math.max(most, position), 0);
    const { max_position_embeddings: context } = this.config;
    if (length > context) {
      throw new RangeError(
        `a sequence needs ${length} positions, but the model's context ` +
          `(max_position_embeddings) has ${context}; shorten prompt or response`,
      );
    }
    const { values, headWidth } = this.rotaryRows(length);
    const rows = new Float32Array(positions.length * headWidth);
    positions.forEach((position, i) => {
      const row = position * headWidth;
      rows.set(values.subarray(row, row + headWidth), i * headWidth);
    });
    return factorsOf(tf.tensor2d(rows, [positions.length, headWidth]));
  }

  /** Returns the rotary table, at least `positions` rows long. */
  rotaryRows(positions: number): RotaryTable {
    if (positions > this.#rotary.positions) {
      // Doubling keeps the number of rebuilds logarithmic.
      this.#rotary = rotaryTable(
        this.config,
        Math.max(positions, 2 * this.#rotary.positions),
      );
    }
    return this.#rotary;
  }

  dispose() {
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
    this.#adapters?.dispose();
    this.#adapters = null;
  }

  /** Runs all layers. With `last`, the last layer computes hidden states of these tokens only. */
  #run(
    batch: TokenBatch,
    last: readonly number[] | null,
    onLayer: OnLayer | null,
  ): tf.Tensor2D {
    const { rows, columns } = batch;
    const mask = attentionMask(batch);
    const mask_TT = tf.tensor(mask.values, mask.shape);
    const factors = this.rotaryFactors(batch.positions);
    let x_ND = this.embedTokens(tf.tensor1d(batch.tokens, "int32"));
    const taped = recordsGradients();
    const last_B = last === null ? null : tf.tensor1d([...last], "int32");
    for (let layer = 0; layer < this.config.num_hidden_layers; layer++) {
      const block = (
        x: tf.Tensor2D,
        [mask, query, key]: tf.Tensor[],
        seen: OnLayer,
      ) =>
        this.#layer(
          layer,
          x,
          rows,
          columns,
          mask,
          { query: query as tf.Tensor4D, key: key as tf.Tensor4D },
          seen,
          layer + 1 === this.config.num_hidden_layers ? last_B : null,
        );
      const constants = [mask_TT, factors.query, factors.key];
      x_ND = taped && this.recomputesLayers
        ? recomputed(
          (x, kept) => block(x, kept, () => {}),
          x_ND,
          this.#trainedOfLayer(layer),
          constants,
        )
        : taped
        ? block(x_ND, constants, onLayer ?? (() => {}))
        : alone((seen) => block(x_ND, constants, seen), onLayer);
    }
    return this.finalNorm(x_ND);
  }

  #layer(
    layer: number,
    x_ND: tf.Tensor2D,
    rows: number,
    columns: number,
    mask: tf.Tensor,
    factors: RotaryFactors,
    onLayer: OnLayer,
    last_B: tf.Tensor1D | null,
  ): tf.Tensor2D {
    const inRows = (x: tf.Tensor3D) =>
      tf.reshape(x, [x.shape[0], rows, columns, x.shape[2]]) as tf.Tensor4D;
    const heads = this.heads(layer, x_ND, factors);
    const key = inRows(heads.key);
    const value = inRows(heads.value);
    onLayer(key, value);
    if (last_B !== null) {
      const query_HBE = tf.gather(heads.query, last_B, 1);
      const [queries, , width] = query_HBE.shape;
      const mask_B1T = tf.reshape(
        tf.gather(mask, tf.mod(last_B, tf.scalar(columns, "int32"))),
        [rows, 1, columns],
      );
      const query = tf.reshape(query_HBE, [queries, rows, 1, width]);
      return this.finishLayer(
        layer,
        tf.gather(x_ND, last_B),
        tf.reshape(
          attention(query as tf.Tensor4D, key, value, mask_B1T),
          query_HBE.shape,
        ),
      );
    }
    const attended = attention(inRows(heads.query), key, value, mask);
    return this.finishLayer(
      layer,
      x_ND,
      tf.reshape(attended, heads.query.shape),
    );
  }

  #trainedOfLayer(layer: number): tf.Tensor[] {
    const prefix = `model.layers.${layer}.`;
    const specs = this.#adapters?.specs ?? this.specs;
    const tensors = this.trainedTensors();
    return tensors.filter((_, i) => specs[i].name.startsWith(prefix));
  }

  #norm(name: string, x: tf.Tensor): tf.Tensor {
    return rmsNorm(
      x,
      this.parameter(name) as tf.Tensor1D,
      this.config.rms_norm_eps,
      this.#adapters === null,
    );
  }

  #project(name: string, x: tf.Tensor): tf.Tensor2D {
    const product = linear(
      x as tf.Tensor2D,
      this.parameter(`${name}.weight`) as tf.Tensor2D,
      this.#tensors.get(`${name}.bias`) as tf.Tensor1D | undefined,
      this.#adapters === null,
    );
    const adapted = this.#adapted(name, x as tf.Tensor2D);
    return adapted === null ? product : tf.add(product, adapted);
  }

  /** Computes the adapters' term of a projection; null where it has no adapter. */
  #adapted(name: string, x_NI: tf.Tensor2D): tf.Tensor2D | null {
    if (this.#adapters === null) return null;
    const { parts } = this.specs.find((spec) =>
      spec.name === `${name}.weight`
    )!;
    const pairs = parts.map((part) =>
      this.#adapters!.of(part.name.replace(/\.weight$/, ""))
    );
    if (pairs.every((pair) => pair === null)) return null;
    const blocks = pairs.map((pair, i) => {
      if (pair === null) return tf.zeros([x_NI.shape[0], parts[i].rows]);
      const inner = tf.mul(linear(x_NI, pair.a), pair.scale);
      return linear(inner as tf.Tensor2D, pair.b);
    });
    return tf.concat(blocks as tf.Tensor2D[], 1);
  }
}

/** Returns rotary factors from rows `[N, E]` of the table; the queries' factors scale the scores. */
export function factorsOf(rows_NE: tf.Tensor2D): RotaryFactors {
  const [tokens, width] = rows_NE.shape;
  const key = tf.reshape(rows_NE, [1, tokens, width / 2, 2]) as tf.Tensor4D;
  return { key, query: tf.mul(key, 1 / Math.sqrt(width)) };
}

/** Makes a fresh model; equal configuration and seed give equal weights. Dispose it when done. */
export function createModel(config: ModelConfig, seed: number): Decoder {
  const tensors = parameterSpecs(config).map((spec) =>
    parameterTensor(spec, initialValues(spec, config, seed))
  );
  return new Decoder(config, tensors);
}
