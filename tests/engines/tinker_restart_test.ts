/**
 * A real Tinker server that dies under the engine and comes back. Opt-in, run
 * by `deno task test:tinker`; starts and stops servers of its own.
 */
import assert from "node:assert/strict";
import type { TrainSequence } from "../../lib/method/engine.ts";
import {
  TinkerEngine,
  TinkerStateLostError,
} from "../../lib/engines/tinker/tinker.ts";
import { startTinkerServer } from "../../tasks/tinker_server.ts";

const SCORED = { promptTokens: [1, 2, 3, 4], responseTokens: [11, 12, 13] };

Deno.test({
  name: "TinkerEngine survives a server that is stopped and started again" +
    (Deno.env.get("AZR_TINKER_URL") ? "" : " (run deno task test:tinker)"),
  ignore: !Deno.env.get("AZR_TINKER_URL"),
  fn: async (t) => {
    const folder = await Deno.makeTempDir({ prefix: "tinker-" });
    let server = await startTinkerServer({ folder });
    const restart = async () => {
      await server.stop();
      server = await startTinkerServer({ folder, port: server.port });
    };
    const connect = (saveEverySteps: number) =>
      TinkerEngine.connect({
        url: server.url,
        baseModel: server.baseModel,
        contextLength: 128,
        loraRank: 8,
        lossReduction: "sequence-mean",
        saveEverySteps,
      });
    const engine = await connect(0);
    const saved = `${folder}/saved`;
    try {
      await t.step("a saved state comes back without a word", async () => {
        await train(engine);
        await engine.save(saved);
        const before = await score(engine);
        await server.stop();
        // Asked while nobody listens: the engine waits for the server.
        const asked = score(engine);
        server = await startTinkerServer({ folder, port: server.port });
        near(await asked, before);
      });

      await t.step("steps after the save are reported as lost", async () => {
        const before = await score(engine);
        await train(engine);
        await train(engine);
        await restart();
        await assert.rejects(
          () => score(engine),
          (error) =>
            error instanceof TinkerStateLostError && error.stepsLost === 2,
        );
        near(await score(engine), before);
      });

      await t.step("another engine resumes from the folder", async () => {
        await using second = await connect(1);
        await second.load(saved);
        near(await score(second), await score(engine));
      });

      await t.step("saving every step loses nothing", async () => {
        await using careful = await connect(1);
        await train(careful);
        const before = await score(careful);
        await restart();
        near(await score(careful), before);
        await train(careful);
        assert.notDeepEqual(await score(careful), before);
      });
    } finally {
      await engine.close();
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

async function score(engine: TinkerEngine): Promise<number[]> {
  return (await engine.logProbs([SCORED]))[0];
}

async function train(engine: TinkerEngine): Promise<void> {
  const sequence: TrainSequence = {
    ...SCORED,
    advantages: [1, 1, 1],
    weights: [1, 1, 1],
    oldLogProbs: await score(engine),
  };
  await engine.trainStep([sequence], {
    objective: "importance-sampling",
    clipLow: 0.2,
    clipHigh: 0.2,
    entropyCoefficient: 0,
  }, {
    learningRate: 1e-2,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 1e-8,
    weightDecay: 0,
    maxGradientNorm: Infinity,
  });
}

function near(got: number[], wanted: number[]): void {
  got.forEach((value, i) => {
    assert.ok(
      Math.abs(value - wanted[i]) < 1e-4,
      `${got} instead of ${wanted}`,
    );
  });
}
