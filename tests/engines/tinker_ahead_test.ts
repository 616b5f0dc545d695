/**
 * Steps played ahead on a real Tinker server: the sampler of older weights answers
 * while a step trains, and does not undo that step. Opt-in, run by `deno task
 * test:tinker`.
 */
import assert from "node:assert/strict";
import { TinkerEngine } from "../../lib/engines/tinker/tinker.ts";
import { defaultOptimiser } from "../../lib/model/mod.ts";

const url = Deno.env.get("AZR_TINKER_URL");
const baseModel = Deno.env.get("AZR_TINKER_MODEL");

Deno.test({
  name: "a sampler answers while a step trains, and leaves the step as it is" +
    (url ? "" : " (run deno task test:tinker)"),
  ignore: !url || !baseModel,
  fn: async () => {
    await using engine = await TinkerEngine.connect({
      ...{ url: url!, baseModel: baseModel!, contextLength: 128 },
      ...{ loraRank: 8, seed: 1 },
    });
    const promptTokens = [1, 2, 3, 4];
    const ask = { promptTokens, count: 4, maxNewTokens: 16, seed: 1 };
    const options = { temperature: 1, stopTokens: [] };
    const [[{ tokens, logProbs }]] = await engine.sample([ask], options);
    const sequence = { promptTokens, responseTokens: tokens };
    const score = async () => (await engine.logProbs([sequence]))[0];
    const train = () =>
      engine.trainStep(
        [{
          ...sequence,
          oldLogProbs: logProbs,
          advantages: tokens.map(() => 1),
          weights: tokens.map(() => 1 / tokens.length),
        }],
        {
          objective: "importance-sampling",
          ...{ clipLow: 0.2, clipHigh: 0.2, entropyCoefficient: 0 },
        },
        { ...defaultOptimiser, learningRate: 2e-3 },
      );
    await train();
    const before = await score();
    for (let step = 0; step < 2; step++) {
      const sampler = await engine.sampler();
      const training = train();
      const [early] = await sampler.sample([ask], options);
      await training;
      const trained = await score();
      const [late] = await sampler.sample([ask], options);
      assert.equal(early.length + late.length, 8);
      assert.deepEqual(await score(), trained, "sampling undid a step");
    }
    const gained = (await score()).map((value, t) => value - before[t]);
    assert.ok(gained.reduce((sum, value) => sum + value, 0) > 0, `${gained}`);
  },
});
