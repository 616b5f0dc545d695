/** Forcing every value: worked traces, and an engine that leaves all of them out. */

import assert from "node:assert/strict";
import {
  firstOmission,
  writingEveryValue,
} from "../../../lib/lab/evaluation/every_value.ts";
import type { Sample } from "../../../lib/method/engine.ts";
import { Tokenizer } from "../../../lib/model/mod.ts";
import {
  worldTokenizerConfig,
  worldTokenizerJson,
} from "../../../lib/lab/world/vocabulary.ts";
import { TEST_WORLD } from "../world/world_config.ts";

const TOKENIZER = Tokenizer.fromJson(
  worldTokenizerJson(TEST_WORLD),
  worldTokenizerConfig(),
);

Deno.test("the first operation without its value is found", () => {
  const labels = new Set(["+1", "*2", "-1", "[0]", ".slice(1)"]);
  const at = (text: string, sign = "=") =>
    firstOmission(text.split(" "), labels, sign);
  assert.equal(at("+1 *2 = 8 <a> 8"), 0);
  assert.equal(at("+1 = 4 *2 = 8 <a> 8"), -1);
  assert.equal(at("+1 = 4 *2 <a> 8"), 3);
  assert.equal(at("*2 : 4 +1 <a> 3", ":"), 3);
  // A value may look like an operation: behind a sign, in a list, in a text.
  assert.equal(at("-1 = -1 -1 = -2 <a> -2"), -1);
  assert.equal(at("-1 = -1 -1 -1 = -3"), 3);
  assert.equal(at(".slice(1) = [ -1 , -1 ] +1 = 3"), -1);
  assert.equal(at('+1 = " -1 " +1 = 3'), -1);
  assert.equal(at("+1 = 1 > -1 *2 = 4"), -1);
  // What follows the answer, or is cut off, is left alone.
  assert.equal(at("<a> +1 +1"), -1);
  assert.equal(at("+1"), -1);
});

/** Writes an operation without its value, thrice; behind a sign, a value first. */
const hasty = {
  asked: [] as string[],
  // deno-lint-ignore require-await
  async sample(requests: readonly { promptTokens: readonly number[] }[]) {
    return requests.map(({ promptTokens }): Sample[] => {
      const prompt = TOKENIZER.decode([...promptTokens]);
      this.asked.push(prompt);
      const [, trace] = prompt.split("<t>");
      const value = /[=:]$/.test(trace) ? "7" : "";
      const left = 4 - trace.split("+2").length;
      const tokens = TOKENIZER.encode(
        `${value}${"+2".repeat(left)}<a>7<eos>`,
      );
      return [{ tokens, logProbs: tokens.map(() => -1), finish: "stop" }];
    });
  },
};

async function forced(marker: string, maxNewTokens = 40): Promise<Sample> {
  const engine = writingEveryValue(hasty, TOKENIZER, TEST_WORLD);
  const promptTokens = TOKENIZER.encodePrompt(`${marker}x=>x+2<i>3<o><t>`);
  const [[sample]] = await engine.sample(
    [{ promptTokens, count: 1, maxNewTokens, seed: 1 }],
    { temperature: 0, stopTokens: [...TOKENIZER.endIds] },
  );
  assert.equal(sample.tokens.length, sample.logProbs.length);
  return sample;
}

Deno.test("values are forced by the sign of the mode, and no mode else has one", async () => {
  const text = async (marker: string) =>
    TOKENIZER.decode((await forced(marker)).tokens);
  assert.equal(await text("<SD>"), "+2=7+2=7+2=7<a>7<eos>");
  assert.equal(await text("<SA>"), "+2:7+2:7+2:7<a>7<eos>");
  assert.equal(await text("<q>"), "+2+2+2<a>7<eos>");
});

Deno.test("a forced response keeps to the longest length", async () => {
  const { tokens, finish } = await forced("<SD>", 5);
  assert.equal(TOKENIZER.decode(tokens), "+2=7+2=");
  assert.equal(finish, "length");
});
