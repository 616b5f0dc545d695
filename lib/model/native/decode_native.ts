/**
 * Decodes by a graph of a few tokens on native TensorFlow (decode_graph.ts).
 *
 * Keys and values lie in caches of fixed capacity, which the graph writes in place. Every
 * few tokens they are copied into larger caches. A prompt with one row lies at the head
 * of its row's cache, so that attention is one product. Prompts that several rows share
 * are kept apart. A small model's batch is cut into lanes (lanes.ts), and is cut anew
 * when rows leave. Loaded graphs stay for the process.
 *
 * Left out: cards (`runsGraphs`) and other backends, which decode eagerly.
 */
import * as tf from "@tensorflow/tfjs";
import { chooseTokens, tempered } from "../sampling/choice.ts";
import { decodeGraph, type DecodePlan } from "./decode_graph.ts";
import {
  banVector,
  type Decoding,
  type DecodingStart,
  rotaryRows,
  rowPositions,
  TOKENS_PER_CHECK,
} from "../sampling/decoding.ts";
import { adapterPlan, graphTensors, planKey } from "./graph_tensors.ts";
import { type GraphCaller, GraphSession } from "./graph_session.ts";
import { softmaxCrossEntropy } from "../kernels.ts";
import { lanesFor, laneSizes } from "./lanes.ts";
import { isSmall } from "./small_model.ts";
import type { DrawnTokens, Smaller } from "../sampling/sample_rows.ts";

/** Number of response tokens by which the caches grow: a copy costs as much as 32 idle slots. */
const CACHE_BLOCK = 32;

/**
 * The capacity of a cache is a multiple of this many tokens. Every row's cache then fills
 * whole units of 64 bytes; otherwise lanes would write into copies.
 */
const CAPACITY_UNIT = 16;

/** Most multiplications of a batch of products that TensorFlow does not divide. */
const UNDIVIDED_PRODUCTS = 2e5;

/** Tensors whose first axis is rows or prompts; row `p * W + k` is sample k of p. */
interface RowState {
  /** Last drawn tokens, `[R]`. */
  tokens: tf.Tensor;
  positions: tf.Tensor;
  /** `[R, steps]`. */
  uniforms: tf.Tensor;
  /** `[P, 1, 1, capacity]`, or `[P, 1, 1, Tp]` with shared prompts. */
  promptMask: tf.Tensor;
  /** Per layer `[P, G * W, capacity, E]`. */
  keys: tf.Tensor[];
  values: tf.Tensor[];
  /** Per layer `[P, G, Tp, E]`; empty unless prompts are shared. */
  promptKeys: tf.Tensor[];
  promptValues: tf.Tensor[];
}

/** Decoding by a compiled graph, on native TensorFlow's processor. */
export class NativeDecoding implements Decoding {
  readonly #start: DecodingStart;
  /** The plan for one lane. */
  readonly #plan: DecodePlan;
  readonly #lanesFor: (rows: number) => number;
  /** Inputs that stay the same, and which of them were made here. */
  readonly #constants: Record<string, tf.Tensor> = {};
  readonly #owned: tf.Tensor[] = [];
  #lanes = 0;
  #parts = 1;
  #caller!: GraphCaller;
  #state: RowState;
  #width: number;
  /** Small inputs that follow from the state's shapes. */
  #shapes: Record<string, tf.Tensor> = {};

  /** `lanes` says into how many lanes so many rows are cut; tests choose it. */
  constructor(start: DecodingStart, lanes = lanesFor) {
    this.#start = start;
    this.#width = start.width;
    this.#plan = planOf(start);
    this.#lanesFor = isSmall(start.model) ? lanes : () => 1;
    this.#makeConstants();
    const state = this.#plan.sharedPrompts
      ? sharedState(start)
      : mergedState(start);
    this.#state = { ...state, uniforms: this.#paddedUniforms() };
    this.#arrange();
  }

