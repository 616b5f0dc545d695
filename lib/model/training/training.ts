/**
 * The two optimiser steps: by a language-model loss and by a policy gradient.
 *
 * A step lays its sequences out in micro-batches of similar length, adds their
 * gradients, and checks that loss and gradient are finite. Only then it updates.
 * Losses are weighted sums over tokens. The language-model step divides the loss by the
 * total weight. Left out: the policy-gradient losses, which the caller gives.
 */
import * as tf from "@tensorflow/tfjs";
import { breathe } from "../../breathe.ts";
import type { OptimiserConfig, TrainSequence } from "../requests.ts";
import { lengthBuckets, packedBatch, plainBatch } from "./batch.ts";
import type { Decoder } from "../decoder.ts";
import { GradientSink } from "../differentiable.ts";
import { squaredNorm } from "../kernels.ts";
import { microBatchTokens } from "../memory.ts";
import { layersByGraph } from "../native/layers_native.ts";
import { isSmall } from "../native/small_model.ts";
import { bansOf, predictionLosses } from "./predictions.ts";
import { type PolicyLoss, type TokenSums, tokenSums } from "./policy_loss.ts";
import { type AdamW, flatten, NonFiniteError } from "./optimiser.ts";

/** A document to learn from. */
export interface LanguageModelExample {
  tokens: readonly number[];
  /** `weights[i]` is the loss weight of predicting `tokens[i]`; `weights[0]` is unused. */
  weights: readonly number[];
  /** Rotary position of every token; absent: 0, 1, 2 and so on. */
  positions?: readonly number[];
}

/** The report of a language-model step. */
export interface LanguageModelReport {
  /** Weighted mean negative log-likelihood per token, in nats. */
  loss: number;
  gradientNorm: number;
  tokens: number;
  seconds: number;
}

/** The report of a policy-gradient step. All numbers are finite, or the step throws and changes nothing. */
export interface PolicyReport {
  loss: number;
  gradientNorm: number;
  /** Mean over the tokens of each sum that the loss reports, in the loss's order. */
  means: number[];
  tokens: number;
  seconds: number;
}

/** Returns the padded tokens of a micro-batch: as the model says, else as memory allows. */
function batchTokens(model: Decoder): number {
  return model.microBatchTokens || microBatchTokens({
    config: model.config,
    loraRank: model.adapters?.config.rank ?? 0,
    graphs: layersByGraph(model),
    recomputesLayers: model.recomputesLayers,
  });
}

/**
 * Takes one AdamW step on the weighted mean token loss of documents. Throws where no
 * token has a positive weight, and `NonFiniteError` before any weight changes.
 */
export async function languageModelStep(
  model: Decoder,
  optimiser: AdamW,
  examples: readonly LanguageModelExample[],
  config: OptimiserConfig,
): Promise<LanguageModelReport> {
  const start = performance.now();
  let totalWeight = 0;
  for (const { weights } of examples) {
    for (let i = 1; i < weights.length; i++) totalWeight += weights[i];
  }
  if (!(totalWeight > 0)) {
    throw new Error("the examples have no token with a positive weight");
  }
  const buckets = lengthBuckets(
    examples.map(({ tokens }) => tokens.length),
    batchTokens(model),
  );
  const { loss, gradientNorm } = await accumulatedStep(
    model,
    optimiser,
    config,
    buckets.map((bucket) => () =>
      languageModelLoss(model, bucket.map((i) => examples[i]), totalWeight)
    ),
  );
  return {
    loss,
    gradientNorm,
    tokens: examples.reduce((sum, { tokens }) => sum + tokens.length, 0),
    seconds: (performance.now() - start) / 1000,
  };
}

