/**
 * Writes the generation of a few tokens as a TensorFlow graph: the decoder on one token
 * per row and its cache, the choice of the next token, and again.
 *
 * One run draws several tokens, because every run hands over some seventy inputs and
 * waits until the drawn tokens are read. The graph has several lanes, each with some of
 * the prompts and their rows. Lanes share nothing but weights, so that TensorFlow
 * computes them at the same time; the operations of a small model are too small to be
 * divided among processors.
 *
 * The computation is that of decode_eager.ts in another notation, with two differences
 * that are faster in a graph. Queries and keys are normalised and rotated together, and a
 * token's key and value are written into a cache of fixed capacity instead of being
 * appended. R rows, P prompts of W rows each, G key heads, n query heads per key head,
 * E head width. Left out: the owner of the cache (decode_native.ts).
 */
import { type AdapterPlan, adapterTerm } from "./adapters_graph.ts";
import { type ChoicePlan, chooseToken, softmax } from "./choice_graph.ts";
import { type ElementType, FLOAT, Graph, INT, type Value } from "./graph.ts";

/** The plan of a graph. Equal plans share one loaded graph. */
export interface DecodePlan extends ChoicePlan {
  /** Null where the weights themselves are trained. */
  adapters: AdapterPlan | null;
  /** Tokens drawn in one run. */
  tokensPerRun: number;
  /** Whether the model is small: its weight matrices are given as `[in, out]`. */
  small: boolean;
  /** Parts of the batch that are computed independently. */
  lanes: number;
  /** Parts of a lane's prompts that attention multiplies one after the other. */
  parts: number;
  /** Whether several rows share a prompt's keys and values. */
  sharedPrompts: boolean;
  heated: boolean;
  banned: boolean;
}

/**
 * Returns the graph, with outputs: all tokens `[tokensPerRun, R]`, minus their
 * log-probabilities, and the last tokens `[R]`. Inputs, besides parameters by
 * their names: see the calls of `graph.input` and of `LaneInputs`.
 */
export function decodeGraph(
  plan: DecodePlan,
): { graph: Graph; outputs: Value[] } {
  const graph = new Graph();
  const inputs = new LaneInputs(graph, plan);
  const lanes = Array.from(
    { length: plan.lanes },
    (_, lane) => decodeLane(graph, plan, inputs.of(lane)),
  );
  const joined = (parts: Value[], axis: number) =>
    parts.length === 1 ? parts[0] : graph.concat(parts, axis);
  return {
    graph,
    outputs: [
      joined(lanes.map(({ tokens }) => graph.stack(tokens)), 1),
      joined(lanes.map(({ losses }) => graph.stack(losses)), 1),
      graph.same("Identity", joined(lanes.map(({ last }) => last), 0)),
    ],
  };
}

/** Returns the tokens of one lane's rows, one step after the other. */
function decodeLane(graph: Graph, plan: DecodePlan, inputs: LaneInput) {
  const caches = new Map<string, Value>();
  const tokens: Value[] = [];
  const losses: Value[] = [];
  const uniforms = inputs("uniforms", FLOAT);
  let last = inputs("tokens", INT);
  for (let i = 0; i < plan.tokensPerRun; i++) {
    const step = graph.same(
      "AddV2",
      graph.input("step", INT),
      graph.constant(INT, i),
    );
    const logits_RV = new DecodeStep(graph, plan, step, caches, inputs)
      .logits(last);
    const tempered_RV = plan.heated
      ? graph.same("RealDiv", logits_RV, graph.input("temperature", FLOAT))
      : logits_RV;
    last = chooseToken(graph, tempered_RV, step, plan, uniforms);
    tokens.push(last);
    // LogSoftmax takes 8 microseconds for 32 rows, the fused loss 25.
    const logProbs = graph.same("LogSoftmax", tempered_RV);
    losses.push(graph.same("Neg", graph.pick(logProbs, last)));
  }
  return { tokens, losses, last };
}

/** The part of a lane in an input whose first axis is rows or prompts. */
type LaneInput = (name: LaneInputName, type: ElementType) => Value;

/** `[R]`, but `uniforms` `[R, steps]`; `headStarts` numbers the lane's own heads. */
type LaneInputName =
  | "tokens"
  | "positions"
  | "uniforms"
  | "headStarts"
  | "promptMask"
  | "partPrompts"
  | `${"keys" | "values" | "promptKeys" | "promptValues"}.${string}`;

/**
 * Inputs for all rows, cut into lanes. Cutting along the first axis makes views,
 * not copies, if every slice of that axis fills whole units of 64 bytes; the
 * caches, which are written in place, have to satisfy this.
 */
