/** Every objective and both penalties, against numbers worked out by hand. */

import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  type ObjectiveConfig,
  policyLoss,
} from "../../../lib/method/objective/loss.ts";
import {
  AdamW,
  defaultOptimiser,
  responseLogProbs,
  startBackend,
} from "../../../lib/model/mod.ts";
import { smallModel, tokensOf } from "../../model/shapes.ts";
import { policyStep } from "../../model/policy_step.ts";

await startBackend();

/** No penalty, clipped to [0.8, 1.28]. */
const plain: ObjectiveConfig = {
  objective: "ppo-clip",
  clipLow: 0.2,
  clipHigh: 0.28,
  entropyCoefficient: 0,
};

// Four tokens: probability now / then, advantage, weight, entropy.
const RATIOS = [1.5, 0.6, 1.1, 1.25];
const ADVANTAGES = [1, -1, 2, 1];
const WEIGHTS = [0.4, 0.3, 0.2, 0.1];
const LOG_PROBS = [-0.5, -1, -2, -0.1];
const ENTROPIES = [0.3, 0.2, 0.5, 1];

/** Loss, its slope in each token's log-probability, and the clipped share. */
async function lossAndSlopes(
  config: ObjectiveConfig,
  advantages: readonly number[] = ADVANTAGES,
) {
  let sums: number[] = [];
  const evaluate = tf.valueAndGrad((logProbs_M: tf.Tensor) => {
    const part = policyLoss(config)(
      {
        logProbs_M: logProbs_M as tf.Tensor1D,
        entropies_M: tf.tensor1d(ENTROPIES),
        oldLogProbs_M: tf.tensor1d(
          LOG_PROBS.map((logProb, i) => logProb - Math.log(RATIOS[i])),
        ),
        advantages_M: tf.tensor1d([...advantages]),
        weights_M: tf.tensor1d(WEIGHTS),
        responses_M: tf.tensor1d([0, 0, 1, 1], "int32"),
      },
    );
    sums = [...part.sums.dataSync()];
    return part.loss;
  });
  const { value, grad } = tf.tidy(() => evaluate(tf.tensor1d(LOG_PROBS)));
  const [entropy, clipFraction, approximateKl] = sums
    .map((sum) => sum / LOG_PROBS.length);
  const result = {
    loss: (await value.data())[0],
    slopes: [...await grad.data()],
    clipFraction,
    approximateKl,
    entropy,
  };
  tf.dispose([value, grad]);
  return result;
}

function close(actual: number | number[], expected: number | number[]) {
  const [found, wanted] = [actual, expected].map((x) => [x].flat());
  assert.equal(found.length, wanted.length);
  found.forEach((value, i) =>
    assert.ok(Math.abs(value - wanted[i]) < 1e-5, `${found}, not ${wanted}`)
  );
}

Deno.test("PPO clip, wider above than below", async () => {
  const { loss, slopes, clipFraction } = await lossAndSlopes(plain);
  // min(1.5, 1.28) = 1.28; min(-0.6, -0.8) = -0.8; 1.1 · 2; 1.25 is inside.
  close(loss, -(0.4 * 1.28 - 0.3 * 0.8 + 0.2 * 2.2 + 0.1 * 1.25));
  // Beyond the clip there is no slope; inside it is -w r A.
  close(slopes, [0, 0, -0.2 * 2.2, -0.1 * 1.25]);
  assert.equal(clipFraction, 0.5);
  const even = await lossAndSlopes({ ...plain, clipHigh: 0.2 });
  close(even.loss, -(0.4 * 1.2 - 0.3 * 0.8 + 0.2 * 2.2 + 0.1 * 1.2));
  close(even.slopes, [0, 0, -0.2 * 2.2, 0]);
  assert.equal(even.clipFraction, 0.75);
});

Deno.test("PPO does not clip a ratio that moved against its advantage", async () => {
  const { loss, slopes } = await lossAndSlopes(plain, [-1, 1, -2, -1]);
  close(loss, 0.4 * 1.5 - 0.3 * 0.6 + 0.2 * 2.2 + 0.1 * 1.25);
  close(slopes, [0.4 * 1.5, -0.3 * 0.6, 0.2 * 2.2, 0.1 * 1.25]);
});

