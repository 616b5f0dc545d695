/**
 * The moments of AdamW for one large parameter on native TensorFlow.
 *
 * One operation passes once over moments and weights and changes them in place;
 * VectorMoments takes a dozen operations that each write a vector. Left out: small
 * parameters, whose update waits for the calls and not for memory.
 */
import * as tf from "@tensorflow/tfjs";
import {
  type Moments,
  type Sized,
  type Update,
  updateFactors,
} from "../training/moments.ts";
import { nativeTensorFlow } from "../kernels.ts";
import { run, Variable } from "../variable.ts";

let works: boolean | undefined;

/**
 * Tells whether the operation gives here what it should: one update of the number 1 by the
 * gradient 1 and the rate 0.5 is 0.5. Tried once, since this code was never run on a card.
 */
export function fusedMomentsWork(): boolean {
  works ??= nativeTensorFlow() !== null && oneUpdateIsRight();
  return works;
}

function oneUpdateIsRight(): boolean {
  const config = {
    learningRate: 0.5,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradientNorm: 1,
  };
  try {
    return tf.tidy(() => {
      const [one, gradient] = [tf.tensor1d([1]), tf.tensor1d([1])];
      const moments = new FusedMoments(one);
      const [fresh] = moments.update([one], gradient, {
        ...{ config, step: 1, clip: 1 },
      });
      moments.dispose();
      return Math.abs(fresh.dataSync()[0] - 0.5) < 1e-5;
    });
  } catch {
    return false;
  }
}

/** AdamW's moments of one large parameter, updated in place by one native operation. */
export class FusedMoments implements Moments {
  readonly #size: number;
  readonly #decays: boolean;
  /** Made by the first update: whoever only samples needs no moments. */
  #variables: Record<"first" | "second" | "weights", Variable> | null = null;

  constructor(parameter: Sized) {
    this.#size = parameter.size;
    this.#decays = parameter.rank > 1;
  }

  update(
    [old]: readonly tf.Tensor[],
    gradient_P: tf.Tensor1D,
    update: Update,
  ): tf.Tensor[] {
    const { config: { beta1, beta2 }, clip } = update;
    const { rate, epsilon, decay } = updateFactors(update);
    const { first, second, weights } = this.#made();
    return [tf.tidy(() => {
      // A copy that only the variable knows, so that it is changed in its place.
      const kept_P = tf.mul(
        tf.reshape(old, [old.size]),
        this.#decays ? 1 - decay : 1,
      );
      weights.assign(kept_P);
      kept_P.dispose();
      run("ResourceApplyAdam", "T", [
        weights.handle,
        first.handle,
        second.handle,
        // The powers of beta1 and beta2: zero, for `rate` holds the corrections.
        tf.scalar(0),
        tf.scalar(0),
        tf.scalar(rate),
        tf.scalar(beta1),
        tf.scalar(beta2),
        tf.scalar(epsilon),
        clip === 1 ? gradient_P : tf.mul(gradient_P, clip),
      ]);
      return tf.reshape(weights.value(), old.shape);
    })];
  }

  release() {
    const nothing = tf.fill([1], 0);
    this.#variables?.weights.assign(nothing);
    nothing.dispose();
  }

  read() {
    // There is no tidy around the array, since a tidy would look at every number for tensors.
    const valuesOf = (variable: Variable) => {
      const value_P = variable.value();
      const values = value_P.dataSync() as Float32Array;
      value_P.dispose();
      return values;
    };
    if (this.#variables === null) {
      const zeros_P = new Float32Array(this.#size);
      return Promise.resolve({ first_P: zeros_P, second_P: zeros_P });
    }
    const { first, second } = this.#variables;
    return Promise.resolve({
      first_P: valuesOf(first),
      second_P: valuesOf(second),
    });
  }

  write(first_P: Float32Array, second_P: Float32Array) {
    const { first, second } = this.#made();
    tf.tidy(() => {
      first.assign(tf.tensor1d(first_P));
      second.assign(tf.tensor1d(second_P));
    });
  }

  dispose() {
    for (const variable of Object.values(this.#variables ?? {})) {
      variable.dispose();
    }
    this.#variables = null;
  }

  #made() {
    if (this.#variables !== null) return this.#variables;
    // Not tf.zeros: it would hold as many zeros in JavaScript.
    const zeros_P = tf.fill([this.#size], 0);
    const [first, second, weights] = [0, 1, 2].map(() => new Variable(zeros_P));
    zeros_P.dispose();
    return this.#variables = { first, second, weights };
  }
}
