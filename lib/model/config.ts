/**
 * A decoder's shape, in the field names of a Hugging Face `config.json`.
 *
 * Four families share one decoder. The config holds their differences: Qwen2 adds a bias
 * to the query, key and value projections, Qwen3 normalises every query and key head,
 * and Mistral is computed like Llama. Left out:
 * mixture-of-experts layers, sliding windows and every other family, among them
 * Gemma 3 (norms after attention, windows, other activations) and Phi 3 (joined
 * projections).
 */

import { parseJsonObject } from "./files/json_file.ts";
import { readRope, type RopeScaling } from "./rope_config.ts";

/** The families that the decoder implements. */
export type ModelType = "qwen2" | "qwen3" | "llama" | "mistral";

/** The defaults of each family for absent fields of `config.json`, as in `transformers`. */
const FAMILIES: Record<
  ModelType,
  { architecture: string; positions: number; window: number | null }
> = {
  qwen2: { architecture: "Qwen2ForCausalLM", positions: 32768, window: null },
  qwen3: { architecture: "Qwen3ForCausalLM", positions: 32768, window: null },
  llama: { architecture: "LlamaForCausalLM", positions: 2048, window: null },
  mistral: {
    architecture: "MistralForCausalLM",
    positions: 131072,
    window: 4096,
  },
};

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

/** The fields of a config that have no default, and any others. */
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
 * Parses the text of a `config.json`. Throws with the file, the field and the value
 * where this decoder would not compute the same as `transformers`.
 */
export function parseModelConfig(text: string, source: string): ModelConfig {
  const fields = parseJsonObject(text, source);
  const type = fields.model_type;
  if (typeof type !== "string" || !Object.hasOwn(FAMILIES, type)) {
    throw new Error(
      `${source}: model_type is ${JSON.stringify(type)}; this decoder reads ` +
        `"qwen2", "qwen3", "llama" and "mistral" (a checkpoint of Qwen, Llama or ` +
        `Mistral is needed)`,
    );
  }
  const family = FAMILIES[type as ModelType];
  fields.max_position_embeddings ??= family.positions;
  refuseUnsupported(fields, source);
  refuseWindow(fields, source);
  const rope = readRope(fields, source);
  const tied = fields.tie_word_embeddings ?? false;
  if (typeof tied !== "boolean") {
    throw new Error(
      `${source}: tie_word_embeddings is ${JSON.stringify(tied)}; it must be ` +
        `true or false`,
    );
  }
  const shape: ModelShape = {
    // The width of Qwen3's heads does not depend on the hidden width.
    ...(type === "qwen3" ? { head_dim: 128 } : {}),
    ...pickKnown(fields),
    model_type: type as ModelType,
    tie_word_embeddings: tied,
    attention_bias: type === "qwen2",
    rope_theta: rope.theta,
    rope_scaling: rope.scaling,
  };
  return modelConfig(shape, source);
}

/** Returns the object to write as `config.json`; `transformers` 4 and 5 both read it. */
export function configJson(config: ModelConfig): Record<string, unknown> {
  const { architecture, window } = FAMILIES[config.model_type];
  return {
    architectures: [architecture],
    ...config,
    // Where silence would mean a window.
    ...(window !== null && { sliding_window: null }),
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
  if (!["silu", "swish", undefined].includes(fields.hidden_act as string)) {
    refuse("hidden_act", 'only "silu" is computed here');
  }
  const layers = fields.layer_types ?? [];
  if (
    !Array.isArray(layers) || layers.some((kind) => kind !== "full_attention")
  ) {
    refuse("layer_types", 'only "full_attention" is computed here');
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
  if ((fields.quantization_config ?? null) !== null) {
    refuse(
      "quantization_config",
      "take the checkpoint that is not quantised (F32, F16 or BF16)",
    );
  }
}

/** Throws on a sliding window shorter than the context; a longer one leaves attention full. */
function refuseWindow(fields: Record<string, unknown>, source: string) {
  const { model_type, max_position_embeddings: positions } = fields;
  const field = model_type === "mistral"
    ? "sliding_window"
    : "use_sliding_window";
  const window = field === "sliding_window"
    ? fields.sliding_window === undefined ? 4096 : fields.sliding_window
    : fields.use_sliding_window === true
    ? fields.sliding_window === undefined ? 4096 : fields.sliding_window
    : null;
  if (model_type === "llama" || window === null) return;
  if (typeof window === "number" && window >= Number(positions)) return;
  throw new Error(
    `${source}: ${field} is ${JSON.stringify(fields[field])}, a window of ` +
      `${
        JSON.stringify(window)
      } tokens; attention here is full, which is the same ` +
      `up to that length: set max_position_embeddings to it`,
  );
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
  checkIds(config, source);
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

function checkIds(config: ModelConfig, source: string) {
  for (
    const field of ["bos_token_id", "eos_token_id", "pad_token_id"] as const
  ) {
    const ids = field === "eos_token_id"
      ? [config[field]].flat()
      : [config[field]];
    if (ids.every((id) => id === null || Number.isInteger(id))) continue;
    throw new Error(
      `${source}: ${field} is ${JSON.stringify(config[field])}; it must be a ` +
        `token id, or for eos_token_id a list of them`,
    );
  }
}
