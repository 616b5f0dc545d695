/**
 * Gradient checkpointing: the intermediates of a block are computed twice instead of
 * being kept (Chen et al. 2016).
 *
 * Memory then holds one hidden state per layer instead of every intermediate, for about
 * a third more time. Left out: the decision when to use it.
 */
import * as tf from "@tensorflow/tfjs";
import { sinkOf } from "../differentiable.ts";

/** The part of tfjs's engine that a nested differentiation overwrites. */
interface TapeState {
  activeTape: unknown;
}

/**
 * Computes `block(x, constants)` with gradients for `x` and for `parameters`, which the
 * block may use freely. Pass other tensors that are freed after the forward pass as
 * `constants`. The block must be a pure function.
 */
export function recomputed(
  block: (x: tf.Tensor2D, constants: tf.Tensor[]) => tf.Tensor2D,
  x: tf.Tensor2D,
  parameters: readonly tf.Tensor[],
  constants: readonly tf.Tensor[],
): tf.Tensor2D {
  // A sink takes its parameters' gradients itself; tfjs only has to find the way there.
  const sink = parameters.map(sinkOf).find((one) => one !== null);
  const onTape = parameters.filter((parameter) => sinkOf(parameter) === null);
  if (sink) onTape.push(sink.anchor);
  const operation = tf.customGrad((...args: unknown[]) => {
    const input = args[0] as tf.Tensor2D;
    const save = args[args.length - 1] as (tensors: tf.Tensor[]) => void;
    save([input, ...constants]);
    return {
      value: block(input, [...constants]),
      gradFunc: (dy: tf.Tensor, [saved, ...kept]: tf.Tensor[]) =>
        withOwnTape(() =>
          tf.grads((again) => block(again as tf.Tensor2D, kept))(
            [saved, ...onTape],
            dy,
          )
        ),
    };
  });
  return operation(x, ...onTape) as tf.Tensor2D;
}

/** Runs `body` with a tape of its own: tfjs 4.22 loses the outer tape in nested differentiation. */
function withOwnTape<T>(body: () => T): T {
  const state = (tf.engine() as unknown as { state: TapeState }).state;
  const outer = state.activeTape;
  try {
    return body();
  } finally {
    state.activeTape = outer;
  }
}
