/**
 * AdamW with decoupled weight decay over one flat vector (Loshchilov and Hutter
 * 2019), after clipping the gradient by its global norm.
 *
 * All parameters are updated as a single vector: a dozen operations per step
 * instead of a dozen per parameter. Weight decay applies to matrices only, not
 * to norms and biases. Left out: schedules (schedule.ts) and the loss.
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

/** The optimiser's memory for one model. Dispose it when done. */
export class AdamW {
  readonly #model: Decoder;
  /** 1 where weight decay applies, `[P]`. */
  readonly #decays_P: tf.Tensor1D;
  #firstMoment_P: tf.Tensor1D;
  #secondMoment_P: tf.Tensor1D;
  #step = 0;

  constructor(model: Decoder) {
    this.#model = model;
    this.#decays_P = tf.keep(tf.tidy(() =>
      tf.concat1d(
        model.trainedTensors().map((tensor) =>
          tf.fill([tensor.size], tensor.rank > 1 ? 1 : 0)
        ) as tf.Tensor1D[],
      )
    ));
    this.#firstMoment_P = tf.keep(tf.zerosLike(this.#decays_P));
    this.#secondMoment_P = tf.keep(tf.zerosLike(this.#decays_P));
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
      firstMoment: await this.#firstMoment_P.data() as Float32Array,
      secondMoment: await this.#secondMoment_P.data() as Float32Array,
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
    const size = this.#decays_P.size;
    if (
      state.firstMoment.length !== size || state.secondMoment.length !== size
    ) {
      throw new Error(
        `optimiser state has ${state.firstMoment.length} values for a model of ` +
          `${size}; it belongs to another model`,
      );
    }
    tf.dispose([this.#firstMoment_P, this.#secondMoment_P]);
    this.#firstMoment_P = tf.keep(tf.tensor1d(state.firstMoment));
    this.#secondMoment_P = tf.keep(tf.tensor1d(state.secondMoment));
    this.#step = state.step;
  }

  /**
   * One update from the flat gradient, whose norm the caller has already read.
   * Throws {@link NonFiniteError} before anything changes if it is not finite.
   */
  apply(
    gradient_P: tf.Tensor1D,
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
    const [first, second, ...parameters] = tf.tidy(() => {
      const gradient = tf.mul(gradient_P, clip);
      const first = blend(this.#firstMoment_P, gradient, config.beta1);
      const second = tf.tidy(() =>
        blend(this.#secondMoment_P, tf.square(gradient), config.beta2)
      );
      gradient.dispose();
      return [first, second, ...this.#updated(first, second, config)];
    });
    tf.dispose([this.#firstMoment_P, this.#secondMoment_P]);
    this.#firstMoment_P = tf.keep(first as tf.Tensor1D);
    this.#secondMoment_P = tf.keep(second as tf.Tensor1D);
    this.#model.replaceTrained(parameters);
  }

  #updated(
    first: tf.Tensor,
    second: tf.Tensor,
    config: OptimiserConfig,
  ): tf.Tensor[] {
    const old = this.#model.trainedTensors();
    const old_P = flatten(old);
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
      : tf.tidy(() => tf.mul(old_P, tf.sub(1, tf.mul(this.#decays_P, decay))));
    const new_P = tf.sub(kept_P, step_P);
    if (kept_P !== old_P) old_P.dispose();
    tf.dispose([kept_P, step_P]);
    const pieces = tf.split(new_P, old.map((tensor) => tensor.size));
    return pieces.map((piece, i) => tf.reshape(piece, old[i].shape));
  }

  dispose() {
    tf.dispose([this.#decays_P, this.#firstMoment_P, this.#secondMoment_P]);
  }
}

/** Joins tensors into one vector, in order. */
export function flatten(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() =>
    tf.concat1d(tensors.map((tensor) => tf.reshape(tensor, [tensor.size])))
  );
}

/** `decay * old + (1 - decay) * fresh`, in three passes over the memory. */
function blend(old: tf.Tensor, fresh: tf.Tensor, decay: number): tf.Tensor {
  return tf.tidy(() => tf.add(old, tf.mul(tf.sub(fresh, old), 1 - decay)));
}
