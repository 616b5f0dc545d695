/**
 * AdamW with decoupled weight decay over few flat vectors (Loshchilov and Hutter
 * 2019), after clipping the gradient by its global norm.
 *
 * Small parameters are updated together: a dozen operations per vector instead of
 * a dozen per parameter. Large ones are updated one by one, while they lie in the
 * processor's cache. Weight decay applies to matrices only, not to norms and
 * biases. Left out: schedules (schedule.ts) and the loss.
 */
import * as tf from "@tensorflow/tfjs";
import type { OptimiserConfig } from "./requests.ts";
import type { Decoder } from "./decoder.ts";

/** The usual settings for a small model. */
export const defaultOptimiser: OptimiserConfig = {
  learningRate: 2e-3,
  beta1: 0.9,
  beta2: 0.95,
  epsilon: 1e-8,
  weightDecay: 0.1,
  maxGradientNorm: 1,
};

/** A loss or gradient that is not a number, found before any weight changed. */
export class NonFiniteError extends Error {
  override name = "NonFiniteError";
}

/**
 * Values up to which neighbouring parameters are joined. Small models are one
 * vector; with all 42 million values of a larger one in one vector, its updates
 * peaked at 2.8 GB instead of 1.9 and were no faster.
 */
const VECTOR_SIZE = 2 ** 20;

/** The optimiser's memory for one model. Dispose it when done. */
export class AdamW {
  readonly #model: Decoder;
  /** Per vector, 1 where weight decay applies: `[P]`, or a scalar. */
  readonly #decays: tf.Tensor[];
  /** Per vector `[P]`. */
  #firstMoments: tf.Tensor1D[];
  #secondMoments: tf.Tensor1D[];
  #step = 0;

  constructor(model: Decoder) {
    this.#model = model;
    const groups = groupsOf(model.trainedTensors());
    this.#decays = groups.map(decaysOf);
    const zeros = () =>
      groups.map((group) => tf.keep(tf.zeros([sizeOf(group)])) as tf.Tensor1D);
    this.#firstMoments = zeros();
    this.#secondMoments = zeros();
  }

  /** Updates made so far. */
  get step(): number {
    return this.#step;
  }