class LaneInputs {
  readonly #graph: Graph;
  readonly #lanes: number;
  readonly #parts: number;
  readonly #cuts = new Map<string, Value[]>();

  constructor(graph: Graph, { lanes, parts }: DecodePlan) {
    this.#graph = graph;
    this.#lanes = lanes;
    this.#parts = parts;
  }

  of(lane: number): LaneInput {
    return (name, type) => {
      if (this.#lanes === 1) return this.#graph.input(name, type);
      if (!this.#cuts.has(name)) this.#cuts.set(name, this.#cut(name, type));
      return this.#cuts.get(name)![lane];
    };
  }

  #cut(name: LaneInputName, type: ElementType): Value[] {
    const graph = this.#graph;
    if (name === "partPrompts") {
      const parts = new Array(this.#lanes).fill(this.#parts);
      return graph.split(graph.input(name, type), parts, 0);
    }
    const perRow = ["tokens", "positions", "uniforms"].includes(name);
    const sizes = graph.input(
      name === "headStarts" ? "laneHeads" : perRow ? "laneRows" : "lanePrompts",
      INT,
    );
    return graph.splitTo(graph.input(name, type), sizes, this.#lanes, 0);
  }
}

/** The forward pass of one token per row. */
class DecodeStep {
  readonly #graph: Graph;
  readonly #plan: DecodePlan;
  readonly #inputs: LaneInput;
  readonly #repeats: number;
  /** Number of the response token that is fed, a scalar. */
  readonly #step: Value;
  /** Slot of the token in the cache, a scalar. */
  readonly #slot: Value;
  /** Rows of the flattened cache that the token's heads fill. */
  readonly #places: Value;
  /** `[capacity]`, or `[R, 1, 1, capacity]` with the prompt inside. */
  readonly #mask: Value;
  /** `[R, heads + G, E/2]`, complex; those of queries carry 1/sqrt(E). */
  readonly #factors: Value;
  /** Flattened caches by name, as the steps before left them. */
  readonly #caches: Map<string, Value>;

  constructor(
    graph: Graph,
    plan: DecodePlan,
    step: Value,
    caches: Map<string, Value>,
    inputs: LaneInput,
  ) {
    this.#graph = graph;
    this.#plan = plan;
    this.#inputs = inputs;
    this.#step = step;
    this.#caches = caches;
    const { num_attention_heads, num_key_value_heads } = plan.config;
    this.#repeats = num_attention_heads / num_key_value_heads;
    this.#slot = graph.same("AddV2", graph.input("firstSlot", INT), step);
    this.#places = graph.same("AddV2", inputs("headStarts", INT), this.#slot);
    this.#mask = this.#slotMask();
    this.#factors = this.#rotaryFactors();
  }

  /** Returns the logits of the next token, `[R, V]`, with bans applied. */
  logits(tokens_R: Value): Value {
    const graph = this.#graph;
    const { config, banned } = this.#plan;
    const embedding = graph.input("model.embed_tokens.weight", FLOAT);
    let x_RD = graph.gather(embedding, tokens_R);
    for (let layer = 0; layer < config.num_hidden_layers; layer++) {
      x_RD = this.#layer(`model.layers.${layer}`, x_RD);
    }
    const normed = this.#norm(
      x_RD,
      graph.input("model.norm.weight", FLOAT),
      config.hidden_size,
    );
    const logits_RV = config.tie_word_embeddings
      ? this.#product(normed, embedding, true)
      : this.#project("lm_head", normed);
    return banned
      ? graph.same("AddV2", logits_RV, graph.input("bans", FLOAT))
      : logits_RV;
  }

  /** Minus a billion for slots after the token's, plus the prompts' padding. */
  #slotMask(): Value {
    const graph = this.#graph;
    const slots = graph.input("slots", INT);
    const later = graph.cast(
      graph.compare("Greater", slots, this.#slot),
      FLOAT,
    );
    const mask = graph.same("Mul", later, graph.constant(FLOAT, -1e9));
    return this.#plan.sharedPrompts
      ? mask
      : graph.same("AddV2", this.#inputs("promptMask", FLOAT), mask);
  }

  #rotaryFactors(): Value {
    const graph = this.#graph;
    const { num_attention_heads, num_key_value_heads, head_dim } =
      this.#plan.config;
    const table = graph.input("rotary", FLOAT);
    const positions = graph.same(
      "AddV2",
      this.#inputs("positions", INT),
      this.#step,
    );
    const rows = graph.reshape(
      graph.gather(table, positions),
      [-1, 1, head_dim / 2, 2],
    );
    const scales = [
      ...new Array(num_attention_heads).fill(1 / Math.sqrt(head_dim)),
      ...new Array(num_key_value_heads).fill(1),
    ];
    const scaled = graph.same(
      "Mul",
      rows,
      graph.reshape(graph.constant(FLOAT, scales), [scales.length, 1, 1]),
    );
    return graph.toComplex(scaled);
  }

  #layer(name: string, x_RD: Value): Value {
    const graph = this.#graph;
    const width = this.#plan.config.hidden_size;
    const weight = (part: string) =>
      graph.input(`${name}.${part}.weight`, FLOAT);
    const normed = this.#norm(x_RD, weight("input_layernorm"), width);
    const attended = this.#attention(name, normed);
    const middle = graph.same(
      "AddV2",
      x_RD,
      this.#project(`${name}.self_attn.o_proj`, attended),
    );
    const inner = this.#norm(
      middle,
      weight("post_attention_layernorm"),
      width,
    );
    const gate = this.#project(`${name}.mlp.gate_proj`, inner);
    const up = this.#project(`${name}.mlp.up_proj`, inner);
    // The gate is not multiplied by its sigmoid first: oneDNN would take that pair over
    // and divide it among all processors, however small it is.
    const inside = graph.same("Mul", graph.same("Sigmoid", gate), up);
    return graph.same(
      "AddV2",
      middle,
      this.#project(`${name}.mlp.down_proj`, graph.same("Mul", inside, gate)),
    );
  }

