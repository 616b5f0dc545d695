/**
 * The sampling-only engine against a real OpenAI-compatible server (the one of
 * transformers, on this machine's processor). Opt-in, run by `deno task
 * test:tinker`.
 */
import assert from "node:assert/strict";
import { OpenAiEngine } from "../../lib/engines/openai.ts";
import { Tokenizer } from "../../lib/model/mod.ts";

const url = Deno.env.get("AZR_OPENAI_URL");
const model = Deno.env.get("AZR_OPENAI_MODEL");

Deno.test({
  name: "OpenAiEngine samples from a real server" +
    (url && model ? "" : " (run deno task test:tinker)"),
  ignore: !url || !model,
  fn: async (t) => {
    const tokenizer = await Tokenizer.fromFolder(model!);
    const engine = new OpenAiEngine({
      url: url!,
      model: model!,
      tokenizer,
      contextLength: 128,
    });
    const ask = (seed: number, count: number) => ({
      promptTokens: [1, 2, 3],
      count,
      maxNewTokens: 8,
      seed,
    });
    // Servers stop at the model's own end token, so it is named here too.
    const end = tokenizer.eosId;
    const free = { temperature: 1, stopTokens: [end] };
    const [samples] = await engine.sample([ask(1, 3)], free);

    await t.step("as many samples as asked, each ended or cut", () => {
      assert.equal(samples.length, 3);
      for (const { tokens, logProbs, finish } of samples) {
        const ended = tokens.indexOf(end);
        assert.equal(finish, ended < 0 ? "length" : "stop");
        assert.equal(tokens.length, ended < 0 ? 8 : ended + 1);
        assert.ok(tokens.every((token) => token >= 0 && token < 64));
        assert.ok(logProbs.every(Number.isNaN)); // This server tells none.
      }
    });

    await t.step(
      "one after another, the same seed gives the same samples",
      async () => {
        const [again] = await engine.sample([ask(1, 3)], free);
        assert.deepEqual(again, samples);
        const [other] = await engine.sample([ask(2, 3)], free);
        assert.notDeepEqual(other, samples);
      },
    );

    await t.step("a stop token ends a sample and is part of it", async () => {
      const stop = samples[0].tokens[2];
      const stopping = { temperature: 1, stopTokens: [end, stop] };
      const [[stopped]] = await engine.sample([ask(1, 1)], stopping);
      const first = samples[0].tokens.indexOf(stop);
      assert.deepEqual(stopped.tokens, samples[0].tokens.slice(0, first + 1));
      assert.equal(stopped.finish, "stop");
    });

    engine.dispose();
  },
});
