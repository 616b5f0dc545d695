import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import {
  responseLogProbs,
  sampleBatch,
  startBackend,
} from "../../lib/model/mod.ts";
import { chooseTokens } from "../../lib/model/sampling/choice.ts";
import { smallModel, tokensOf } from "./shapes.ts";

await startBackend();

const plain = { temperature: 1, stopTokens: [1] };

function request(
  length: number,
  count: number,
  seed: number,
  maxNewTokens = 20,
) {
  return { promptTokens: tokensOf(length, seed), count, seed, maxNewTokens };
}

Deno.test("sampled log-probabilities equal those of the training forward", async () => {
  const model = smallModel();
  for (const bannedTokens of [[], [3, 5, 9]]) {
    const requests = [request(5, 4, 1), request(9, 4, 2), request(3, 2, 3)];
    const samples = await sampleBatch(model, requests, {
      ...plain,
      bannedTokens,
    });
    const sequences = samples.flatMap((group, i) =>
      group.map(({ tokens }) => ({
        promptTokens: requests[i].promptTokens,
        responseTokens: tokens,
        bannedTokens,
      }))
    );
    const recomputed = await responseLogProbs(model, sequences);
    samples.flat().forEach(({ logProbs }, i) => {
      assert.equal(logProbs.length, recomputed[i].length);
      logProbs.forEach((value, t) =>
        assert.ok(Math.abs(value - recomputed[i][t]) < 1e-4)
      );
    });
  }
  model.dispose();
});

Deno.test("a sample does not depend on its neighbours", async () => {
  const model = smallModel();
  const target = request(6, 3, 11);
  const [alone] = await sampleBatch(model, [target], plain);
  const crowd = [
    request(13, 3, 12),
    request(2, 3, 13, 5),
    target,
    request(4, 7, 14, 40),
  ];
  const together = (await sampleBatch(model, crowd, plain))[2];
  assert.deepEqual(
    together.map(({ tokens }) => tokens),
    alone.map(({ tokens }) => tokens),
  );
  const fewer = (await sampleBatch(model, [{ ...target, count: 1 }], plain))[0];
  assert.deepEqual(fewer[0].tokens, alone[0].tokens);
  model.dispose();
});

Deno.test("seeds decide the samples", async () => {
  const model = smallModel();
  const draw = async (seed: number) =>
    (await sampleBatch(model, [{ ...request(6, 4, 1), seed }], plain))[0]
      .map(({ tokens }) => tokens);
  assert.deepEqual(await draw(5), await draw(5));
  assert.notDeepEqual(await draw(5), await draw(6));
  model.dispose();
});

Deno.test("stop tokens end a sample, limits cut it, bans hold", async () => {
  const model = smallModel();
  const samples = await sampleBatch(
    model,
    [request(5, 40, 1, 12), { ...request(60, 4, 2, 30) }],
    { ...plain, bannedTokens: [7, 8] },
  );
  for (const { tokens, finish } of samples.flat()) {
    const stop = tokens.indexOf(1);
    assert.equal(finish, stop === -1 ? "length" : "stop");
    if (stop !== -1) assert.equal(stop, tokens.length - 1);
    assert.ok(!tokens.includes(7) && !tokens.includes(8));
  }
  assert.ok(samples[0].some(({ finish }) => finish === "stop"));
  assert.ok(samples[0].some(({ tokens }) => tokens.length === 12));
  // 60 prompt tokens leave 4 places in a context of 64.
  assert.ok(samples[1].every(({ tokens }) => tokens.length <= 4));
  model.dispose();
});

Deno.test("greedy sampling follows the largest logit of the full forward", async () => {
  const model = smallModel();
  const prompt = tokensOf(6, "greedy");
  const [[sample]] = await sampleBatch(
    model,
    [{ promptTokens: prompt, count: 1, seed: 0, maxNewTokens: 10 }],
    { temperature: 0, stopTokens: [] },
  );
  const written = [...prompt];
  for (const token of sample.tokens) {
    const best = tf.tidy(() => {
      const logits = model.forward([written]);
      return tf.argMax(logits, 2).dataSync()[written.length - 1];
    });
    assert.equal(token, best);
    written.push(token);
  }
  model.dispose();
});

Deno.test("choices follow the distribution, its nucleus and its top k", () => {
  // softmax of log p is p
  const probabilities = [0.4, 0.3, 0.2, 0.1, 0];
  const logits = tf.tensor2d(
    [probabilities.map((p) => p === 0 ? -1e9 : Math.log(p))],
  );
  const choose = (u: number, options = {}) =>
    tf.tidy(() =>
      chooseTokens(logits, tf.tensor1d([u]), {
        temperature: 1,
        stopTokens: [],
        ...options,
      }).dataSync()[0]
    );
  assert.deepEqual([0.01, 0.39, 0.41, 0.69, 0.71, 0.95].map((u) => choose(u)), [
    0,
    0,
    1,
    1,
    2,
    3,
  ]);
  // The last token has probability zero and is out of reach.
  assert.equal(choose(1 - 2 ** -24), 3);
  // Top 2: 4/7 and 3/7. Nucleus 0.65: the same two.
  assert.deepEqual([0.56, 0.58].map((u) => choose(u, { topK: 2 })), [0, 1]);
  assert.deepEqual([0.56, 0.58, 0.99].map((u) => choose(u, { topP: 0.65 })), [
    0,
    1,
    1,
  ]);
  // Temperature 1/2 squares: 16/30, 9/30, 4/30, 1/30.
  assert.deepEqual(
    [0.52, 0.54, 0.82, 0.84, 0.97].map((u) => choose(u, { temperature: 0.5 })),
    [0, 1, 1, 2, 3],
  );
  logits.dispose();
});

Deno.test("sampling leaves no tensor behind", async () => {
  const model = smallModel();
  await sampleBatch(model, [request(5, 4, 1)], plain);
  const before = tf.memory().numTensors;
  await sampleBatch(model, [request(5, 4, 1), request(9, 2, 2)], {
    ...plain,
    bannedTokens: [4],
  });
  assert.equal(tf.memory().numTensors, before);
  model.dispose();
});