  draw(first: number): Promise<DrawnTokens> {
    const [tokens, losses, last] = first === 0
      ? this.#drawFirst()
      : this.#drawNext(first);
    const count = Math.min(tokens.shape[0], this.#start.steps - first);
    this.#state.tokens.dispose();
    this.#state.tokens = last;
    const drawn = {
      count,
      tokens: tokens.dataSync(),
      losses: losses.dataSync(),
    };
    tf.dispose([tokens, losses]);
    return Promise.resolve(drawn);
  }

  keep(smaller: Smaller) {
    const old = this.#state;
    const groups = this.#start.model.config.num_key_value_heads;
    const heads = keptHeads(smaller, groups, this.#width);
    this.#state = tf.tidy(() => {
      const rows = tf.tensor1d(smaller.rows, "int32");
      const prompts = tf.tensor1d(smaller.prompts, "int32");
      const heads_N = tf.tensor1d(heads, "int32");
      const pickRows = (x: tf.Tensor) => tf.gather(x, rows);
      const pickPrompts = (x: tf.Tensor) => tf.gather(x, prompts);
      const pickHeads = (x: tf.Tensor) => {
        const [capacity, width] = x.shape.slice(2);
        const kept = tf.gather(tf.reshape(x, [-1, capacity, width]), heads_N);
        return tf.reshape(kept, [prompts.size, -1, capacity, width]);
      };
      return {
        tokens: pickRows(old.tokens),
        positions: pickRows(old.positions),
        uniforms: pickRows(old.uniforms),
        promptMask: pickPrompts(old.promptMask),
        keys: old.keys.map(pickHeads),
        values: old.values.map(pickHeads),
        promptKeys: old.promptKeys.map(pickPrompts),
        promptValues: old.promptValues.map(pickPrompts),
      } as unknown as tf.TensorContainerObject;
    }) as unknown as RowState;
    disposeState(old);
    this.#width = smaller.grid.width;
    this.#arrange();
  }

