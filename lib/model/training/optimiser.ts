/**
 * AdamW with decoupled weight decay (Loshchilov and Hutter 2019), after clipping
 * the gradient by its global norm.
 *
 * The parameters of a small model are updated together as one vector. Those of a larger
 * model are updated one by one, on native TensorFlow by one operation each. Weight decay
 * applies to matrices only, not to norms and biases. Left out: schedules
 * (schedule.ts), the equations (moments.ts) and the loss.
 */
import * as tf from "@tensorflow/tfjs";
import type { Decoder } from "../decoder.ts";
import { joined, type Moments, VectorMoments } from "./moments.ts";
import {
  isPacked,
  packedAtRandom,
  sized,
  widened,
} from "../native/bfloat16.ts";
import { FusedMoments, fusedMomentsWork } from "../native/moments_fused.ts";
import type { OptimiserConfig } from "../requests.ts";

/** The default settings of AdamW for a small model. */
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

/** Most values of trained tensors that are joined into one vector. */
const VECTOR_SIZE = 2 ** 20;

/** The AdamW optimiser of one model, with its moments. Dispose it when done. */
export class AdamW {
  readonly #model: Decoder;
  /** One per vector that `flatten` makes. */
  readonly #moments: Moments[];
  readonly #sizes: number[];
  #step = 0;

  constructor(model: Decoder) {
    this.#model = model;
    const groups = groupsOf(model.trainedTensors());
    this.#sizes = groups.map(sizeOf);
    this.#moments = groups.map(momentsFor);
  }

  /** Number of updates so far. */
  get step(): number {
    return this.#step;
  }

  /** Number of values of each moment. */
  get size(): number {
    return this.#sizes.reduce((sum, one) => sum + one, 0);
  }

  /** Copies one of the moments, one vector at a time: a large model's whole takes gigabytes. */
  async *pieces(moment: "first" | "second"): AsyncGenerator<Float32Array> {
    for (const moments of this.#moments) {
      yield (await moments.read())[`${moment}_P`];
    }
  }

  /** Copies the moments. */
  async state(): Promise<
    { step: number; firstMoment: Float32Array; secondMoment: Float32Array }
  > {
    const whole = async (moment: "first" | "second") => {
      const values = new Float32Array(this.size);
      let at = 0;
      for await (const piece of this.pieces(moment)) {
        values.set(piece, at);
        at += piece.length;
      }
      return values;
    };
    return {
      step: this.#step,
      firstMoment: await whole("first"),
      secondMoment: await whole("second"),
    };
  }

  /** Restores moments from what `read` gives of each, and the number of updates. */
  restore(
    step: number,
    read: (
      moment: "first" | "second",
      from: number,
      count: number,
    ) => Float32Array,
  ) {
    let at = 0;
    this.#moments.forEach((moments, i) => {
      const count = this.#sizes[i];
      moments.write(read("first", at, count), read("second", at, count));
      at += count;
    });
    this.#step = step;
  }

  /**
   * Updates the model by a gradient in the form of `flatten`, clipped by its global
   * norm `gradientNorm`, and disposes the gradient. Throws {@link NonFiniteError}, before anything changes, where
   * the norm is not finite.
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
    const step = ++this.#step;
    const clip = Math.min(1, config.maxGradientNorm / (gradientNorm + 1e-6));
    const trained = this.#model.trainedTensors();
    let first = trained.length;
    // One by one, so that no more than one group of parameters exists twice; the
    // embedding, the largest, is the first, and its turn comes when memory is free.
    groupsOf(trained).map((old, i) => ({ old, i })).reverse()
      .forEach(({ old, i }) => {
        const update = { config, step, clip };
        const wide = old.map(widened);
        const fresh = this.#moments[i].update(wide, gradients[i], update);
        gradients[i].dispose();
        tf.dispose(wide.filter((tensor, k) => tensor !== old[k]));
        first -= old.length;
        const kept = fresh.map((tensor, k) => {
          if (!isPacked(old[k])) return tensor;
          const rounded = packedAtRandom(tensor, [step, first + k]);
          tensor.dispose();
          this.#moments[i].release?.();
          return rounded;
        });
        this.#model.replaceTrained(kept, first);
      });
  }

  dispose() {
    for (const moments of this.#moments) moments.dispose();
  }
}

/** Joins tensors into vectors in the way that `AdamW.apply` takes gradients. */
export function flatten(tensors: readonly tf.Tensor[]): tf.Tensor1D[] {
  return groupsOf(tensors).map(joined);
}

/** Groups tensors for the update: all together where they are small, else one by one. */
function groupsOf(tensors: readonly tf.Tensor[]): (readonly tf.Tensor[])[] {
  return sizeOf(tensors) <= VECTOR_SIZE
    ? [tensors]
    : tensors.map((tensor) => [tensor]);
}

function momentsFor(group: readonly tf.Tensor[]): Moments {
  return group.length === 1 && fusedMomentsWork()
    ? new FusedMoments(sized(group[0]))
    : new VectorMoments(group.map(sized));
}

function sizeOf(tensors: readonly tf.Tensor[]): number {
  return tensors.reduce((sum, tensor) => sum + sized(tensor).size, 0);
}