/** Returns the weighted mean negative log-likelihood per token of documents, in nats. */
export async function languageModelEvaluation(
  model: Decoder,
  examples: readonly LanguageModelExample[],
): Promise<number> {
  let sum = 0;
  let totalWeight = 0;
  for (const { weights } of examples) {
    for (let i = 1; i < weights.length; i++) totalWeight += weights[i];
  }
  const buckets = lengthBuckets(
    examples.map(({ tokens }) => tokens.length),
    batchTokens(model),
  );
  for (const bucket of buckets) {
    await breathe();
    const loss = tf.tidy(() =>
      languageModelLoss(model, bucket.map((i) => examples[i]), totalWeight)
    );
    sum += (await loss.data())[0];
    loss.dispose();
  }
  return sum;
}

function languageModelLoss(
  model: Decoder,
  examples: readonly LanguageModelExample[],
  totalWeight: number,
): tf.Scalar {
  const batch = plainBatch(examples.map(({ tokens }) => tokens.slice(0, -1)));
  const sources: number[] = [];
  const targets: number[] = [];
  const scaled: number[] = [];
  examples.forEach(({ tokens, weights, positions }, row) => {
    if (positions) {
      batch.positions.set(positions.slice(0, -1), row * batch.columns);
    }
    for (let i = 1; i < tokens.length; i++) {
      if (weights[i] === 0) continue;
      sources.push(row * batch.columns + i - 1);
      targets.push(tokens[i]);
      scaled.push(-weights[i] / totalWeight);
    }
  });
  const { logProbs_M } = predictionLosses(model, batch, {
    sources: Int32Array.from(sources),
    targets: Int32Array.from(targets),
  });
  return tf.sum(tf.mul(logProbs_M, tf.tensor1d(scaled)));
}

/** Sequences that share a prompt, packed together. */
interface PolicyGroup {
  promptTokens: readonly number[];
  members: TrainSequence[];
}

/**
 * Packed tokens per row. In longer rows more responses share a prompt, but attention
 * grows with the square of a row's length.
 */
const PACKED_COLUMNS = 256;

/**
 * The same for a large model, of which a token's products cost much more than its
 * attention: eight responses of 64 tokens to a prompt of 192 are 696 columns in one
 * row, not 2,040 in eight.
 */
export const PACKED_COLUMNS_LARGE = 1024;

/**
 * Takes one AdamW step on a policy-gradient loss. Sequences without a response token
 * are skipped. Throws where all are, and `NonFiniteError` or the reason of `stop` before
 * any weight changes.
 */
export async function policyGradientStep(
  model: Decoder,
  optimiser: AdamW,
  sequences: readonly TrainSequence[],
  policyLoss: PolicyLoss,
  config: OptimiserConfig,
  stop?: AbortSignal,
): Promise<PolicyReport> {
  const start = performance.now();
  sequences.forEach(checkSequence);
  commonTemperature(sequences);
  const groups = groupByPrompt(
    sequences.filter(({ responseTokens }) => responseTokens.length > 0),
    isSmall(model) ? PACKED_COLUMNS : PACKED_COLUMNS_LARGE,
  );
  if (groups.length === 0) {
    throw new Error("trainStep: no sequence has a response token");
  }
  const buckets = lengthBuckets(
    groups.map(groupLength),
    batchTokens(model),
  );
  const sums = tokenSums();
  try {
    const { loss, gradientNorm } = await accumulatedStep(
      model,
      optimiser,
      config,
      buckets.map((bucket) => () =>
        groupLoss(model, bucket.map((i) => groups[i]), policyLoss, sums)
      ),
      stop,
    );
    return {
      loss,
      gradientNorm,
      ...await sums.means(),
      seconds: (performance.now() - start) / 1000,
    };
  } finally {
    sums.dispose();
  }
}