  dispose() {
    disposeState(this.#state);
    tf.dispose([this.#owned, this.#shapes]);
    tf.dispose(this.#start.logits);
  }

  /** Draws the first token from the prefill's logits. */
  #drawFirst(): tf.Tensor[] {
    const { logits, options } = this.#start;
    return tf.tidy(() => {
      const bans = this.#constants.bans;
      const allowed = bans === undefined
        ? logits
        : tf.add(logits, bans) as tf.Tensor2D;
      const uniforms_R = tf.reshape(
        tf.slice(this.#state.uniforms, [0, 0], [-1, 1]),
        [-1],
      ) as tf.Tensor1D;
      const chosen_R = chooseTokens(allowed, uniforms_R, options);
      const [losses_R] = softmaxCrossEntropy(
        tempered(allowed, options.temperature),
        chosen_R,
      );
      return [tf.expandDims(chosen_R), tf.expandDims(losses_R), chosen_R];
    });
  }

  /** Feeds the token before `first` and draws the next few. */
  #drawNext(first: number): tf.Tensor[] {
    const used = this.#firstSlot() + first - 1 + this.#plan.tokensPerRun;
    if (used > this.#state.keys[0].shape[2]!) this.#grow();
    const step = tf.scalar(first - 1, "int32");
    this.#caller.set({ tokens: this.#state.tokens, step });
    const outputs = this.#caller.call();
    step.dispose();
    return outputs;
  }

  /** Returns the uniform numbers, with those for tokens that the last run draws in vain. */
  #paddedUniforms(): tf.Tensor {
    const { steps, uniforms } = this.#start;
    const vain = 1 + fedTokens(this.#start, this.#plan) - steps;
    const padded = tf.tidy(() =>
      tf.transpose(tf.pad(uniforms, [[0, vain], [0, 0]], 0.5))
    );
    uniforms.dispose();
    return padded;
  }

  /** Returns the number of slots that the longest response fills. */
  #mostSlots(): number {
    return this.#firstSlot() + fedTokens(this.#start, this.#plan);
  }

  #firstSlot(): number {
    return this.#plan.sharedPrompts ? 0 : this.#start.promptMask.shape[1];
  }

  /** Copies the caches into larger ones. */
  #grow() {
    const old = this.#state;
    const capacity = old.keys[0].shape[2]!;
    const wanted = Math.min(capacity + CACHE_BLOCK, this.#mostSlots());
    const added = Math.ceil(wanted / CAPACITY_UNIT) * CAPACITY_UNIT - capacity;
    // The caches are copied one by one, so that only one of them exists twice.
    const longer = (x: tf.Tensor, axis: number) => {
      const padded = tf.pad(
        x,
        x.shape.map((_, i) => [0, i === axis ? added : 0]),
      );
      x.dispose();
      return padded;
    };
    this.#state = {
      ...old,
      keys: old.keys.map((x) => longer(x, 2)),
      values: old.values.map((x) => longer(x, 2)),
      promptMask: this.#plan.sharedPrompts
        ? old.promptMask
        : longer(old.promptMask, 3),
    };
    this.#arrange();
  }

  #makeConstants() {
    const { model, options } = this.#start;
    const own = (name: string, tensor: tf.Tensor) => {
      this.#constants[name] = tensor;
      this.#owned.push(tensor);
    };
    const fed = fedTokens(this.#start, this.#plan);
    own("rotary", rotaryRows(this.#start, fed));
    const bans = banVector(this.#start);
    if (bans !== null) own("bans", bans);
    own("temperature", tf.scalar(options.temperature));
    if (options.topK !== undefined) {
      own("topK", tf.scalar(options.topK, "int32"));
    }
    if (options.topP !== undefined) own("topP", tf.scalar(options.topP));
    Object.assign(this.#constants, graphTensors(model));
    for (const { name, shape } of model.specs) {
      const parameter = model.parameter(name);
      const isProjection = shape.length === 2 && !name.includes("embed_tokens");
      if (isProjection && this.#plan.small) {
        own(name, tf.transpose(parameter));
      }
    }
    if (model.config.model_type === "qwen3") this.#makeHeadNorms(own);
  }

  /** Returns the norms of all query and key heads of a layer, `[heads + G, E]`. */
  #makeHeadNorms(own: (name: string, tensor: tf.Tensor) => void) {
    const { model } = this.#start;
    const { num_hidden_layers, num_attention_heads, num_key_value_heads } =
      model.config;
    for (let layer = 0; layer < num_hidden_layers; layer++) {
      const name = `model.layers.${layer}.self_attn`;
      const rows = (kind: string, count: number) =>
        tf.tile(
          tf.reshape(model.parameter(`${name}.${kind}.weight`), [1, -1]),
          [count, 1],
        );
      own(
        `${name}.qk_norm.weight`,
        tf.tidy(() =>
          tf.concat([
            rows("q_norm", num_attention_heads),
            rows("k_norm", num_key_value_heads),
          ])
        ),
      );
    }
  }

  /** Cuts the lanes, makes what follows from the state's shapes, binds all. */
  #arrange() {
    tf.dispose(this.#shapes);
    const { keys, positions, uniforms, promptMask } = this.#state;
    const [prompts, heads, capacity] = keys[0].shape;
    const lanes = Math.min(this.#lanesFor(positions.size), prompts);
    const perLane = Math.floor(prompts / lanes);
    if (lanes !== this.#lanes || perLane < this.#parts) {
      this.#load(lanes, Math.min(perLane, this.#partsFor(lanes)));
    }
    const integers = (values: number[]) => tf.tensor1d(values, "int32");
    const sizes = laneSizes(prompts, lanes);
    this.#shapes = {
      firstSlot: tf.scalar(this.#firstSlot(), "int32"),
      cacheShape: integers([-1, ...keys[0].shape.slice(1)]),
      lanePrompts: integers(sizes),
      laneRows: integers(sizes.map((size) => size * this.#width)),
      partPrompts: integers(sizes.flatMap((n) => laneSizes(n, this.#parts))),
      laneHeads: integers(sizes.map((size) => size * heads!)),
      headStarts: integers(
        sizes.flatMap((size) =>
          Array.from({ length: size * heads! }, (_, i) => i * capacity!)
        ),
      ),
      slots: tf.range(0, capacity!, 1, "int32"),
      ...(this.#plan.sharedPrompts ? this.#sharedShapes(capacity!) : {}),
    };
    this.#caller.set({ ...this.#shapes, positions, uniforms, promptMask });
    for (
      const kind of ["keys", "values", "promptKeys", "promptValues"] as const
    ) {
      this.#state[kind].forEach((tensor, layer) =>
        this.#caller.set({ [`${kind}.model.layers.${layer}`]: tensor })
      );
    }
  }

  #load(lanes: number, parts: number) {
    this.#lanes = lanes;
    this.#parts = parts;
    this.#caller = sessionOf({ ...this.#plan, lanes, parts }).caller();
    this.#caller.set(this.#constants);
  }

  /** Parts so small that TensorFlow leaves each to one thread at full capacity. */
  #partsFor(lanes: number): number {
    if (lanes === 1) return 1;
    const { num_attention_heads, head_dim } = this.#start.model.config;
    const rows = Math.ceil(this.#state.positions.size / lanes);
    return Math.ceil(
      rows * num_attention_heads * head_dim * this.#mostSlots() /
        UNDIVIDED_PRODUCTS,
    );
  }

  /** Shapes of a lane's heads and scores; -1 is its number of prompts. */
  #sharedShapes(capacity: number): Record<string, tf.Tensor> {
    const { num_attention_heads, num_key_value_heads: groups, head_dim } =
      this.#start.model.config;
    const repeats = num_attention_heads / groups;
    const width = this.#width;
    const length = this.#state.promptKeys[0].shape[2]!;
    const shape = (...values: number[]) => tf.tensor1d(values, "int32");
    return {
      queryHeads: shape(-1, width, groups, repeats, head_dim),
      keyHeads: shape(-1, width, groups, 1, head_dim),
      attendedShape: shape(-1, groups, width, repeats, head_dim),
      rowQueries: shape(-1, groups * width, repeats, head_dim),
      promptQueries: shape(-1, groups, width * repeats, head_dim),
      rowScores: shape(-1, groups * width, repeats, length),
      promptScores: shape(-1, groups, width * repeats, length),
      lengths: shape(length, capacity),
    };
  }
}

/** Returns the places of the heads that stay, in the old caches flattened to heads. */
function keptHeads(smaller: Smaller, groups: number, oldWidth: number) {
  const { rows, prompts, grid: { width } } = smaller;
  return prompts.flatMap((_, p) =>
    Array.from({ length: groups * width }, (_, i) => {
      const group = Math.floor(i / width);
      const row = rows[p * width + i % width];
      const prompt = Math.floor(row / oldWidth);
      return (prompt * groups + group) * oldWidth + row % oldWidth;
    })
  );
}

/** Response tokens that are fed, in whole runs of the graph. */
function fedTokens({ steps }: DecodingStart, { tokensPerRun }: DecodePlan) {
  return Math.ceil((steps - 1) / tokensPerRun) * tokensPerRun;
}

function planOf({ model, options, width }: DecodingStart): DecodePlan {
  const { temperature, topK, topP, bannedTokens } = options;
  const greedy = temperature === 0;
  const small = isSmall(model);
  const vocabulary = model.config.vocab_size;
  return {
    config: model.config,
    adapters: adapterPlan(model),
    tokensPerRun: small ? TOKENS_PER_CHECK : 1,
    small,
    lanes: 1,
    parts: 1,
    sharedPrompts: width > 1,
    greedy,
    heated: !greedy && temperature !== 1,
    topK: !greedy && topK !== undefined && topK > 0 && topK < vocabulary,
    topP: !greedy && topP !== undefined && topP < 1,
    banned: (bannedTokens?.length ?? 0) > 0,
  };
}

const sessions = new Map<string, GraphSession>();

/** Returns the loaded graph of a plan; loading it and its first run take time, once. */
function sessionOf(plan: DecodePlan): GraphSession {
  const key = JSON.stringify({ ...plan, adapters: planKey(plan.adapters) });
  let session = sessions.get(key);
  if (session === undefined) {
    const { graph, outputs } = decodeGraph(plan);
    session = new GraphSession(graph, outputs);
    sessions.set(key, session);
  }
  return session;
}

/** Returns caches with the prompts at the heads of their rows. */
function mergedState(start: DecodingStart): RowState {
  return {
    ...commonState(start),
    keys: byPrompt(start.promptKeys),
    values: byPrompt(start.promptValues),
    promptKeys: [],
    promptValues: [],
  };
}

/** Returns the prompts apart, and empty caches for their rows. */
function sharedState(start: DecodingStart): RowState {
  const [groups, prompts, , headWidth] = start.promptKeys[0].shape;
  const empty = () =>
    tf.fill([prompts!, groups * start.width, 0, headWidth!], 0);
  return {
    ...commonState(start),
    keys: start.promptKeys.map(empty),
    values: start.promptKeys.map(empty),
    promptKeys: byPrompt(start.promptKeys),
    promptValues: byPrompt(start.promptValues),
  };
}

/** `[G, P, Tp, E]` to `[P, G, Tp, E]`. */
function byPrompt(caches: tf.Tensor[]): tf.Tensor[] {
  return caches.map((x) => {
    const moved = tf.transpose(x, [1, 0, 2, 3]);
    x.dispose();
    return moved;
  });
}

function commonState(start: DecodingStart) {
  const [prompts, length] = start.promptMask.shape;
  const promptMask = tf.reshape(start.promptMask, [prompts, 1, 1, length]);
  start.promptMask.dispose();
  return {
    tokens: tf.fill([start.uniforms.shape[1]], 0, "int32") as tf.Tensor,
    positions: rowPositions(start) as tf.Tensor,
    uniforms: start.uniforms as tf.Tensor,
    promptMask: promptMask as tf.Tensor,
  };
}

function disposeState(state: RowState) {
  tf.dispose(Object.values(state));
}
