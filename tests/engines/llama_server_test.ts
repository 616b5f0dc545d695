/**
 * The sampling-only engine against a real llama.cpp server, which serves the GGUF file
 * that the kit's own folder of the same model was made from. Opt-in, run by `deno task
 * test:served`.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { LocalEngine } from "../../lib/engines/local.ts";
import { OpenAiEngine } from "../../lib/engines/openai.ts";
import { Tokenizer } from "../../lib/model/mod.ts";
import { readMetrics, readTasks } from "../../lib/run/read.ts";
import { main } from "../../tasks/selfplay.ts";

const url = Deno.env.get("AZR_LLAMA_URL");
const model = Deno.env.get("AZR_LLAMA_MODEL");
const folder = Deno.env.get("AZR_LLAMA_TOKENIZER");
const ignore = !url || !model || !folder;
const unless = ignore ? " (run deno task test:served)" : "";

const PROMPTS = [
  "def double(x):\n    return x * 2\n\nassert double(4) ==",
  "def greet(name):\n    return 'hello ' + name\n\nassert greet('ann') ==",
  "def last(words):\n    return words[-1]\n\nassert last(['a', 'b', 'c']) ==",
];
const TOKENS = 8;

Deno.test({
  name: "a llama.cpp server samples as the kit's own engine does" + unless,
  ignore,
  fn: async (t) => {
    const tokenizer = await Tokenizer.fromFolder(folder!);
    const served = new OpenAiEngine({
      url: url!,
      model: model!,
      tokenizer,
      contextLength: 2048,
    });
    const requests = PROMPTS.map((prompt, i) => ({
      promptTokens: tokenizer.encode(prompt),
      count: 1,
      maxNewTokens: TOKENS,
      seed: i,
    }));
    const greedy = { temperature: 0, stopTokens: [tokenizer.eosId] };

    await t.step("most greedy tokens are those of the kit", async () => {
      const local = await LocalEngine.fromFolder(folder!);
      const ours = await local.sample(requests, greedy);
      const theirs = await served.sample(requests, greedy);
      local.dispose();
      const same = ours.flatMap(([{ tokens }], i) =>
        tokens.map((token, place) => token === theirs[i][0].tokens[place])
      );
      const share = same.filter(Boolean).length / same.length;
      console.log(`equal greedy tokens: ${(100 * share).toFixed(0)} %`);
      // llama.cpp multiplies the 4-bit weights by activations of 8 bits, the kit by F32.
      assert.ok(share >= 0.5, `${share}`);
    });

    await t.step("several samples, ended or cut, differ by seed", async () => {
      const free = { temperature: 1, stopTokens: [tokenizer.eosId] };
      const [samples] = await served.sample(
        [{ ...requests[0], count: 4 }],
        free,
      );
      assert.equal(samples.length, 4);
      const texts = samples.map(({ tokens }) => tokenizer.decode(tokens));
      assert.ok(new Set(texts).size > 1, texts.join("\n"));
      for (const { tokens } of samples) {
        assert.ok(tokens.length > 0 && tokens.length <= TOKENS);
      }
    });
    served.dispose();
  },
});

const SETTINGS = ["updates=none", "modes=deduction,abduction"]
  .concat("seedTasksPerMode=4", "proposalsPerMode=2", "rolloutsPerTask=2")
  .concat("references=2", "evaluateEvery=0")
  .flatMap((setting) => ["--set", setting]);

Deno.test({
  name: "self-play proposes and solves on a llama.cpp server" + unless,
  ignore,
  fn: async (t) => {
    const out = await Deno.makeTempDir({ prefix: "served-play-" });
    for (const [form, dialect] of [["text", "code"], ["chat", "chat"]]) {
      await t.step(`requests as ${form}, dialect ${dialect}`, async () => {
        const run = join(out, form);
        const code = await main(
          ["--engine", "openai", "--address", url!, "--model", model!]
            .concat("--tokenizer", folder!, "--form", form, "--out", run)
            .concat("--preset", "laptop-lm", "--steps", "1", ...SETTINGS)
            .concat("--set", `dialect=${dialect}`),
        );
        assert.equal(code, 0);
        const metrics = readMetrics(run);
        assert.deepEqual(metrics.map(({ step }) => step), [0, 1]);
        assert.ok(metrics.every(({ loss }) => loss === null), "it trained");
        assert.ok(metrics[1].sampledTokens > 0);
        // A model of this size answers in chat, but seldom in the form that is asked.
        if (dialect === "chat") return;
        const ran = readTasks(run);
        const valid = ran.filter(({ status }) => status === "valid");
        console.log(
          `${valid.length} of ${ran.length} programs that ran are valid`,
        );
        assert.ok(valid.length > 0, "no proposal is valid");
      });
    }
    await Deno.remove(out, { recursive: true });
  },
});
