/**
 * Names, shapes and first values of a decoder's parameters.
 *
 * In memory the query, key and value projections of a layer are one matrix (one
 * matrix product instead of three); in a checkpoint they are three tensors. A
 * fused parameter lists its `parts`, which are consecutive blocks of rows.
 */
import * as tf from "@tensorflow/tfjs";
import { randomStream } from "../random.ts";
import type { ModelConfig } from "./config.ts";
import { nativeTensorFlow } from "./kernels.ts";

/** A checkpoint tensor inside a parameter. */
export interface ParameterPart {
  name: string;
  rows: number;
  /** Whether the rows belong to rotated heads, which have another order in memory (rope.ts). */
  rotated: boolean;
}

/** One parameter in memory. */
export interface ParameterSpec {
  name: string;
  shape: number[];
  /** Checkpoint tensors stacked along the rows; one part is the plain case. */
  parts: ParameterPart[];
  /** First values. "residual", for projections into the residual stream: scaled by 1/sqrt(2 layers). */
  initial: "normal" | "residual" | "ones" | "zeros";
}

/** Returns all parameters of a model, in a fixed order. */
export function parameterSpecs(config: ModelConfig): ParameterSpec[] {
  const width = config.hidden_size;
  const specs: ParameterSpec[] = [
    matrix("model.embed_tokens.weight", config.vocab_size, width),
  ];
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    specs.push(...layerSpecs(config, `model.layers.${layer}`));
  }
  specs.push(vector("model.norm.weight", width, "ones"));
  if (!config.tie_word_embeddings) {
    specs.push(matrix("lm_head.weight", config.vocab_size, width));
  }
  return specs;
}

/** Returns the number of a model's trained values. */
export function parameterCount(config: ModelConfig): number {
  return parameterSpecs(config)
    .map((spec) => spec.shape.reduce((product, axis) => product * axis, 1))
    .reduce((sum, size) => sum + size, 0);
}

/**
 * Returns fresh values: normal with standard deviation `initializer_range`, the
 * projections into the residual stream scaled by 1/sqrt(2 layers) (Radford et
 * al. 2019), norms one, biases zero. Every parameter has its own random stream.
 */
export function initialValues(
  spec: ParameterSpec,
  config: ModelConfig,
  seed: number,
): Float32Array {
  const size = spec.shape.reduce((product, axis) => product * axis, 1);
  const values = new Float32Array(size);
  if (spec.initial === "ones") return values.fill(1);
  if (spec.initial === "zeros") return values;
  const scale = spec.initial === "residual"
    ? config.initializer_range / Math.sqrt(2 * config.num_hidden_layers)
    : config.initializer_range;
  const stream = randomStream(seed, "parameter", spec.name);
  for (let i = 0; i < size; i++) values[i] = scale * stream.normal();
  return values;
}

/** Makes the tensor of a parameter. */
export function parameterTensor(
  spec: ParameterSpec,
  values: Float32Array,
): tf.Tensor {
  const tensor = tf.tensor(values, spec.shape, "float32");
  // Else native TensorFlow takes the values at first use, and until then, and as long
  // as no garbage is collected, a model is in memory twice.
  nativeTensorFlow()?.getInputTensorIds([tensor]);
  return tensor;
}

function layerSpecs(config: ModelConfig, layer: string): ParameterSpec[] {
  const width = config.hidden_size;
  const head = config.head_dim;
  const queryRows = config.num_attention_heads * head;
  const keyRows = config.num_key_value_heads * head;
  const part = (name: string, rows: number, rotated: boolean) => ({
    name: `${layer}.self_attn.${name}`,
    rows,
    rotated,
  });
  const fused = (kind: "weight" | "bias") => [
    part(`q_proj.${kind}`, queryRows, true),
    part(`k_proj.${kind}`, keyRows, true),
    part(`v_proj.${kind}`, keyRows, false),
  ];
  const specs: ParameterSpec[] = [
    vector(`${layer}.input_layernorm.weight`, width, "ones"),
    {
      name: `${layer}.self_attn.qkv_proj.weight`,
      shape: [queryRows + 2 * keyRows, width],
      parts: fused("weight"),
      initial: "normal",
    },
  ];
  if (config.attention_bias) {
    specs.push({
      name: `${layer}.self_attn.qkv_proj.bias`,
      shape: [queryRows + 2 * keyRows],
      parts: fused("bias"),
      initial: "zeros",
    });
  }
  if (config.model_type === "qwen3") {
    specs.push(
      vector(`${layer}.self_attn.q_norm.weight`, head, "ones", true),
      vector(`${layer}.self_attn.k_norm.weight`, head, "ones", true),
    );
  }
  const inner = config.intermediate_size;
  specs.push(
    matrix(`${layer}.self_attn.o_proj.weight`, width, queryRows, "residual"),
    vector(`${layer}.post_attention_layernorm.weight`, width, "ones"),
    matrix(`${layer}.mlp.gate_proj.weight`, inner, width),
    matrix(`${layer}.mlp.up_proj.weight`, inner, width),
    matrix(`${layer}.mlp.down_proj.weight`, width, inner, "residual"),
  );
  return specs;
}

function matrix(
  name: string,
  rows: number,
  columns: number,
  initial: ParameterSpec["initial"] = "normal",
): ParameterSpec {
  const parts = [{ name, rows, rotated: false }];
  return { name, shape: [rows, columns], parts, initial };
}

function vector(
  name: string,
  size: number,
  initial: ParameterSpec["initial"],
  rotated = false,
): ParameterSpec {
  return {
    name,
    shape: [size],
    parts: [{ name, rows: size, rotated }],
    initial,
  };
}
