/**
 * Operations with a hand-written gradient, and a place where gradients are added up.
 *
 * tfjs hands over the gradients of all parameters together, when the last one is done:
 * beside the sum of earlier batches the whole gradient is in memory twice. A sink takes
 * every gradient of its parameters as soon as it is computed. Left out: the operations
 * (kernels.ts).
 */
import * as tf from "@tensorflow/tfjs";

/** Tells whether tfjs is writing a tape; sampling and scoring need none. */
export function recordsGradients(): boolean {
  const engine = tf.engine() as unknown as { isTapeOn(): boolean };
  return engine.isTapeOn();
}

/** Adds a gradient to a sum of gradients, which is null at first, and returns the new sum. */
type Addition = (sum: tf.Tensor | null) => tf.Tensor;

/** A tensor operation with its gradient, in tfjs' form; for a sink also an addition. */
type Gradient = (
  dy: tf.Tensor,
  saved: tf.Tensor[],
) => tf.Tensor | (tf.Tensor | Addition)[];

/** What an operation computes forward; `save` keeps tensors for its gradient. */
type Forward = (
  save: (tensors: tf.Tensor[]) => void,
) => { value: tf.Tensor; gradFunc: Gradient };

/** Sums of the gradients of some parameters. Dispose it when done. */
export class GradientSink {
  /** What every operation on these parameters is taken to depend on. */
  readonly anchor = tf.keep(tf.scalar(0));
  readonly #places: ReadonlyMap<number, number>;
  readonly #parameters: readonly tf.Tensor[];
  readonly #sums: (tf.Tensor | undefined)[] = [];

  constructor(parameters: readonly tf.Tensor[]) {
    this.#parameters = parameters;
    this.#places = new Map(parameters.map(({ id }, place) => [id, place]));
  }

  /** Tells whether the sink takes the gradients of this tensor. */
  has(tensor: tf.Tensor): boolean {
    return this.#places.has(tensor.id);
  }

  /** Adds a gradient of a parameter. */
  add(parameter: tf.Tensor, gradient: tf.Tensor | Addition) {
    const place = this.#places.get(parameter.id)!;
    const old = this.#sums[place];
    if (typeof gradient === "function") {
      this.#sums[place] = tf.keep(gradient(old ?? null));
    } else {
      this.#sums[place] = tf.keep(old ? tf.add(old, gradient) : gradient);
      if (old) gradient.dispose();
    }
    old?.dispose();
  }

  /** Computes a loss and adds its gradients. */
  addGradientsOf(loss: () => tf.Scalar): tf.Scalar {
    const outer = current;
    current = this;
    try {
      return tf.tidy(() => {
        const { value } = tf.valueAndGrads(() => loss())([this.anchor]);
        return value;
      });
    } finally {
      current = outer;
    }
  }

  /** Returns the sums, which the caller owns from then on; zeros where nothing was added. */
  take(): tf.Tensor[] {
    const sums = this.#parameters.map(({ shape }, place) =>
      this.#sums[place] ?? tf.fill(shape, 0)
    );
    this.#sums.length = 0;
    return sums;
  }

  dispose() {
    this.anchor.dispose();
    tf.dispose(this.#sums.filter((sum) => sum !== undefined));
  }
}

let current: GradientSink | null = null;

/** Returns the sink that takes the gradients of a tensor now; null where tfjs does. */
export function sinkOf(tensor: tf.Tensor): GradientSink | null {
  return current?.has(tensor) ? current : null;
}

/** Returns an operation with its gradient; without a tape only the value is computed. */
export function differentiable(
  inputs: tf.Tensor[],
  forward: Forward,
): tf.Tensor {
  if (!recordsGradients()) return tf.tidy(() => forward(() => {}).value);
  const sink = current;
  const sunk = inputs.map((input) => sink?.has(input) ?? false);
  const onTape = inputs.filter((_, i) => !sunk[i]);
  // So that tfjs finds a way to every operation on a parameter of the sink.
  if (sunk.includes(true)) onTape.push(sink!.anchor);
  const operation = tf.customGrad((...args: unknown[]) => {
    const save = args[args.length - 1] as (tensors: tf.Tensor[]) => void;
    const { value, gradFunc } = forward(save);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const gradients = [gradFunc(dy, saved)].flat();
        if (!sunk.includes(true)) return gradients as tf.Tensor[];
        inputs.forEach((input, i) => {
          if (sunk[i]) sink!.add(input, gradients[i]);
        });
        const rest = gradients.filter((_, i) => !sunk[i]) as tf.Tensor[];
        return [...rest, tf.scalar(0)];
      },
    };
  });
  return operation(...onTape);
}