/** Computes the natural log-probability of each response token, in the order given. */
export async function responseLogProbs(
  model: Decoder,
  sequences: readonly Pick<
    TrainSequence,
    "promptTokens" | "responseTokens" | "bannedTokens" | "temperature"
  >[],
): Promise<number[][]> {
  const temperature = commonTemperature(sequences);
  const result: number[][] = sequences.map(() => []);
  const filled = sequences.map((_, i) => i)
    .filter((i) => sequences[i].responseTokens.length > 0);
  const lengths = filled.map((i) =>
    sequences[i].promptTokens.length + sequences[i].responseTokens.length
  );
  for (const bucket of lengthBuckets(lengths, batchTokens(model))) {
    await breathe();
    const members = bucket.map((i) => filled[i]);
    const logProbs = tf.tidy(() => {
      const groups = members.map((i) => asGroup(sequences[i]));
      const { batch, predictions } = packedBatch(groups);
      const bans = bansOf(
        members.map((i) => sequences[i]),
        model.config.vocab_size,
      );
      return predictionLosses(model, batch, predictions, bans, temperature)
        .logProbs_M;
    });
    const values = await logProbs.data();
    logProbs.dispose();
    let next = 0;
    for (const i of members) {
      const length = sequences[i].responseTokens.length;
      result[i] = Array.from(values.slice(next, next + length));
      next += length;
    }
  }
  return result;
}

function asGroup(
  sequence: Pick<TrainSequence, "promptTokens" | "responseTokens">,
) {
  return {
    promptTokens: sequence.promptTokens,
    responses: [sequence.responseTokens],
  };
}

/** Returns the most columns of a group; shared prefixes reduce the number. */
function groupLength(group: PolicyGroup): number {
  return group.members.reduce(
    (sum, { responseTokens }) => sum + responseTokens.length - 1,
    group.promptTokens.length,
  );
}

/** Groups sequences by their prompts, of at most so many columns where one alone is shorter. */
export function groupByPrompt(
  sequences: readonly TrainSequence[],
  columns: number,
): PolicyGroup[] {
  const groups: PolicyGroup[] = [];
  const open = new Map<string, PolicyGroup>();
  for (const sequence of sequences) {
    const key = sequence.promptTokens.join(",");
    let group = open.get(key);
    const full = group !== undefined &&
      groupLength(group) + sequence.responseTokens.length > columns;
    if (group === undefined || full) {
      group = { promptTokens: sequence.promptTokens, members: [] };
      groups.push(group);
      open.set(key, group);
    }
    group.members.push(sequence);
  }
  return groups;
}

function groupLoss(
  model: Decoder,
  groups: readonly PolicyGroup[],
  policyLoss: PolicyLoss,
  sums: TokenSums,
): tf.Scalar {
  const { batch, predictions } = packedBatch(groups.map((group) => ({
    promptTokens: group.promptTokens,
    responses: group.members.map(({ responseTokens }) => responseTokens),
  })));
  const members = groups.flatMap((group) => group.members);
  const column = (pick: (sequence: TrainSequence) => readonly number[]) =>
    tf.tensor1d(members.flatMap((member) => [...pick(member)]), "float32");
  const { logProbs_M, entropies_M } = predictionLosses(
    model,
    batch,
    predictions,
    bansOf(members, model.config.vocab_size),
    commonTemperature(members),
  );
  const part = policyLoss({
    logProbs_M,
    entropies_M: entropies_M(),
    oldLogProbs_M: column(({ oldLogProbs }) => oldLogProbs),
    advantages_M: column(({ advantages }) => advantages),
    weights_M: column(({ weights }) => weights),
    responses_M: tf.tensor1d(
      members.flatMap(({ responseTokens }, i) => responseTokens.map(() => i)),
      "int32",
    ),
  });
  sums.add(part.sums, logProbs_M.shape[0]);
  return part.loss;
}

/** Returns the sampling temperature of the sequences; throws where it differs or is no temperature. */
function commonTemperature(
  sequences: readonly Pick<TrainSequence, "temperature">[],
): number {
  const [first = 1, ...others] = new Set(
    sequences.map(({ temperature = 1 }) => temperature),
  );
  if (others.length > 0) {
    throw new Error(
      `sequences[].temperature is ${first} and ${others.join(" and ")}; ` +
        "give one call sequences of one temperature",
    );
  }
  if (first > 0 && first < Infinity) return first;
  throw new Error(
    `sequences[].temperature is ${first}; give a positive number`,
  );
}

