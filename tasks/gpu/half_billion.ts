/**
 * Two steps of training at the shape of Qwen2.5-0.5B, all weights, and the memory that
 * they take beside what was computed. Weights are random unless the model is here.
 */
import * as tf from "@tensorflow/tfjs";
import { LocalEngine } from "../../lib/engines/local.ts";
import { MODEL_PRESETS } from "../../lib/lab/model_presets.ts";
import { Decoder, modelConfig, startBackend } from "../../lib/model/mod.ts";
import { nativeTensorFlow } from "../../lib/model/kernels.ts";
import { memoryOf, peakOf } from "../selfplay/memory_plan.ts";
import { runsGraphs } from "../../lib/model/backend.ts";
import { type ModelConfig } from "../../lib/model/config.ts";
import {
  type ParameterSpec,
  parameterSpecs,
} from "../../lib/model/parameters.ts";
import { localPath } from "../model/folder.ts";
import { trainingWork } from "./work.ts";

const { shape, model: NAME } = MODEL_PRESETS["gpu-0.5b"];

/** Sequences of a step, and their prompts and responses in tokens. */
const STEP = {
  card: { sequences: 8, promptTokens: 256, responseTokens: 256 },
  rehearsal: { sequences: 2, promptTokens: 12, responseTokens: 4 },
};

/** Opens the model, takes two steps and returns what they took. */
export async function halfBillion(
  rehearsal: boolean,
  memoryUsed: () => Promise<number | null>,
) {
  await startBackend();
  const folder = localPath(NAME);
  const isReal = folder !== undefined && !rehearsal;
  const engine = isReal
    ? await LocalEngine.fromFolder(folder)
    : new LocalEngine(randomModel(rehearsal));
  const { model } = engine;
  model.microBatchTokens = 2048;
  const step = rehearsal ? STEP.rehearsal : STEP.card;
  const work = trainingWork(engine, step);
  const seconds: number[] = [];
  for (let i = 0; i < 2; i++) {
    const began = performance.now();
    await work();
    seconds.push((performance.now() - began) / 1000);
  }
  const tokens = step.sequences * (step.promptTokens + step.responseTokens);
  const used = await memoryUsed();
  const computed = computedBytes(model.config, step);
  engine.dispose();
  return {
    weights: isReal ? NAME : "random",
    parameters: model.specs.reduce((sum, spec) => sum + sizeOf(spec), 0),
    tokens_a_step: tokens,
    seconds,
    trained_tokens_per_s: tokens / seconds[1],
    memory_bytes: { computed, used },
  };
}

function computedBytes(
  config: ModelConfig,
  { promptTokens, responseTokens }: typeof STEP.card,
): number {
  const rowTokens = promptTokens + responseTokens;
  return peakOf(memoryOf({
    config,
    weightBytes: 4,
    loraRank: 0,
    graphs: runsGraphs(),
    recomputesLayers: !runsGraphs(),
    batchTokens: 2048,
    rowTokens,
    sampledRows: 1,
    sampledTokens: 1,
  }));
}

/** A model of the shape with normal weights, made where it is computed. */
function randomModel(rehearsal: boolean): Decoder {
  const config = modelConfig(
    rehearsal
      ? {
        ...shape!,
        ...{ vocab_size: 400, hidden_size: 56, intermediate_size: 96 },
        num_hidden_layers: 2,
      }
      : shape!,
  );
  const tensors = parameterSpecs(config).map((spec, i) =>
    spec.initial === "ones" || spec.initial === "zeros"
      ? tf.fill(spec.shape, spec.initial === "ones" ? 1 : 0)
      : normal(spec.shape, config.initializer_range, i + 1)
  );
  return new Decoder(config, tensors);
}

function normal(shape: number[], deviation: number, seed: number): tf.Tensor {
  const native = nativeTensorFlow();
  if (native === null) throw new Error("native TensorFlow is needed");
  const { TF_ATTR_INT, TF_ATTR_TYPE, TF_FLOAT, TF_INT32 } = native.binding;
  return tf.tidy(() =>
    tf.mul(
      native.executeSingleOutput("RandomStandardNormal", [
        { name: "seed", type: TF_ATTR_INT, value: seed },
        { name: "seed2", type: TF_ATTR_INT, value: 1 },
        { name: "dtype", type: TF_ATTR_TYPE, value: TF_FLOAT },
        { name: "T", type: TF_ATTR_TYPE, value: TF_INT32 },
      ], [tf.tensor1d(shape, "int32")]),
      deviation,
    )
  );
}

function sizeOf({ shape }: ParameterSpec): number {
  return shape.reduce((product, axis) => product * axis, 1);
}
