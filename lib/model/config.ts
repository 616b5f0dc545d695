/**
 * A decoder's shape, in the field names of a Hugging Face `config.json`.
 *
 * Three families share one decoder; what differs between them is read from the
 * configuration: Qwen2 adds a bias to the query, key and value projections,
 * Qwen3 normalises every query and key head, Llama 3 stretches its rotary
 * frequencies. Left out: mixture-of-experts layers, sliding windows and every
 * other family.
 */

import { parseJsonObject } from "./files/json_file.ts";

/** Families the decoder implements. */
export type ModelType = "qwen2" | "qwen3" | "llama";

/** Rotary scaling, as `config.json` writes it. */
export interface RopeScaling {
  rope_type: "default" | "linear" | "llama3";
  factor?: number;
  low_freq_factor?: number;
  high_freq_factor?: number;
  original_max_position_embeddings?: number;
}

/** The fields of `config.json` that change a result. */
export interface ModelConfig {
  model_type: ModelType;
  vocab_size: number;
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  intermediate_size: number;
  max_position_embeddings: number;
  rms_norm_eps: number;
  rope_theta: number;
  rope_scaling: RopeScaling | null;
  tie_word_embeddings: boolean;
  /** Biases on the query, key and value projections. */
  attention_bias: boolean;
  /** Standard deviation of the weights of a fresh model. */
  initializer_range: number;
  bos_token_id: number | null;
  eos_token_id: number | number[] | null;
  pad_token_id: number | null;
}

/** Fields without a sensible default. */
export type ModelShape =
  & Pick<
    ModelConfig,
    | "model_type"
    | "vocab_size"
    | "hidden_size"
    | "num_hidden_layers"
    | "num_attention_heads"
    | "intermediate_size"
  >
  & Partial<ModelConfig>;

/**
 * Completes a shape with the defaults of Hugging Face `transformers`. Throws with
 * `source` and the field on a value that no model can have.
 */
export function modelConfig(
  shape: ModelShape,
  source = "model configuration",
): ModelConfig {
  const config: ModelConfig = {
    num_key_value_heads: shape.num_attention_heads,
    head_dim: shape.hidden_size / shape.num_attention_heads,
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    rope_scaling: null,
    tie_word_embeddings: true,
    attention_bias: shape.model_type === "qwen2",
    initializer_range: 0.02,
    bos_token_id: null,
    eos_token_id: null,
    pad_token_id: null,
    ...shape,
  };
  checkConfig(config, source);
  return config;
}

/**
 * Reads the text of a `config.json`.
 *
 * `transformers` 5 nests the rotary fields in `rope_parameters`; both forms are
 * read. Throws with the file, the field and the value on anything that this
 * decoder would compute wrongly.
 */
export function parseModelConfig(text: string, source: string): ModelConfig {
  const fields = parseJsonObject(text, source);
  const type = fields.model_type;
  if (type !== "qwen2" && type !== "qwen3" && type !== "llama") {
    throw new Error(
      `${source}: model_type is ${JSON.stringify(type)}; this decoder reads ` +
        `"qwen2", "qwen3" and "llama" (a Qwen or Llama checkpoint is needed)`,
    );
  }
  refuseUnsupported(fields, source);
  const rope = readRope(fields, source);
  const tied = fields.tie_word_embeddings ?? false;
  if (typeof tied !== "boolean") {
    throw new Error(
      `${source}: tie_word_embeddings is ${JSON.stringify(tied)}; it must be ` +
        `true or false`,
    );
  }
  const shape: ModelShape = {
    // Qwen3's heads are not a share of the width unless the file says so.
    ...(type === "qwen3" ? { head_dim: 128 } : {}),
    ...pickKnown(fields),
    model_type: type,
    tie_word_embeddings: tied,
    attention_bias: type === "qwen2",
    rope_theta: rope.theta,
    rope_scaling: rope.scaling,
  };
  return modelConfig(shape, source);
}

/** The object to write as `config.json`; `transformers` 4 and 5 both read it. */
export function configJson(config: ModelConfig): Record<string, unknown> {
  const architecture = {
    qwen2: "Qwen2ForCausalLM",
    qwen3: "Qwen3ForCausalLM",
    llama: "LlamaForCausalLM",
  }[config.model_type];
  return {
    architectures: [architecture],
    ...config,
    hidden_act: "silu",
    attention_dropout: 0,
    use_cache: true,
    torch_dtype: "float32",
  };
}

