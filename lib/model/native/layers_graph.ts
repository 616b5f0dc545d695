/**
 * The decoder's layers, forward and backward, as one TensorFlow graph.
 *
 * Computation and gradients are those of decoder.ts and kernels.ts in another notation.
 * To start an operation in a graph costs an eighth of an eager one, and operations that do
 * not need each other run side by side (a weight's gradient beside its input's gradient,
 * the gate beside the projection up).
 *
 * One graph serves both passes, since a run computes only the outputs that it is asked
 * for. The forward pass is given tokens and yields the hidden states and the values that
 * gradients need. The backward pass is given those values in their places, and a gradient
 * of the hidden states. A value that a backward pass is not given is computed again. With
 * adapters only their matrices have gradients. N tokens, B rows, T columns, D width, H
 * query heads, G key heads of R queries each, E head width. Left out: the adapters'
 * products (adapters_graph.ts), and calling the graphs (layers_native.ts,
 * blocks_native.ts, prefill_native.ts).
 */
import type { ModelConfig } from "../config.ts";
import { type AdapterPlan, adapterTerm } from "./adapters_graph.ts";
import { type Differentiable, FLOAT, Graph, INT, type Value } from "./graph.ts";

/** A described graph, and the places where its two passes meet. */
export interface LayersGraph {
  graph: Graph;
  /** Hidden states after the final norm, `[N, D]`. */
  hidden: Value;
  /** Forward values that the backward pass reads. */
  saved: Value[];
  /** Gradients of parameters by the parameters' names. */
  gradients: ReadonlyMap<string, Value>;
}

/** Inputs of a lane, besides parameters by their names. */
export const LANE_INPUTS = [
  "tokens",
  "grid",
  "mask",
  "queryFactors",
  "keyFactors",
] as const;

/** Returns the name of a lane's own input. */
export function laneInput(
  name: typeof LANE_INPUTS[number] | typeof PREFILL_INPUTS[number],
  lane: number,
): string {
  return `${name}.${lane}`;
}

/** Further inputs of a lane in a prefill. */
const PREFILL_INPUTS = ["last", "lastMask"] as const;

/** The gradient of the hidden states, an input of the backward pass. */
export const SLOPE_INPUT = "hiddenGradient";

/**
 * Describes the graph of a model. The rows of a batch are cut into lanes that meet only in
 * the parameters' gradients, so that every operation of a lane can run beside those of
 * another lane.
 */
export function layersGraph(
  config: ModelConfig,
  lanes: number,
  adapters: AdapterPlan | null = null,
): LayersGraph {
  const graph = new Graph();
  const writers = Array.from(
    { length: lanes },
    (_, lane) => new LaneWriter(graph, config, lane, adapters),
  );
  const written = writers.map((writer) => writer.forward());
  const slopes = cut(graph, graph.input(SLOPE_INPUT, FLOAT), writers);
  written.forEach(({ back }, lane) => back(slopes[lane]));
  const values = written.map(({ value }) => value);
  return {
    graph,
    hidden: lanes === 1 ? values[0] : graph.concat(values, 0),
    saved: writers.flatMap((writer) => [...writer.saved.values()]),
    gradients: summed(graph, writers.map((writer) => writer.gradients)),
  };
}

/** The hidden states before a block, an input of its graph. */
export const BLOCK_INPUT = "hidden";

/** The name of a block's layer in its graph. */
export const BLOCK = "layer";

/** A described layer. Its backward pass is given its input, and perhaps `saved`. */
export interface BlockGraph {
  graph: Graph;
  /** `[N, D]`. */
  output: Value;
  /** Values without which the backward pass repeats the products with weights. */
  saved: Value[];
  /** The gradient of the block's input. */
  slope: Value;
  /** Gradients by the names of parameters in the graph. */
  gradients: ReadonlyMap<string, Value>;
}

/** Describes one layer of a model by itself, forward and backward. */
export function blockGraph(
  config: ModelConfig,
  adapters: AdapterPlan | null,
): BlockGraph {
  const graph = new Graph();
  const writer = new LaneWriter(graph, config, 0, adapters);
  const { value, back } = writer.layer(BLOCK, graph.input(BLOCK_INPUT, FLOAT));
  const slope = back(graph.input(SLOPE_INPUT, FLOAT));
  const saved = [...writer.dear.values()];
  return { graph, output: value, saved, slope, gradients: writer.gradients };
}