Deno.test("importance sampling clips nothing", async () => {
  const config = { ...plain, objective: "importance-sampling" } as const;
  const { loss, slopes } = await lossAndSlopes(config);
  close(loss, -(0.4 * 1.5 - 0.3 * 0.6 + 0.2 * 2.2 + 0.1 * 1.25));
  close(slopes, [-0.4 * 1.5, 0.3 * 0.6, -0.2 * 2.2, -0.1 * 1.25]);
});

Deno.test("CISPO clips the weight of a token and keeps its slope", async () => {
  const { loss, slopes } = await lossAndSlopes({
    ...plain,
    objective: "cispo",
  });
  // Clipped ratio · advantage · log-probability.
  close(
    loss,
    -(0.4 * 1.28 * -0.5 + 0.3 * 0.8 * 1 + 0.2 * 2.2 * -2 + 0.1 * 1.25 * -0.1),
  );
  close(slopes, [-0.4 * 1.28, 0.3 * 0.8, -0.2 * 2.2, -0.1 * 1.25]);
});

Deno.test("REINFORCE knows no ratio", async () => {
  const { loss, slopes } = await lossAndSlopes({
    ...plain,
    objective: "reinforce",
  });
  close(loss, -(0.4 * -0.5 + 0.3 * 1 + 0.2 * 2 * -2 + 0.1 * -0.1));
  close(slopes, [-0.4, 0.3, -0.4, -0.1]);
});

Deno.test("GSPO has one ratio per response, the geometric mean of its tokens", async () => {
  const gspo = { ...plain, objective: "gspo" } as const;
  const { loss, slopes, clipFraction } = await lossAndSlopes(gspo, [
    ...[1, 1, 2, 2],
  ]);
  // sqrt(1.5 * 0.6) and sqrt(1.1 * 1.25), both inside the clip.
  const [first, second] = [0.948683, 1.172604];
  close(loss, -(0.7 * first + 0.3 * 2 * second));
  // Half of a response's slope goes to each of its two tokens.
  const [one, two] = [-0.7 * first / 2, -0.3 * 2 * second / 2];
  close(slopes, [one, one, two, two]);
  assert.equal(clipFraction, 0);
  // A response outside the clip has no slope.
  const tight = { ...gspo, clipHigh: 0.1 };
  const clipped = await lossAndSlopes(tight, [1, 1, 2, 2]);
  close(clipped.slopes, [one, one, 0, 0]);
  assert.equal(clipped.clipFraction, 0.5);
});

Deno.test("what is reported as divergence is the mean of old - new", async () => {
  const { approximateKl } = await lossAndSlopes(plain, [0, 0, 0, 0]);
  close(approximateKl, -Math.log(1.5 * 0.6 * 1.1 * 1.25) / 4);
});

Deno.test("the entropy term is subtracted, weighted like its token", async () => {
  const { loss, entropy } = await lossAndSlopes(
    { ...plain, entropyCoefficient: 0.01 },
    [0, 0, 0, 0],
  );
  close(loss, -0.01 * (0.4 * 0.3 + 0.3 * 0.2 + 0.2 * 0.5 + 0.1 * 1));
  close(entropy, 0.5);
});

Deno.test("a model's entropy term is that of its whole distribution", async () => {
  const model = smallModel();
  const optimiser = new AdamW(model);
  const promptTokens = tokensOf(4, "entropy");
  const vocabulary = Array.from({ length: 24 }, (_, token) => token);
  const logProbs = (await responseLogProbs(
    model,
    vocabulary.map((token) => ({ promptTokens, responseTokens: [token] })),
  )).flat();
  const entropy = -logProbs.reduce((sum, l) => sum + l * Math.exp(l), 0);
  const step = (entropyCoefficient: number, learningRate: number) =>
    policyStep(
      model,
      optimiser,
      [{
        promptTokens,
        responseTokens: [3],
        advantages: [0],
        oldLogProbs: [logProbs[3]],
        weights: [0.5],
      }],
      { ...plain, entropyCoefficient },
      { ...defaultOptimiser, learningRate },
    );
  const report = await step(0.1, 0.01);
  close(report.entropy, entropy);
  close(report.loss, -0.1 * 0.5 * entropy);
  // The bonus makes the policy less certain, a negative one more.
  const higher = (await step(-0.1, 0.02)).entropy;
  assert.ok(higher > entropy, `${higher} after ${entropy}`);
  const lower = (await step(0, 0)).entropy;
  assert.ok(lower < higher, `${lower} after ${higher}`);
  optimiser.dispose();
  model.dispose();
});
