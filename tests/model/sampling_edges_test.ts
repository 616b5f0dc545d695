/** Sampling at its edges: what is empty, full, cut, banned or out of range. */
import assert from "node:assert/strict";
import {
  type Decoder,
  sampleBatch,
  startBackend,
  stopAt,
} from "../../lib/model/mod.ts";
import type {
  SampleRequest,
  SamplingOptions,
} from "../../lib/model/requests.ts";
import {
  type DecodingKind,
  eagerDecoding,
  fastestDecoding,
} from "../../lib/model/sampling/sampling.ts";
import { smallModel, tokensOf } from "./shapes.ts";

await startBackend();

const VOCABULARY = 24;
const CONTEXT = 64;

function request(
  length: number,
  count: number,
  maxNewTokens: number,
  seed = 1,
): SampleRequest {
  return { promptTokens: tokensOf(length, seed), count, seed, maxNewTokens };
}

const DECODINGS: [string, (model: Decoder) => DecodingKind][] = [
  ["the fastest decoding", fastestDecoding],
  ["eager operations", () => eagerDecoding],
];

for (const [name, decodingOf] of DECODINGS) {
  const model = smallModel();
  const sample = (
    requests: SampleRequest[],
    options: Partial<SamplingOptions> = {},
  ) =>
    sampleBatch(
      model,
      requests,
      { temperature: 1, stopTokens: [], ...options },
      undefined,
      decodingOf(model),
    );
  const tokensIn = async (options: Partial<SamplingOptions>) =>
    (await sample([request(5, 4, 8)], options))[0].map(({ tokens }) => tokens);

  Deno.test(`${name}: nothing asked, nothing written`, async () => {
    assert.deepEqual(await sample([]), []);
    assert.deepEqual(await sample([request(5, 0, 4)]), [[]]);
    const nothing = { tokens: [], logProbs: [], finish: "length" as const };
    const beside = [request(5, 2, 0), request(3, 1, 4, 2)];
    const [none, some] = await sample(beside);
    assert.deepEqual(none, [nothing, nothing]);
    assert.deepEqual(some, (await sample([beside[1]]))[0]);
    assert.equal(some[0].tokens.length, 4);
    // A prompt that fills the context leaves room for nothing.
    assert.deepEqual(await sample([request(CONTEXT, 2, 5)]), [[
      nothing,
      nothing,
    ]]);
    const full = [request(CONTEXT, 2, 5), beside[1]];
    assert.deepEqual((await sample(full))[0], [nothing, nothing]);
    // One place less leaves room for one token, however many are asked for.
    const [[last]] = await sample([request(CONTEXT - 1, 1, 1_000_000)]);
    assert.equal(last.tokens.length, 1);
  });

  Deno.test(`${name}: prompts without an answer are refused by number`, async () => {
    await assert.rejects(
      sample([request(3, 1, 1), request(0, 1, 1)]),
      /requests\[1\]\.promptTokens is empty/,
    );
    await assert.rejects(
      sample([request(CONTEXT + 1, 1, 1)]),
      /requests\[0\]\.promptTokens has 65 tokens.*context of 64/,
    );
  });

  Deno.test(`${name}: numbers without a meaning are refused by field`, async () => {
    const asked = request(3, 1, 1);
    for (
      const [fields, pattern] of [
        [{ promptTokens: [3, 24] }, /promptTokens holds 24.*0\.\.23/],
        [{ promptTokens: [-1] }, /promptTokens holds -1/],
        [{ promptTokens: [1.5] }, /promptTokens holds 1\.5/],
        [{ maxNewTokens: -3 }, /maxNewTokens is -3/],
        [{ maxNewTokens: 2.5 }, /maxNewTokens is 2\.5/],
        [{ count: NaN }, /count is NaN/],
      ] as const
    ) await assert.rejects(sample([{ ...asked, ...fields }]), pattern);
    const every = Array.from({ length: VOCABULARY }, (_, id) => id);
    for (
      const [options, pattern] of [
        [{ temperature: -1 }, /temperature is -1/],
        [{ temperature: NaN }, /temperature is NaN/],
        [{ topP: 0 }, /topP is 0/],
        [{ topP: 2 }, /topP is 2/],
        [{ topK: 2.5 }, /topK is 2\.5/],
        [{ bannedTokens: [99] }, /bannedTokens holds 99/],
        [{ bannedTokens: every }, /leave at least one/],
      ] as const
    ) await assert.rejects(sample([asked], options), pattern);
  });

  Deno.test(`${name}: greedy samples of one prompt are equal`, async () => {
    const [first, ...others] = await tokensIn({ temperature: 0 });
    for (const other of others) assert.deepEqual(other, first);
    // A nucleus or a top k of one token is greedy too, and so is great cold.
    for (
      const options of [{ topP: 1e-9 }, { topK: 1 }, { temperature: 1e-4 }]
    ) {
      for (const row of await tokensIn(options)) assert.deepEqual(row, first);
    }
  });

  Deno.test(`${name}: limits that exclude nothing change nothing`, async () => {
    const free = await tokensIn({});
    for (
      const options of [
        { topK: VOCABULARY },
        { topK: 1000 },
        { topK: 0 },
        { topP: 1 },
        { bannedTokens: [] },
      ]
    ) assert.deepEqual(await tokensIn(options), free);
  });

  Deno.test(`${name}: the one token that is not banned is certain`, async () => {
    const bannedTokens = Array.from({ length: VOCABULARY }, (_, id) => id)
      .filter((id) => id !== 5);
    for (const options of [{}, { temperature: 0 }, { topK: 3, topP: 0.5 }]) {
      const [rows] = await sample([request(5, 3, 4)], {
        ...options,
        bannedTokens,
      });
      for (const { tokens, logProbs } of rows) {
        assert.deepEqual(tokens, [5, 5, 5, 5]);
        assert.ok(logProbs.every((value) => Math.abs(value) < 1e-6));
      }
    }
  });

  Deno.test(`${name}: samples of one prompt share one prefill`, async () => {
    const shapes: number[] = [];
    const prefill = model.prefill.bind(model);
    model.prefill = (batch, ...rest) => {
      shapes.push(batch.tokens.length);
      return prefill(batch, ...rest);
    };
    try {
      await sample([request(7, 20, 3)]);
    } finally {
      model.prefill = prefill;
    }
    assert.deepEqual(shapes, [7]);
  });
}

Deno.test("a stop string is found where it is split over tokens", () => {
  // One letter or two per token; "</a>" never is a token of its own.
  const pieces = ["x", "<", "/", "a", ">", "a>", "</", "</a>x"];
  const tokenizer = {
    decode: (ids: readonly number[]) => ids.map((id) => pieces[id]).join(""),
  };
  const stop = (ids: number[], ...strings: string[]) =>
    stopAt(tokenizer, ids, strings);
  assert.equal(stop([0, 1, 2, 3, 4, 0, 0], "</a>"), 5);
  assert.equal(stop([0, 6, 5, 0], "</a>"), 3);
  assert.equal(stop([0, 6, 3, 0, 4], "</a>"), null);
  // The end lies inside a token, which is kept whole.
  assert.equal(stop([0, 7, 0], "</a>"), 2);
  // The string that is complete first ends the sample.
  assert.equal(stop([0, 6, 5, 0], "</a>x", "a>"), 3);
  assert.equal(stop([], "</a>"), null);
});