function checkSequence(sequence: TrainSequence, index: number) {
  const length = sequence.responseTokens.length;
  for (const field of ["advantages", "oldLogProbs", "weights"] as const) {
    if (sequence[field].length !== length) {
      throw new Error(
        `sequences[${index}].${field} has ${
          sequence[field].length
        } entries for ` +
          `${length} response tokens; give one per response token`,
      );
    }
  }
  if (sequence.promptTokens.length === 0) {
    throw new Error(`sequences[${index}].promptTokens is empty`);
  }
}

/** Sums losses and gradients of micro-batches, checks them, and updates. */
async function accumulatedStep(
  model: Decoder,
  optimiser: AdamW,
  config: OptimiserConfig,
  losses: readonly (() => tf.Scalar)[],
  stop?: AbortSignal,
): Promise<{ loss: number; gradientNorm: number }> {
  // tfjs itself takes no gradient of a packed matrix, a sink does.
  const { value, gradients } = isSmall(model) && !model.isNarrow
    ? await flatGradients(model.trainedTensors(), losses, stop)
    : await sunkGradients(model.trainedTensors(), losses, stop);
  const figures = tf.tidy(() => {
    const squares = gradients.map(squaredNorm);
    return tf.stack([value, tf.sqrt(tf.addN(squares))]);
  });
  const [loss, gradientNorm] = await figures.data();
  try {
    if (!Number.isFinite(loss)) {
      throw new NonFiniteError(
        `the loss is ${loss} at step ${optimiser.step + 1}; nothing was ` +
          `updated (lower the learning rate or check the data)`,
      );
    }
    optimiser.apply(gradients, gradientNorm, config);
  } finally {
    tf.dispose([value, gradients, figures]);
  }
  return { loss, gradientNorm };
}

/** A loss and its gradient, in the form of `flatten`. */
interface LossAndGradient {
  value: tf.Tensor;
  gradients: tf.Tensor1D[];
}

/** Adds up losses and gradients of a small model, each as a few vectors. */
async function flatGradients(
  parameters: tf.Tensor[],
  losses: readonly (() => tf.Scalar)[],
  stop?: AbortSignal,
): Promise<LossAndGradient> {
  let total: LossAndGradient | undefined;
  for (const loss of losses) {
    await breathe();
    if (stop?.aborted) tf.dispose([total?.value, total?.gradients]);
    stop?.throwIfAborted();
    const part = flatGradient(parameters, loss);
    total = total === undefined ? part : addParts(total, part);
  }
  return total!;
}

/** Adds up losses and gradients of a large model, parameter by parameter. */
async function sunkGradients(
  parameters: tf.Tensor[],
  losses: readonly (() => tf.Scalar)[],
  stop?: AbortSignal,
): Promise<LossAndGradient> {
  const sink = new GradientSink(parameters);
  const values: tf.Scalar[] = [];
  try {
    for (const loss of losses) {
      await breathe(stop);
      values.push(sink.addGradientsOf(loss));
    }
    const sums = sink.take();
    const gradients = flatten(sums);
    tf.dispose(sums);
    return { value: tf.addN(values), gradients };
  } finally {
    tf.dispose(values);
    sink.dispose();
  }
}

function flatGradient(
  parameters: tf.Tensor[],
  loss: () => tf.Scalar,
): LossAndGradient {
  return tf.tidy(() => {
    const { value, grads } = tf.valueAndGrads(() => loss())(parameters);
    const part: LossAndGradient = { value, gradients: flatten(grads) };
    return part as unknown as tf.TensorContainerObject;
  }) as unknown as LossAndGradient;
}

function addParts(a: LossAndGradient, b: LossAndGradient): LossAndGradient {
  const value = tf.add(a.value, b.value);
  const gradients = a.gradients.map((vector, i) =>
    tf.add(vector, b.gradients[i]) as tf.Tensor1D
  );
  tf.dispose([a.value, a.gradients, b.value, b.gradients]);
  return { value, gradients };
}
