/**
 * Low-rank adapters (Hu et al. 2021): a frozen model trained through small pairs
 * of matrices, in the file format of PEFT.
 *
 * A projection W gets two matrices, A `[rank, in]` and B `[out, rank]`, and
 * computes `x W' + (alpha / rank) x A' B'`; rank-stabilised (Kalajdzievski 2023)
 * with `alpha / sqrt(rank)`. B starts at zero, so a fresh adapter changes nothing.
 * Left out: adapters on embeddings and norms, and dropout.
 */
import * as tf from "@tensorflow/tfjs";
import { randomStream } from "../random.ts";
import type { ModelConfig } from "./config.ts";

/** The projections that can have an adapter, by their names in checkpoints. */
export const LORA_TARGETS = [
  "q_proj",
  "k_proj",
  "v_proj",
  "o_proj",
  "gate_proj",
  "up_proj",
  "down_proj",
] as const;
export type LoraTarget = typeof LORA_TARGETS[number];

/** The size and the places of the adapters. */
export interface LoraConfig {
  /** Inner width of an adapter's two matrices. */
  rank: number;
  /** The adapter's output is multiplied by alpha / rank. */
  alpha: number;
  /** Projections of every layer that have an adapter. */
  targets: readonly LoraTarget[];
  /** Whether alpha is divided by the root of the rank instead of the rank. */
  rankStabilised?: boolean;
  /** Single projections with an adapter each, where the adapters differ from each other. */
  modules?: readonly { name: string; rank: number; alpha: number }[];
}

/** Returns all projections of a model, in the checkpoint's names and a fixed order. */
export function projectionNames({ num_hidden_layers }: ModelConfig): string[] {
  return Array.from(
    { length: num_hidden_layers },
    (_, layer) =>
      LORA_TARGETS.map((target, i) =>
        `model.layers.${layer}.${i < 4 ? "self_attn" : "mlp"}.${target}`
      ),
  ).flat();
}

/** Returns the factor of the output of a projection's adapter. */
function scaleOf(
  { rank, alpha, rankStabilised, modules }: LoraConfig,
  name: string,
): number {
  const own = modules?.find((module) => module.name === name);
  const size = own?.rank ?? rank;
  return (own?.alpha ?? alpha) / (rankStabilised ? Math.sqrt(size) : size);
}

/** An adapter matrix. `name` is its projection's, such as `model.layers.0.mlp.up_proj`. */
export interface LoraSpec {
  name: string;
  matrix: "A" | "B";
  shape: [number, number];
  /** Whether the rows of B belong to rotated heads, which have another order in memory. */
  rotated: boolean;
}

/** Returns all adapter matrices of a model, A before B, in a fixed order. */
export function loraSpecs(config: ModelConfig, lora: LoraConfig): LoraSpec[] {
  const width = config.hidden_size;
  const inner = config.intermediate_size;
  const queries = config.num_attention_heads * config.head_dim;
  const keys = config.num_key_value_heads * config.head_dim;
  const shapes: Record<LoraTarget, [number, number]> = {
    q_proj: [width, queries],
    k_proj: [width, keys],
    v_proj: [width, keys],
    o_proj: [queries, width],
    gate_proj: [width, inner],
    up_proj: [width, inner],
    down_proj: [inner, width],
  };
  return projectionNames(config).flatMap((name): LoraSpec[] => {
    const target = name.split(".").at(-1) as LoraTarget;
    const own = lora.modules?.find((module) => module.name === name);
    if (lora.modules ? !own : !lora.targets.includes(target)) return [];
    const rank = own?.rank ?? lora.rank;
    const [input, output] = shapes[target];
    const rotated = target === "q_proj" || target === "k_proj";
    return [
      { name, matrix: "A", shape: [rank, input], rotated: false },
      { name, matrix: "B", shape: [output, rank], rotated },
    ];
  });
}

/** Returns fresh matrices: A uniform within 1/sqrt(in) as PEFT does, B zero. */
function initialLora(spec: LoraSpec, seed: number): Float32Array {
  const [rows, columns] = spec.shape;
  const values = new Float32Array(rows * columns);
  if (spec.matrix === "B") return values;
  const stream = randomStream(seed, "lora", spec.name);
  const bound = 1 / Math.sqrt(columns);
  for (let i = 0; i < values.length; i++) {
    values[i] = bound * (2 * stream.next() - 1);
  }
  return values;
}

/** The adapters of one model. Dispose them when done. */
export class Adapters {
  readonly config: LoraConfig;
  /** Modules of the base that belong to the adapters, and parameters replaced by them. */
  saved: { modules: readonly string[]; parameters: readonly string[] } = {
    modules: [],
    parameters: [],
  };
  readonly specs: readonly LoraSpec[];
  readonly #tensors = new Map<string, tf.Tensor2D>();

  /** Makes adapters that own `tensors`, one per entry of `loraSpecs`. */
  constructor(
    model: ModelConfig,
    config: LoraConfig,
    tensors: readonly tf.Tensor[],
  ) {
    this.config = config;
    this.specs = loraSpecs(model, config);
    this.replace(tensors);
  }

  /** Makes fresh adapters, under which the model computes the same as without them. */
  static fresh(
    model: ModelConfig,
    config: LoraConfig,
    seed: number,
  ): Adapters {
    const tensors = loraSpecs(model, config).map((spec) =>
      tf.tensor2d(initialLora(spec, seed), spec.shape)
    );
    return new Adapters(model, config, tensors);
  }

  /** Returns all matrices, in the order of `specs`. The adapters still own them. */
  tensors(): tf.Tensor[] {
    return this.specs.map((spec) => this.#tensors.get(keyOf(spec))!);
  }

  /** Replaces matrices from place `first` on, and disposes the old ones. The adapters own the new ones. */
  replace(tensors: readonly tf.Tensor[], first = 0) {
    tensors.forEach((tensor, i) => {
      const key = keyOf(this.specs[first + i]);
      this.#tensors.get(key)?.dispose();
      this.#tensors.set(key, tf.keep(tensor as tf.Tensor2D));
    });
  }

  /** Returns A, B and scale of a projection; null where it has no adapter. */
  of(
    projection: string,
  ): { a: tf.Tensor2D; b: tf.Tensor2D; scale: number } | null {
    const a = this.#tensors.get(`${projection} A`);
    const b = this.#tensors.get(`${projection} B`);
    if (a === undefined || b === undefined) return null;
    return { a, b, scale: scaleOf(this.config, projection) };
  }

  dispose() {
    for (const tensor of this.#tensors.values()) tensor.dispose();
    this.#tensors.clear();
  }
}

function keyOf(spec: LoraSpec): string {
  return `${spec.name} ${spec.matrix}`;
}