/** A described prefill. */
export interface PrefillGraph {
  graph: Graph;
  /** Hidden states of the rows' last tokens after the final norm, `[B, D]`. */
  hidden: Value;
  /** Per layer `[G, B, T, E]`, keys rotated. */
  keys: Value[];
  values: Value[];
}

/**
 * Describes a forward pass that yields every layer's keys and values, and the hidden states
 * of the tokens at the flat indices `last` alone, one per row. For the other tokens the
 * last layer computes keys and values, and nothing else.
 */
export function prefillGraph(
  config: ModelConfig,
  lanes: number,
  adapters: AdapterPlan | null = null,
): PrefillGraph {
  const graph = new Graph();
  const writers = Array.from(
    { length: lanes },
    (_, lane) => new LaneWriter(graph, config, lane, adapters),
  );
  const joined = (parts: Value[], axis: number) =>
    lanes === 1 ? graph.same("Identity", parts[0]) : graph.concat(parts, axis);
  const hidden = joined(writers.map((writer) => writer.prefill()), 0);
  const ofLayers = (kind: "key" | "value") =>
    writers[0].heads.map((_, layer) =>
      joined(writers.map(({ heads }) => heads[layer][kind]), 1)
    );
  return { graph, hidden, keys: ofLayers("key"), values: ofLayers("value") };
}

/** Returns each lane's rows of a gradient of the hidden states. */
function cut(
  graph: Graph,
  slope_ND: Value,
  writers: readonly LaneWriter[],
): Value[] {
  if (writers.length === 1) return [slope_ND];
  const sizes = graph.concat(writers.map((writer) => writer.tokenCount()), 0);
  return graph.splitTo(slope_ND, sizes, writers.length, 0);
}

/** Adds up the lanes' gradients, always in the same order. */
function summed(
  graph: Graph,
  lanes: readonly ReadonlyMap<string, Value>[],
): Map<string, Value> {
  const names = [...lanes[0].keys()];
  return new Map(names.map((name) => [
    name,
    lanes.map((gradients) => gradients.get(name)!)
      .reduce((sum, gradient) => graph.same("AddV2", sum, gradient)),
  ]));
}

/** Queries, keys and values, or gradients of them. */
type Heads = [Value, Value, Value];

/** Writes every piece of a lane forward, and keeps for each the function that writes it backward. */
class LaneWriter {
  /** Forward values that a gradient needs, by name. */
  readonly saved = new Map<string, Value>();
  /** Those among them that take a product with weights to compute again. */
  readonly dear = new Map<string, Value>();
  /** Gradients of parameters by name, once written. */
  readonly gradients = new Map<string, Value>();
  /** Every layer's keys and values so far, `[G, B, T, E]`. */
  readonly heads: { key: Value; value: Value }[] = [];
  readonly #graph: Graph;
  readonly #config: ModelConfig;
  readonly #lane: number;
  /** Null where the weights themselves are trained. */
  readonly #adapters: AdapterPlan | null;
  /** B and T, each `[1]`. */
  readonly #rows: Value;
  readonly #columns: Value;

  constructor(
    graph: Graph,
    config: ModelConfig,
    lane: number,
    adapters: AdapterPlan | null,
  ) {
    this.#graph = graph;
    this.#config = config;
    this.#lane = lane;
    this.#adapters = adapters;
    const grid = graph.input(laneInput("grid", lane), INT);
    [this.#rows, this.#columns] = graph.split(grid, [1, 1], 0);
  }

  /** N, `[1]`. */
  tokenCount(): Value {
    return this.#graph.same("Mul", this.#rows, this.#columns);
  }

  /** Writes the way from the lane's tokens to its hidden states. */
  forward(): { value: Value; back(dy: Value): void } {
    const embedded = this.#embedded();
    const layers: Differentiable[] = [];
    let x_ND = embedded.value;
    for (let i = 0; i < this.#config.num_hidden_layers; i++) {
      const layer = this.layer(`model.layers.${i}`, x_ND);
      layers.push(layer);
      x_ND = layer.value;
    }
    const final = this.#norm("model.norm.weight", x_ND, this.#flat());
    return {
      value: final.value,
      back: (dy) => {
        const dx_ND = layers.reduceRight(
          (slope, layer) => layer.back(slope),
          final.back(dy),
        );
        embedded.back(dx_ND);
      },
    };
  }

  /** Writes the way from the lane's tokens to the hidden states of each row's last token. */
  prefill(): Value {
    const layers = this.#config.num_hidden_layers;
    let x_ND = this.#embedded().value;
    for (let i = 0; i + 1 < layers; i++) {
      x_ND = this.layer(`model.layers.${i}`, x_ND).value;
    }
    const x_BD = this.#lastLayer(`model.layers.${layers - 1}`, x_ND);
    return this.#norm("model.norm.weight", x_BD, this.#flat()).value;
  }

  /** Marks a forward value that a gradient needs. */
  #keep(value: Value): Value {
    this.saved.set(value.name, value);
    return value;
  }

