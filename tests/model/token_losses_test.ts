import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../lib/model/mod.ts";
import { entropies, linear, targetLogProbs } from "../../lib/model/kernels.ts";
import {
  banRows,
  type Bans,
  slicedTokenLosses,
} from "../../lib/model/training/token_losses.ts";
import { randomStream } from "../../lib/random.ts";

await startBackend();

Deno.test("two words of two positions, by hand", () => {
  tf.tidy(() => {
    // Logits [0, ln 3] and [ln 3, 0]: the words have one and three quarters.
    const weight_VD = tf.tensor2d([[0], [Math.log(3)]]);
    const losses = (temperature: number) =>
      slicedTokenLosses(
        tf.tensor2d([[1], [-1]]),
        Int32Array.of(1, 1),
        { weight_VD, trained: true, bans: null, temperature },
        1,
      );
    const near = (tensor: tf.Tensor, expected: number[]) =>
      tensor.dataSync().forEach((value, i) =>
        assert.ok(Math.abs(value - expected[i]) < 1e-6, `${value}`)
      );
    const entropy = 0.25 * Math.log(4) + 0.75 * Math.log(4 / 3);
    near(losses(1).logProbs_M, [Math.log(0.75), Math.log(0.25)]);
    near(losses(1).entropies_M, [entropy, entropy]);
    // At half the temperature the logits double: 1 to 9.
    near(losses(0.5).logProbs_M, [Math.log(0.9), Math.log(0.1)]);
  });
});

const M = 7;
const D = 5;
const V = 11;

function normals(shape: [number, number], name: string): tf.Tensor2D {
  const stream = randomStream(1, name);
  const values = Array.from(
    { length: shape[0] * shape[1] },
    () => stream.normal(),
  );
  return tf.tensor2d(values, shape);
}

/**
 * Fails if a value is off by more than 1e-6 times the largest value, or 1e-6: sums in
 * float32 in another order are off by 8e-7 of the largest value where a processor has
 * no AVX-512.
 */
function assertClose(actual: tf.Tensor, expected: tf.Tensor): void {
  const error = tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0];
  const largest = tf.max(tf.abs(expected)).dataSync()[0];
  assert.ok(error < 1e-6 * Math.max(1, largest), `${error} of ${largest}`);
}

const bans: Record<string, () => Bans | null> = {
  "nothing banned": () => null,
  "the same words banned": () => ({
    table_KV: tf.tensor2d([[-1e9, ...new Array(V - 1).fill(0)]]),
    rows_M: null,
  }),
  "words banned for some": () => ({
    table_KV: tf.tensor2d([
      new Array(V).fill(0),
      [...new Array(V - 1).fill(0), -1e9],
    ]),
    rows_M: Int32Array.of(0, 1, 1, 0, 0, 1, 0),
  }),
};

for (const [what, banned] of Object.entries(bans)) {
  for (const entropyCoefficient of [0, 0.3]) {
    Deno.test(`slices like the whole: ${what}, entropy times ${entropyCoefficient}`, () => {
      tf.tidy(() => {
        const hidden_MD = normals([M, D], "hidden");
        const weight_VD = normals([V, D], "weight");
        const slopes_M = tf.reshape(normals([M, 1], "slopes"), [M]);
        const targets = Int32Array.of(3, 1, 9, 5, 5, 2, 8);
        const temperature = 0.7;
        const loss = (logProbs_M: tf.Tensor, entropies_M: tf.Tensor) =>
          tf.add(
            tf.sum(tf.mul(logProbs_M, slopes_M)),
            tf.mul(tf.sum(tf.square(entropies_M)), entropyCoefficient),
          ) as tf.Scalar;
        const whole = tf.valueAndGrads((hidden, weight) => {
          let logits = linear(hidden as tf.Tensor2D, weight as tf.Tensor2D);
          const bans = banned();
          if (bans) logits = tf.add(logits, banRows(bans, 0, M));
          logits = tf.div(logits, temperature);
          const logProbs = targetLogProbs(
            logits,
            tf.tensor1d(targets, "int32"),
          );
          return loss(logProbs, entropies(logits));
        })([hidden_MD, weight_VD]);
        for (const positions of [1, 3, M, 100]) {
          for (const trained of [true, false]) {
            const sliced = tf.valueAndGrads((hidden, weight) => {
              const { logProbs_M, entropies_M } = slicedTokenLosses(
                hidden as tf.Tensor2D,
                targets,
                {
                  weight_VD: (weight ?? weight_VD) as tf.Tensor2D,
                  trained,
                  bans: banned(),
                  temperature,
                },
                positions,
              );
              return loss(logProbs_M, entropies_M);
            })(trained ? [hidden_MD, weight_VD] : [hidden_MD]);
            const pairs = [
              [sliced.value, whole.value],
              ...sliced.grads.map((grad, i) => [grad, whole.grads[i]]),
            ];
            for (const [actual, expected] of pairs) {
              assertClose(actual, expected as tf.Tensor);
            }
          }
        }
      });
    });
  }
}