const KNOWN_FIELDS = [
  "vocab_size",
  "hidden_size",
  "num_hidden_layers",
  "num_attention_heads",
  "num_key_value_heads",
  "head_dim",
  "intermediate_size",
  "max_position_embeddings",
  "rms_norm_eps",
  "initializer_range",
  "bos_token_id",
  "eos_token_id",
  "pad_token_id",
] as const;

function pickKnown(fields: Record<string, unknown>): ModelShape {
  const picked: Record<string, unknown> = {};
  for (const name of KNOWN_FIELDS) {
    if (fields[name] !== undefined && fields[name] !== null) {
      picked[name] = fields[name];
    }
  }
  return picked as unknown as ModelShape;
}

function refuseUnsupported(fields: Record<string, unknown>, source: string) {
  const refuse = (field: string, cure: string) => {
    throw new Error(
      `${source}: ${field} is ${JSON.stringify(fields[field])}; ${cure}`,
    );
  };
  if (fields.hidden_act !== undefined && fields.hidden_act !== "silu") {
    refuse("hidden_act", 'only "silu" is computed here');
  }
  if (fields.use_sliding_window === true) {
    refuse("use_sliding_window", "set it to false: attention here is full");
  }
  if (fields.attention_bias === true && fields.model_type !== "qwen2") {
    refuse(
      "attention_bias",
      "only Qwen2's projection biases are computed here",
    );
  }
  if (fields.mlp_bias === true) {
    refuse("mlp_bias", "feed-forward biases are not computed here");
  }
  if ((fields.partial_rotary_factor ?? 1) !== 1) {
    refuse("partial_rotary_factor", "heads are rotated whole here");
  }
  if ((fields.quantization_config ?? null) !== null) {
    refuse(
      "quantization_config",
      "take the checkpoint that is not quantised (F32, F16 or BF16)",
    );
  }
}

/** What each kind of rotary scaling needs; all are positive numbers. */
const ROPE_FIELDS = {
  default: [],
  linear: ["factor"],
  llama3: [
    "factor",
    "low_freq_factor",
    "high_freq_factor",
    "original_max_position_embeddings",
  ],
} as const;

function readRope(
  fields: Record<string, unknown>,
  source: string,
): { theta: number; scaling: RopeScaling | null } {
  const place = fields.rope_parameters ? "rope_parameters" : "rope_scaling";
  const nested = (fields[place] ?? {}) as Record<string, unknown>;
  if (typeof nested !== "object") {
    throw new Error(
      `${source}: ${place} is ${JSON.stringify(nested)}; it must be an object`,
    );
  }
  const theta = (fields.rope_theta ?? nested.rope_theta ?? 10000) as number;
  const kind = String(nested.rope_type ?? nested.type ?? "default");
  if (kind !== "default" && kind !== "linear" && kind !== "llama3") {
    throw new Error(
      `${source}: ${place}.rope_type is "${kind}"; "default", "linear" ` +
        `and "llama3" are computed here`,
    );
  }
  for (const name of ROPE_FIELDS[kind]) {
    if (!isPositive(nested[name])) {
      throw new Error(
        `${source}: ${place}.${name} is ${JSON.stringify(nested[name])}; ` +
          `"${kind}" needs a positive number`,
      );
    }
  }
  if (kind === "default") return { theta, scaling: null };
  return {
    theta,
    scaling: { ...nested, rope_type: kind } as RopeScaling,
  };
}

function isPositive(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

function checkConfig(config: ModelConfig, source: string) {
  const positive = [
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "intermediate_size",
    "max_position_embeddings",
  ] as const;
  for (const field of positive) {
    if (!Number.isInteger(config[field]) || config[field] <= 0) {
      throw new Error(
        `${source}: ${field} is ${JSON.stringify(config[field])}; it must be ` +
          `a positive integer`,
      );
    }
  }
  for (
    const field of ["rms_norm_eps", "rope_theta", "initializer_range"] as const
  ) {
    if (!isPositive(config[field])) {
      throw new Error(
        `${source}: ${field} is ${JSON.stringify(config[field])}; it must be ` +
          `a positive number`,
      );
    }
  }
  if (config.num_attention_heads % config.num_key_value_heads !== 0) {
    throw new Error(
      `${source}: num_attention_heads (${config.num_attention_heads}) must be a ` +
        `multiple of num_key_value_heads (${config.num_key_value_heads})`,
    );
  }
  if (config.head_dim % 2 !== 0) {
    throw new Error(`${source}: head_dim (${config.head_dim}) must be even`);
  }
}
