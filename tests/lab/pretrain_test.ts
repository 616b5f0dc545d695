import assert from "node:assert/strict";
import { join } from "node:path";
import {
  baseModelHash,
  baseModelSteps,
  buildBaseModel,
  worldParts,
} from "../../lib/lab/base_model.ts";
import { corpusBatches, movedApart } from "../../lib/lab/corpus.ts";
import { rateAt } from "../../lib/lab/pretrain.ts";
import { randomStream } from "../../lib/random.ts";
import { DocumentWriter } from "../../lib/lab/world/documents.ts";
import { MICRO } from "./micro_preset.ts";

Deno.test("the learning rate warms up, stays, and falls to its end", () => {
  const config = {
    ...MICRO.pretrain,
    learningRate: 1,
    warmupSteps: 10,
    decayFrom: .5,
    finalLearningRate: .1,
  };
  assert.equal(rateAt(config, 0, 0), .1);
  assert.equal(rateAt(config, 9, 0), 1);
  assert.equal(rateAt(config, 99, .5), 1);
  assert.ok(Math.abs(rateAt(config, 99, .75) - .55) < 1e-12);
  assert.ok(Math.abs(rateAt(config, 99, 1) - .1) < 1e-12);
});

Deno.test("batches hold documents of similar length and weigh prompts less", () => {
  const { tokenizer, splits } = worldParts(MICRO);
  const writer = new DocumentWriter(
    MICRO.world,
    splits.heldOut,
    randomStream(1, "documents"),
  );
  const batches = corpusBatches(
    writer,
    tokenizer,
    randomStream(1, "order"),
    MICRO.pretrain,
  );
  let real = 0;
  let padded = 0;
  for (let k = 0; k < 40; k++) {
    const batch = batches.next().value;
    const longest = Math.max(...batch.map(({ tokens }) => tokens.length));
    assert.ok(longest * batch.length <= MICRO.pretrain.batchTokens);
    padded += longest * batch.length;
    for (const { tokens, weights } of batch) {
      assert.equal(tokens.length, weights.length);
      assert.equal(weights[0], 0);
      assert.equal(weights[1], MICRO.pretrain.promptWeight);
      assert.equal(weights[weights.length - 1], 1);
      assert.equal(tokens[tokens.length - 1], tokenizer.eosId);
      real += tokens.length;
    }
  }
  assert.ok(real / padded > .9, `${real} of ${padded} tokens are not padding`);
});

Deno.test("a base model is rebuilt equal to the bit, and found in the cache", async () => {
  const root = await Deno.makeTempDir();
  try {
    const build = (cache: string) =>
      buildBaseModel(MICRO, { seed: 3, cacheFolder: join(root, cache) });
    const first = await build("a");
    const second = await build("b");
    assert.equal(first.cached, false);
    assert.equal(first.hash, second.hash);
    const weights = (folder: string) =>
      Deno.readFile(join(folder, "model.safetensors"));
    assert.deepEqual(await weights(first.folder), await weights(second.folder));
    assert.equal((await build("a")).cached, true);
    const curve = (await Deno.readTextFile(
      join(first.folder, "pretraining.jsonl"),
    )).trim().split("\n").map((line) => JSON.parse(line));
    assert.ok(curve.length > 10);
    assert.ok(curve[curve.length - 1].tokens >= MICRO.pretrain.tokens);
    assert.ok(curve[curve.length - 1].loss < curve[0].loss);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a document is moved apart where its response begins", () => {
  const example = { tokens: [5, 6, 7, 8], weights: [0, .05, 1, 1] };
  assert.deepEqual(movedApart(example, 3).positions, [0, 1, 5, 6]);
  const { tokenizer, splits } = worldParts(MICRO);
  const writer = new DocumentWriter(
    MICRO.world,
    splits.heldOut,
    randomStream(1, "documents"),
  );
  const batches = corpusBatches(writer, tokenizer, randomStream(1, "order"), {
    ...MICRO.pretrain,
    responseOffset: 4,
  });
  const offsets = batches.next().value.map(({ positions, tokens }) =>
    positions!.at(-1)! - (tokens.length - 1)
  );
  for (const offset of offsets) assert.ok(offset >= 0 && offset <= 4);
  assert.ok(new Set(offsets).size > 2);
});

Deno.test("leaving pretraining early keeps nothing in the cache", async () => {
  const root = await Deno.makeTempDir();
  try {
    for await (
      const { step } of baseModelSteps(MICRO, { seed: 3, cacheFolder: root })
    ) {
      if (step === 2) break;
    }
    assert.deepEqual([...Deno.readDirSync(root)], []);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("the hash follows what decides the weights and nothing else", () => {
  const hash = baseModelHash(MICRO, 1);
  assert.notEqual(baseModelHash(MICRO, 2), hash);
  const longer = { ...MICRO.pretrain, tokens: MICRO.pretrain.tokens + 1 };
  assert.notEqual(baseModelHash({ ...MICRO, pretrain: longer }, 1), hash);
  const selfPlay = { ...MICRO.selfPlay, steps: 9 };
  assert.equal(baseModelHash({ ...MICRO, selfPlay }, 1), hash);
});
