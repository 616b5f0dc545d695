/**
 * The moments of AdamW for some parameters, and the update by them, in tfjs.
 *
 * It works on every backend. The parameters are joined into one vector: a dozen
 * operations on that vector cost a small model less than a dozen per parameter. Left
 * out: the step (optimiser.ts), and the update of large parameters on native TensorFlow
 * (moments_fused.ts).
 */
import * as tf from "@tensorflow/tfjs";
import type { OptimiserConfig } from "../requests.ts";

/** The inputs of an update besides the gradient. */
export interface Update {
  config: OptimiserConfig;
  /** Number of updates, this one included; from 1. */
  step: number;
  /** Factor by which the gradient is clipped, at most 1. */
  clip: number;
}

/** A parameter's number of values, and its rank. */
export type Sized = Pick<tf.Tensor, "size" | "rank">;

/** First and second moments of some parameters, P values in all. */
export interface Moments {
  /** Returns the parameters' new values. Disposes neither the old ones nor the gradient. */
  update(
    old: readonly tf.Tensor[],
    gradient_P: tf.Tensor1D,
    update: Update,
  ): tf.Tensor[];
  /** Frees the weights that an update keeps, where the parameter itself is packed. */
  release?(): void;
  /** Copies both moments, for a checkpoint. */
  read(): Promise<{ first_P: Float32Array; second_P: Float32Array }>;
  /** Replaces both moments. */
  write(first_P: Float32Array, second_P: Float32Array): void;
  dispose(): void;
}

/** Returns the constants of an update, which include the bias corrections of both moments. */
export function updateFactors({ config, step }: Update) {
  const firstCorrection = 1 - config.beta1 ** step;
  const secondCorrection = Math.sqrt(1 - config.beta2 ** step);
  return {
    // rate (first / c1) / (sqrt(second / c2) + epsilon), both sides times sqrt(c2)
    rate: config.learningRate * secondCorrection / firstCorrection,
    epsilon: config.epsilon * secondCorrection,
    decay: config.learningRate * config.weightDecay,
  };
}

/** AdamW's moments of all small parameters, joined into one vector; works on every backend. */
export class VectorMoments implements Moments {
  /** 1 where weight decay applies: `[P]`, or a scalar. */
  readonly #decays: tf.Tensor;
  #first_P: tf.Tensor1D;
  #second_P: tf.Tensor1D;

  constructor(parameters: readonly Sized[]) {
    const size = parameters.reduce((sum, { size }) => sum + size, 0);
    this.#decays = decaysOf(parameters);
    this.#first_P = tf.keep(tf.zeros([size]));
    this.#second_P = tf.keep(tf.zeros([size]));
  }

  update(
    old: readonly tf.Tensor[],
    gradient_P: tf.Tensor1D,
    update: Update,
  ): tf.Tensor[] {
    const { beta1, beta2 } = update.config;
    const [first_P, second_P, ...parameters] = tf.tidy(() => {
      const clipped_P = tf.mul(gradient_P, update.clip);
      const first_P = blend(this.#first_P, clipped_P, beta1);
      const second_P = tf.tidy(() =>
        blend(this.#second_P, tf.square(clipped_P), beta2)
      );
      clipped_P.dispose();
      const updated = this.#updated(old, first_P, second_P, update);
      return [first_P, second_P, ...updated];
    });
    this.#replace(first_P as tf.Tensor1D, second_P as tf.Tensor1D);
    return parameters;
  }

  #updated(
    old: readonly tf.Tensor[],
    first_P: tf.Tensor,
    second_P: tf.Tensor,
    update: Update,
  ): tf.Tensor[] {
    const old_P = joined(old);
    const { rate, epsilon, decay } = updateFactors(update);
    // Nested scopes free every vector after its last use.
    const step_P = tf.tidy(() =>
      tf.mul(tf.div(first_P, tf.add(tf.sqrt(second_P), epsilon)), rate)
    );
    const kept_P = decay === 0
      ? old_P
      : tf.tidy(() => tf.mul(old_P, tf.sub(1, tf.mul(this.#decays, decay))));
    const new_P = tf.sub(kept_P, step_P);
    if (kept_P !== old_P) old_P.dispose();
    tf.dispose([kept_P, step_P]);
    const pieces = old.length === 1
      ? [new_P]
      : tf.split(new_P, old.map((tensor) => tensor.size));
    return pieces.map((piece, i) => tf.reshape(piece, old[i].shape));
  }

  async read() {
    return {
      first_P: await this.#first_P.data() as Float32Array,
      second_P: await this.#second_P.data() as Float32Array,
    };
  }

  write(first_P: Float32Array, second_P: Float32Array) {
    this.#replace(tf.tensor1d(first_P), tf.tensor1d(second_P));
  }

  #replace(first_P: tf.Tensor1D, second_P: tf.Tensor1D) {
    tf.dispose([this.#first_P, this.#second_P]);
    this.#first_P = tf.keep(first_P);
    this.#second_P = tf.keep(second_P);
  }

  dispose() {
    tf.dispose([this.#decays, this.#first_P, this.#second_P]);
  }
}

/** Returns one vector of all values, in order. */
export function joined(tensors: readonly tf.Tensor[]): tf.Tensor1D {
  return tf.tidy(() => {
    const flat = tensors.map((x) => tf.reshape(x, [x.size]) as tf.Tensor1D);
    return flat.length === 1 ? flat[0] : tf.concat1d(flat);
  });
}

/** Returns 1 for matrices, whose weights decay, and 0 for vectors; a scalar for a single tensor. */
function decaysOf(parameters: readonly Sized[]): tf.Tensor {
  const decay = (tensor: Sized) => tensor.rank > 1 ? 1 : 0;
  if (parameters.length === 1) return tf.keep(tf.scalar(decay(parameters[0])));
  return tf.keep(tf.tidy(() =>
    tf.concat1d(
      parameters.map((tensor) =>
        tf.fill([tensor.size], decay(tensor))
      ) as tf.Tensor1D[],
    )
  ));
}

/** Returns `decay * old + (1 - decay) * fresh`, in three passes over the memory. */
function blend(old: tf.Tensor, fresh: tf.Tensor, decay: number): tf.Tensor {
  return tf.tidy(() => tf.add(old, tf.mul(tf.sub(fresh, old), 1 - decay)));
}
