/**
 * The engine contract against a real Tinker server. Opt-in: `deno task
 * test:tinker` starts the server and sets AZR_TINKER_URL and AZR_TINKER_MODEL;
 * without them these tests are ignored.
 */
import assert from "node:assert/strict";
import { LocalEngine } from "../../lib/engines/local.ts";
import { TinkerEngine } from "../../lib/engines/tinker/tinker.ts";
import { engineContract } from "./contract.ts";

const url = Deno.env.get("AZR_TINKER_URL");
const baseModel = Deno.env.get("AZR_TINKER_MODEL");
const reason = url && baseModel
  ? undefined
  : "AZR_TINKER_URL is not set: run deno task test:tinker";

function connect(): Promise<TinkerEngine> {
  return TinkerEngine.connect({
    url: url!,
    baseModel: baseModel!,
    contextLength: 128,
    loraRank: 8,
    seed: 1,
  });
}

engineContract("TinkerEngine", {
  makeEngine: connect,
  tolerance: 1e-4,
  learningRate: 2e-3,
  ignore: reason,
});

Deno.test({
  name: `one checkpoint has the same log-probabilities on both engines${
    reason ? ` (${reason})` : ""
  }`,
  ignore: reason !== undefined,
  fn: async () => {
    await using remote = await connect();
    const local = await LocalEngine.fromFolder(baseModel!);
    const ask = (seed: number) => ({
      promptTokens: [1, 2, 3, 4],
      count: 4,
      maxNewTokens: 24,
      seed,
    });
    const [samples] = await remote.sample([ask(1)], {
      temperature: 1,
      stopTokens: [],
    });
    const scored = samples.map(({ tokens }) => ({
      promptTokens: [1, 2, 3, 4],
      responseTokens: tokens,
    }));
    const [here, there] = [
      await local.logProbs(scored),
      await remote.logProbs(scored),
    ];
    local.dispose();
    const gaps = here.flatMap((row, i) =>
      row.map((value, t) => Math.abs(value - there[i][t]))
    );
    const largest = Math.max(...gaps);
    console.log(`largest difference over ${gaps.length} tokens: ${largest}`);
    assert.ok(largest < 1e-4, `the engines differ by ${largest}`);
  },
});