  /** Marks one that takes a product with weights to compute. */
  #keepDear(value: Value) {
    this.dear.set(value.name, this.#keep(value));
  }

  /** Sets the gradient of a weight, which adapters leave frozen. */
  #slope(name: string, gradient: () => Value) {
    if (this.#adapters === null) this.gradients.set(name, gradient());
  }

  #parameter(name: string): Value {
    return this.#graph.input(name, FLOAT);
  }

  #embedded(): Differentiable {
    const graph = this.#graph;
    const name = "model.embed_tokens.weight";
    const tokens_N = graph.input(laneInput("tokens", this.#lane), INT);
    return {
      value: graph.gather(this.#parameter(name), tokens_N),
      back: (dy) => {
        this.#slope(
          name,
          () => graph.segmentSum(dy, tokens_N, this.#config.vocab_size),
        );
        return dy;
      },
    };
  }

  /** From the hidden states before a layer to those after it. */
  layer(name: string, x_ND: Value): Differentiable {
    const attention = this.#chain(
      x_ND,
      (x) => this.#norm(`${name}.input_layernorm.weight`, x, this.#flat()),
      (x) => this.#attention(name, x),
      (x) => this.#linear(`${name}.self_attn.o_proj`, x),
    );
    const middle = this.#added(x_ND, attention);
    const feedForward = this.#feedForward(name, middle.value);
    return {
      value: feedForward.value,
      back: (dy) => {
        this.dear.set(middle.value.name, middle.value);
        return middle.back(feedForward.back(dy));
      },
    };
  }

  /** Returns the last layer of a prefill, forward only: `[N, D]` to `[B, D]`. */
  #lastLayer(name: string, x_ND: Value): Value {
    const graph = this.#graph;
    const last_B = graph.input(laneInput("last", this.#lane), INT);
    const normed = this.#norm(
      `${name}.input_layernorm.weight`,
      x_ND,
      this.#flat(),
    );
    const heads = this.#heads(name, normed.value);
    const [query, key, value] = heads.value;
    const attended = this.#attended(
      graph.gather(query, last_B, 1),
      key,
      value,
      (scores) =>
        graph.same(
          "Softmax",
          graph.same(
            "AddV2",
            scores,
            graph.input(laneInput("lastMask", this.#lane), FLOAT),
          ),
        ),
    );
    const projected = this.#linear(
      `${name}.self_attn.o_proj`,
      this.#tokensFirst(attended.value, this.#config.num_attention_heads),
    );
    const x_BD = graph.gather(x_ND, last_B);
    return this.#feedForward(name, this.#added(x_BD, projected).value).value;
  }

  #feedForward(name: string, x_ND: Value): Differentiable {
    const change = this.#chain(
      x_ND,
      (x) =>
        this.#norm(`${name}.post_attention_layernorm.weight`, x, this.#flat()),
      (x) => this.#gated(name, x),
      (x) => this.#linear(`${name}.mlp.down_proj`, x),
    );
    return this.#added(x_ND, change);
  }

  /** Returns a residual connection: `x` plus a function of `x`. */
  #added(x: Value, change: Differentiable): Differentiable {
    const graph = this.#graph;
    return {
      value: graph.same("AddV2", x, change.value),
      back: (dy) => graph.same("AddV2", dy, change.back(dy)),
    };
  }

  /** Joins pieces one after the other. */
  #chain(
    x: Value,
    ...pieces: ((x: Value) => Differentiable)[]
  ): Differentiable {
    const written: Differentiable[] = [];
    for (const piece of pieces) {
      written.push(piece(written.at(-1)?.value ?? x));
    }
    return {
      value: written.at(-1)!.value,
      back: (dy) => written.reduceRight((slope, { back }) => back(slope), dy),
    };
  }

  #linear(name: string, x_NI: Value): Differentiable {
    const graph = this.#graph;
    const weight_OI = this.#parameter(`${name}.weight`);
    const product = graph.matMul(x_NI, weight_OI, true);
    const parts = this.#adapters?.get(`${name}.weight`);
    const term = parts &&
      adapterTerm(graph, parts, x_NI, product, this.gradients);
    return {
      value: term ? graph.same("AddV2", product, term.value) : product,
      back: (dy_NO) => {
        if (this.#adapters === null || term) this.#keep(x_NI);
        this.#slope(
          `${name}.weight`,
          () => graph.matMul(dy_NO, x_NI, false, true),
        );
        const dx_NI = graph.matMul(dy_NO, weight_OI, false);
        return term ? graph.same("AddV2", dx_NI, term.back(dy_NO)) : dx_NI;
      },
    };
  }

  #bias(name: string, x_NO: Value): Differentiable {
    const graph = this.#graph;
    return {
      value: graph.same("AddV2", x_NO, this.#parameter(name)),
      back: (dy_NO) => {
        this.#slope(name, () => graph.reduce("Sum", dy_NO, 0, false));
        return dy_NO;
      },
    };
  }

  /** Returns the shape of hidden states. */
  #flat(): number[] {
    return [-1, this.#config.hidden_size];
  }

  /**
   * Returns the root-mean-square normalisation of `x`, whose shape is given with -1 for
   * the tokens; see `rmsNorm` in kernels.ts.
   */
  #norm(name: string, x: Value, shape: readonly number[]): Differentiable {
    const graph = this.#graph;
    const width = shape.at(-1)!;
    const weight = this.#parameter(name);
    const inverse = this.#inverseNorm(x, width);
    const normed = graph.same("Mul", x, inverse);
    return {
      value: graph.same("Mul", normed, weight),
      back: (dy) => {
        [inverse, normed].forEach((value) => this.#keep(value));
        const product = graph.reshape(
          graph.same("Mul", dy, normed),
          [-1, width],
        );
        this.#slope(name, () => graph.reduce("Sum", product, 0, false));
        // mean(dy * weight * normed) over the width, as a matrix-vector product
        const shares = graph.same(
          "Mul",
          graph.reshape(weight, [width, 1]),
          graph.constant(FLOAT, 1 / width),
        );
        const along = graph.reshape(
          graph.matMul(product, shares, false),
          [...shape.slice(0, -1), 1],
        );
        const across = graph.same(
          "Sub",
          graph.same("Mul", dy, weight),
          graph.same("Mul", normed, along),
        );
        return graph.same("Mul", across, inverse);
      },
    };
  }

  /** Returns rsqrt(mean of squares + epsilon), with the division moved out. */
  #inverseNorm(x: Value, width: number): Value {
    const graph = this.#graph;
    const squares = graph.reduce("Sum", graph.same("Square", x), -1, true);
    const epsilon = this.#config.rms_norm_eps * width;
    return graph.same(
      "Mul",
      graph.same(
        "Rsqrt",
        graph.same("AddV2", squares, graph.constant(FLOAT, epsilon)),
      ),
      graph.constant(FLOAT, Math.sqrt(width)),
    );
  }

  /** Returns `silu(gate) * up`, both projected from `x`. */
  #gated(name: string, x_ND: Value): Differentiable {
    const graph = this.#graph;
    const gate = this.#linear(`${name}.mlp.gate_proj`, x_ND);
    const up = this.#linear(`${name}.mlp.up_proj`, x_ND);
    const silu = graph.same(
      "Mul",
      gate.value,
      graph.same("Sigmoid", gate.value),
    );
    return {
      value: graph.same("Mul", silu, up.value),
      back: (dy) => {
        // The optimiser joins sigmoid and product forward, so neither can be kept.
        [gate.value, up.value].forEach((value) => this.#keepDear(value));
        const sigmoid = graph.same("Sigmoid", gate.value);
        const silu = graph.same("Mul", gate.value, sigmoid);
        // silu'(g) = s + silu - s * silu
        const slope = graph.same(
          "Sub",
          graph.same("AddV2", sigmoid, silu),
          graph.same("Mul", sigmoid, silu),
        );
        const dSilu = graph.same("Mul", dy, up.value);
        return graph.same(
          "AddV2",
          gate.back(graph.same("Mul", dSilu, slope)),
          up.back(graph.same("Mul", dy, silu)),
        );
      },
    };
  }

  /** Writes the way from normalised hidden states to the heads' outputs, `[N, H * E]`. */
  #attention(name: string, x_ND: Value): Differentiable {
    const { num_attention_heads: queries } = this.#config;
    const heads = this.#heads(name, x_ND);
    const attended = this.#attended(
      ...heads.value,
      (scores) => this.#weights(scores),
    );
    return {
      value: this.#tokensFirst(attended.value, queries),
      back: (dy) => heads.back(attended.back(this.#headsFirst(dy, queries))),
    };
  }

  /** Returns queries `[H, N, E]` and keys `[G, N, E]`, rotated, and values. */
  #heads(
    name: string,
    x_ND: Value,
  ): { value: Heads; back(dy: Heads): Value } {
    const graph = this.#graph;
    const { num_attention_heads: queries, num_key_value_heads: groups } =
      this.#config;
    const projected = this.#projected(`${name}.self_attn.qkv_proj`, x_ND);
    const [query_HNE, key_GNE, value_GNE] = graph.split(
      this.#headsFirst(projected.value, queries + 2 * groups),
      [queries, groups, groups],
      0,
    );
    const query = this.#turned(name, "q_norm", query_HNE);
    const key = this.#turned(name, "k_norm", key_GNE);
    return {
      value: [query.value, key.value, value_GNE],
      back: ([dQuery, dKey, dValue]) => {
        const dHeads = [query.back(dQuery), key.back(dKey), dValue];
        return projected.back(
          this.#tokensFirst(graph.concat(dHeads, 0), queries + 2 * groups),
        );
      },
    };
  }

  #projected(name: string, x_ND: Value): Differentiable {
    return this.#config.attention_bias
      ? this.#chain(
        x_ND,
        (x) => this.#linear(name, x),
        (x) => this.#bias(`${name}.bias`, x),
      )
      : this.#linear(name, x_ND);
  }

  /** Turns `[N, heads * E]` into `[heads, N, E]`. */
  #headsFirst(x: Value, heads: number): Value {
    const byToken = [-1, heads, this.#config.head_dim];
    return this.#graph.transpose(this.#graph.reshape(x, byToken), [1, 0, 2]);
  }

  /** Inverts `#headsFirst`. */
  #tokensFirst(x: Value, heads: number): Value {
    return this.#graph.reshape(
      this.#graph.transpose(x, [1, 0, 2]),
      [-1, heads * this.#config.head_dim],
    );
  }

  /** Returns queries or keys, normalised if the family does so, and rotated. */
  #turned(
    name: string,
    kind: "q_norm" | "k_norm",
    x_HNE: Value,
  ): Differentiable {
    const isQuery = kind === "q_norm";
    const heads = isQuery
      ? this.#config.num_attention_heads
      : this.#config.num_key_value_heads;
    const shape = [heads, -1, this.#config.head_dim];
    const rotated = (x: Value) =>
      this.#rotated(x, isQuery ? "queryFactors" : "keyFactors", shape);
    return this.#config.model_type !== "qwen3" ? rotated(x_HNE) : this.#chain(
      x_HNE,
      (x) => this.#norm(`${name}.self_attn.${kind}.weight`, x, shape),
      rotated,
    );
  }

  /** Multiplies pairs as complex numbers by their factors; see `rotate` in kernels.ts. */
  #rotated(
    x_HNE: Value,
    factorsInput: "queryFactors" | "keyFactors",
    shape: readonly number[],
  ): Differentiable {
    const graph = this.#graph;
    const factors = graph.toComplex(
      graph.input(laneInput(factorsInput, this.#lane), FLOAT),
    );
    const times = (x: Value, by: Value) => {
      const [heads, tokens, width] = shape;
      const pairs = graph.reshape(x, [heads, tokens, width / 2, 2]);
      const product = graph.same("Mul", graph.toComplex(pairs), by);
      return graph.reshape(graph.fromComplex(product), shape);
    };
    return {
      value: times(x_HNE, factors),
      // The transpose of a rotation is the rotation back.
      back: (dy) => times(dy, graph.same("Conj", factors)),
    };
  }

  /**
   * Returns attention, `[H, N, E]`. Queries come scaled; \`weighted\` masks scores and turns
   * them into weights. The R queries of a key head lie under each other in one matrix, so
   * that keys and values are never repeated and their gradients need no further sum.
   */
  #attended(
    query_HNE: Value,
    key_GNE: Value,
    value_GNE: Value,
    weighted: (scores: Value) => Value,
  ): { value: Value; back(dy: Value): Heads } {
    const graph = this.#graph;
    const query = this.#queriesByGroup(query_HNE);
    const key = this.#byRow(key_GNE);
    const value = this.#byRow(value_GNE);
    this.heads.push({ key, value });
    const weights = weighted(graph.largeBatchMatMul(query, key, true));
    const output = graph.largeBatchMatMul(weights, value, false);
    return {
      value: this.#queriesByHead(output),
      back: (dy_HNE) => {
        [query, key, value, output].forEach((x) => this.#keepDear(x));
        this.#keep(weights);
        const dy = this.#queriesByGroup(dy_HNE);
        const dWeights = graph.largeBatchMatMul(dy, value, true);
        // sum(weights * dWeights) over keys equals sum(dy * output) over the head
        const delta = graph.reduce(
          "Sum",
          graph.same("Mul", dy, output),
          -1,
          true,
        );
        const dScores = graph.same(
          "Mul",
          weights,
          graph.same("Sub", dWeights, delta),
        );
        const flat = [
          this.#config.num_key_value_heads,
          -1,
          this.#config.head_dim,
        ];
        return [
          this.#queriesByHead(graph.largeBatchMatMul(dScores, key, false)),
          graph.reshape(
            graph.largeBatchMatMul(dScores, query, false, true),
            flat,
          ),
          graph.reshape(graph.largeBatchMatMul(weights, dy, false, true), flat),
        ];
      },
    };
  }

  /** Returns the softmax of masked scores, `[G, B, R * T, T]`. */
  #weights(scores: Value): Value {
    const graph = this.#graph;
    const { num_key_value_heads: groups } = this.#config;
    const byQuery = graph.reshapeTo(
      scores,
      this.#shape(
        groups,
        this.#rows,
        this.#repeats,
        this.#columns,
        this.#columns,
      ),
    );
    const masked = graph.same(
      "AddV2",
      byQuery,
      graph.input(laneInput("mask", this.#lane), FLOAT),
    );
    return graph.reshapeTo(
      graph.same("Softmax", masked),
      this.#shape(groups, this.#rows, -1, this.#columns),
    );
  }

  /** Turns `[G, N, E]` into `[G, B, T, E]`. */
  #byRow(x: Value): Value {
    const { num_key_value_heads: groups, head_dim } = this.#config;
    return this.#graph.reshapeTo(
      x,
      this.#shape(groups, this.#rows, -1, head_dim),
    );
  }

  /** Turns `[H, N, E]` into `[G, B, R * T, E]`. */
  #queriesByGroup(x: Value): Value {
    if (this.#repeats === 1) return this.#byRow(x);
    const split = this.#shape(
      this.#config.num_key_value_heads,
      this.#repeats,
      this.#rows,
      -1,
    );
    return this.#byRow(
      this.#graph.transpose(this.#graph.reshapeTo(x, split), [0, 2, 1, 3]),
    );
  }

  /** Inverts `#queriesByGroup`. */
  #queriesByHead(x: Value): Value {
    const graph = this.#graph;
    const { num_attention_heads, num_key_value_heads, head_dim } = this.#config;
    const shape = [num_attention_heads, -1, head_dim];
    if (this.#repeats === 1) return graph.reshape(x, shape);
    const split = this.#shape(
      num_key_value_heads,
      this.#rows,
      this.#repeats,
      -1,
    );
    return graph.reshape(
      graph.transpose(graph.reshapeTo(x, split), [0, 2, 1, 3]),
      shape,
    );
  }

  get #repeats(): number {
    return this.#config.num_attention_heads / this.#config.num_key_value_heads;
  }

  /** Returns a shape made of numbers and one-element vectors. */
  #shape(...sizes: (number | Value)[]): Value {
    return this.#graph.concat(
      sizes.map((size) =>
        typeof size === "number" ? this.#graph.constant(INT, [size]) : size
      ),
      0,
    );
  }
}