  /** Attention output, `[R, heads * E]`. */
  #attention(name: string, normed_RD: Value): Value {
    const graph = this.#graph;
    const { num_attention_heads, num_key_value_heads, head_dim } =
      this.#plan.config;
    const rotated = num_attention_heads + num_key_value_heads;
    let projected = this.#project(`${name}.self_attn.qkv_proj`, normed_RD);
    if (this.#plan.config.attention_bias) {
      const bias = graph.input(`${name}.self_attn.qkv_proj.bias`, FLOAT);
      projected = graph.same("AddV2", projected, bias);
    }
    const [turning, value] = graph.split(
      graph.reshape(projected, [-1, rotated + num_key_value_heads, head_dim]),
      [rotated, num_key_value_heads],
      1,
    );
    const [query, key] = graph.split(
      this.#turned(name, turning),
      [num_attention_heads, num_key_value_heads],
      1,
    );
    const attended = this.#attend(
      name,
      this.#arranged(query, "query"),
      this.#stored(`keys.${name}`, this.#arranged(key, "key")),
      this.#stored(`values.${name}`, this.#arranged(value, "key")),
    );
    const byRow = this.#plan.sharedPrompts
      ? this.#swapped(attended, graph.input("attendedShape", INT))
      : attended;
    return graph.reshape(byRow, [-1, num_attention_heads * head_dim]);
  }

  /** Queries and keys, normalised if the family does so, and rotated. */
  #turned(name: string, heads: Value): Value {
    const graph = this.#graph;
    const { model_type, head_dim } = this.#plan.config;
    const normed = model_type === "qwen3"
      ? this.#norm(
        heads,
        graph.input(`${name}.self_attn.qk_norm.weight`, FLOAT),
        head_dim,
      )
      : heads;
    const count = this.#plan.config.num_attention_heads +
      this.#plan.config.num_key_value_heads;
    const pairs = graph.reshape(normed, [-1, count, head_dim / 2, 2]);
    const product = graph.same("Mul", graph.toComplex(pairs), this.#factors);
    return graph.reshape(graph.fromComplex(product), [-1, count, head_dim]);
  }

  /** `[R, G * n, E]` to `[R, G, n, E]`, or `[P, G, W, n, E]` with shared prompts. */
  #arranged(heads: Value, kind: "query" | "key"): Value {
    const graph = this.#graph;
    if (this.#plan.sharedPrompts) {
      return this.#swapped(heads, graph.input(`${kind}Heads`, INT));
    }
    const { num_key_value_heads, head_dim } = this.#plan.config;
    const perGroup = kind === "query" ? this.#repeats : 1;
    return graph.reshape(heads, [-1, num_key_value_heads, perGroup, head_dim]);
  }

  /** Swaps a prompt's rows and key heads, the middle axes of `shape`. */
  #swapped(x: Value, shape: Value): Value {
    return this.#graph.transposeFew(
      this.#graph.reshapeTo(x, shape),
      [0, 2, 1, 3, 4],
    );
  }

  /** Writes the token's heads into a cache, in place; returns the whole cache. */
  #stored(name: `${"keys" | "values"}.${string}`, heads: Value): Value {
    const graph = this.#graph;
    const width = this.#plan.config.head_dim;
    const cache = this.#caches.get(name) ??
      graph.reshape(this.#inputs(name, FLOAT), [-1, width]);
    const [updated] = graph.call(
      "InplaceUpdate",
      [
        cache,
        this.#places,
        graph.reshape(heads, [-1, width]),
      ],
      { T: { type: FLOAT } },
      [FLOAT],
    );
    this.#caches.set(name, updated);
    return graph.reshapeTo(updated, graph.input("cacheShape", INT));
  }

  /** Returns `[R, G, n, E]`, or `[P, G, W * n, E]` with shared prompts. */
  #attend(name: string, query: Value, keys: Value, values: Value): Value {
    const graph = this.#graph;
    if (!this.#plan.sharedPrompts) {
      const scores = this.#multiplied(query, keys, true);
      const weights = softmax(graph, graph.same("AddV2", scores, this.#mask));
      return this.#multiplied(weights, values, false);
    }
    const byRow = graph.reshapeTo(query, graph.input("rowQueries", INT));
    const byPrompt = graph.reshapeTo(query, graph.input("promptQueries", INT));
    const own = graph.same(
      "AddV2",
      this.#multiplied(byRow, keys, true),
      this.#mask,
    );
    const promptKeys = this.#inputs(`promptKeys.${name}`, FLOAT);
    const prompt = graph.same(
      "AddV2",
      this.#multiplied(byPrompt, promptKeys, true),
      this.#inputs("promptMask", FLOAT),
    );
    const joint = graph.concat([
      graph.reshapeTo(prompt, graph.input("rowScores", INT)),
      own,
    ], 3);
    const lengths = graph.input("lengths", INT);
    const [ofPrompt, ofOwn] = graph.splitTo(
      softmax(graph, joint),
      lengths,
      2,
      3,
    );
    const fromPrompt = this.#multiplied(
      graph.reshapeTo(ofPrompt, graph.input("promptScores", INT)),
      this.#inputs(`promptValues.${name}`, FLOAT),
      false,
    );
    const fromOwn = this.#multiplied(ofOwn, values, false);
    return graph.same(
      "AddV2",
      fromPrompt,
      graph.reshapeTo(fromOwn, graph.input("promptQueries", INT)),
    );
  }

  /**
   * Returns the products of matrices whose first axis is prompts. They are computed in
   * parts, because TensorFlow divides a batch of products among processors from 210
   * thousand multiplications on (as `startBackend` sets it up). So few multiplications
   * take one thread less time than waking another, and lanes keep all processors busy.
   */
  #multiplied(a: Value, b: Value, transposeB: boolean): Value {
    const graph = this.#graph;
    const { parts } = this.#plan;
    if (parts === 1) return graph.batchMatMul(a, b, transposeB);
    const sizes = this.#inputs("partPrompts", INT);
    const others = graph.splitTo(b, sizes, parts, 0);
    return graph.concat(
      graph.splitTo(a, sizes, parts, 0).map((part, i) =>
        graph.batchMatMul(part, others[i], transposeB)
      ),
      0,
    );
  }

  #project(name: string, x: Value): Value {
    const weight = this.#graph.input(`${name}.weight`, FLOAT);
    const product = this.#product(x, weight, !this.#plan.small);
    const parts = this.#plan.adapters?.get(`${name}.weight`);
    if (parts === undefined) return product;
    const term = adapterTerm(this.#graph, parts, x, product, new Map());
    return this.#graph.same("AddV2", product, term.value);
  }

  /**
   * Returns a matrix product. For small models it is the operation for batches, which
   * oneDNN does not take over, so that a lane's product stays on the lane's thread.
   */
  #product(a: Value, b: Value, transposeB: boolean): Value {
    return this.#plan.small
      ? this.#graph.batchMatMul(a, b, transposeB)
      : this.#graph.matMul(a, b, transposeB);
  }

  #norm(x: Value, weight: Value, width: number): Value {
    const graph = this.#graph;
    const squares = graph.reduce("Sum", graph.same("Square", x), -1, true);
    const epsilon = this.#plan.config.rms_norm_eps * width;
    const inverse = graph.same(
      "Mul",
      graph.same(
        "Rsqrt",
        graph.same("AddV2", squares, graph.constant(FLOAT, epsilon)),
      ),
      graph.constant(FLOAT, Math.sqrt(width)),
    );
    return graph.same("Mul", graph.same("Mul", x, inverse), weight);
  }
}