  /** Copies of the moments, for a checkpoint. */
  async state(): Promise<
    { step: number; firstMoment: Float32Array; secondMoment: Float32Array }
  > {
    return {
      step: this.#step,
      firstMoment: await valuesOf(this.#firstMoments),
      secondMoment: await valuesOf(this.#secondMoments),
    };
  }

  /** Restores moments saved by `state()`. Throws when the sizes disagree. */
  restore(
    state: {
      step: number;
      firstMoment: Float32Array;
      secondMoment: Float32Array;
    },
  ) {
    const sizes = this.#firstMoments.map((vector) => vector.size);
    const size = sizes.reduce((sum, one) => sum + one, 0);
    if (
      state.firstMoment.length !== size || state.secondMoment.length !== size
    ) {
      throw new Error(
        `optimiser state has ${state.firstMoment.length} values for a model of ` +
          `${size}; it belongs to another model`,
      );
    }
    tf.dispose([this.#firstMoments, this.#secondMoments]);
    this.#firstMoments = vectorsOf(state.firstMoment, sizes);
    this.#secondMoments = vectorsOf(state.secondMoment, sizes);
    this.#step = state.step;
  }

  /**
   * One update from the gradient as `flatten` gives it, whose norm the caller has
   * already read. Throws {@link NonFiniteError} before anything changes if it is
   * not finite.
   */
  apply(
    gradients: readonly tf.Tensor1D[],
    gradientNorm: number,
    config: OptimiserConfig,
  ) {
    if (!Number.isFinite(gradientNorm)) {
      throw new NonFiniteError(
        `the gradient norm is ${gradientNorm} at step ${this.#step + 1}; ` +
          `nothing was updated (lower the learning rate or check the data)`,
      );
    }
    this.#step++;
    const clip = Math.min(1, config.maxGradientNorm / (gradientNorm + 1e-6));
    const groups = groupsOf(this.#model.trainedTensors());
    const updated = groups.flatMap((group, i) =>
      this.#updateGroup(i, group, gradients[i], clip, config)
    );
    this.#model.replaceTrained(updated);
  }

  /** Replaces a vector's moments; returns its parameters' new values. */
  #updateGroup(
    index: number,
    old: readonly tf.Tensor[],
    gradient_P: tf.Tensor1D,
    clip: number,
    config: OptimiserConfig,
  ): tf.Tensor[] {
    const moments = [this.#firstMoments[index], this.#secondMoments[index]];
    const [first, second, ...parameters] = tf.tidy(() => {
      const gradient = tf.mul(gradient_P, clip);
      const first = blend(moments[0], gradient, config.beta1);
      const second = tf.tidy(() =>
        blend(moments[1], tf.square(gradient), config.beta2)
      );
      gradient.dispose();
      const updated = this.#updated(index, old, first, second, config);
      return [first, second, ...updated];
    });
    tf.dispose(moments);
    this.#firstMoments[index] = tf.keep(first as tf.Tensor1D);
    this.#secondMoments[index] = tf.keep(second as tf.Tensor1D);
    return parameters;
  }

  #updated(
    index: number,
    old: readonly tf.Tensor[],
    first: tf.Tensor,
    second: tf.Tensor,
    config: OptimiserConfig,
  ): tf.Tensor[] {
    const old_P = joined(old);
    const firstCorrection = 1 - config.beta1 ** this.#step;
    const secondCorrection = 1 - config.beta2 ** this.#step;
    const rate = config.learningRate * Math.sqrt(secondCorrection) /
      firstCorrection;
    const decay = config.learningRate * config.weightDecay;
    // Nested scopes free every vector as soon as it is used up.
    const step_P = tf.tidy(() => {
      // (first / c1) / (sqrt(second / c2) + epsilon), its constants gathered
      const epsilon = config.epsilon * Math.sqrt(secondCorrection);
      return tf.mul(tf.div(first, tf.add(tf.sqrt(second), epsilon)), rate);
    });
    const kept_P = decay === 0
      ? old_P
      : tf.tidy(() =>
        tf.mul(old_P, tf.sub(1, tf.mul(this.#decays[index], decay)))
      );
    const new_P = tf.sub(kept_P, step_P);
    if (kept_P !== old_P) old_P.dispose();
    tf.dispose([kept_P, step_P]);
    const pieces = old.length === 1
      ? [new_P]
      : tf.split(new_P, old.map((tensor) => tensor.size));
    return pieces.map((piece, i) => tf.reshape(piece, old[i].shape));
  }

  dispose() {
    tf.dispose([this.#decays, this.#firstMoments, this.#secondMoments]);
  }
}

/** Joins tensors into vectors in the way that `AdamW.apply` takes gradients. */
export function flatten(tensors: readonly tf.Tensor[]): tf.Tensor1D[] {
  return groupsOf(tensors).map(joined);
}

/** Neighbours whose values fill one vector; a larger tensor is alone. */
function groupsOf(tensors: readonly tf.Tensor[]): tf.Tensor[][] {
  const groups: tf.Tensor[][] = [];
  for (const tensor of tensors) {
    const group = groups.at(-1);
    if (group !== undefined && sizeOf(group) + tensor.size <= VECTOR_SIZE) {
      group.push(tensor);
    } else groups.push([tensor]);
  }
  return groups;
}

function sizeOf(tensors: readonly tf.Tensor[]): number {
  return tensors.reduce((sum, tensor) => sum + tensor.size, 0);
}

/** One vector of all values, in order. */
function joined(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() => {
    const flat = tensors.map((x) => tf.reshape(x, [x.size]) as tf.Tensor1D);
    return flat.length === 1 ? flat[0] : tf.concat1d(flat);
  });
}

/** 1 for matrices, 0 for vectors: a scalar if the group is a single tensor. */
function decaysOf(group: readonly tf.Tensor[]): tf.Tensor {
  const decay = (tensor: tf.Tensor) => tensor.rank > 1 ? 1 : 0;
  if (group.length === 1) return tf.keep(tf.scalar(decay(group[0])));
  return tf.keep(tf.tidy(() =>
    tf.concat1d(
      group.map((tensor) =>
        tf.fill([tensor.size], decay(tensor))
      ) as tf.Tensor1D[],
    )
  ));
}

async function valuesOf(vectors: readonly tf.Tensor1D[]) {
  const values = new Float32Array(sizeOf(vectors));
  let at = 0;
  for (const vector of vectors) {
    values.set(await vector.data() as Float32Array, at);
    at += vector.size;
  }
  return values;
}

function vectorsOf(values: Float32Array, sizes: readonly number[]) {
  let at = 0;
  return sizes.map((size) => {
    const vector = tf.tensor1d(values.subarray(at, at + size));
    at += size;
    return tf.keep(vector);
  });
}

/** `decay * old + (1 - decay) * fresh`, in three passes over the memory. */
function blend(old: tf.Tensor, fresh: tf.Tensor, decay: number): tf.Tensor {
  return tf.tidy(() => tf.add(old, tf.mul(tf.sub(fresh, old), 1 - decay)));
}
