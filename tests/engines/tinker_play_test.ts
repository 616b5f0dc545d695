/**
 * Self-play from the command line on a real Tinker server: played, resumed, and
 * gone on with after the server was stopped in the middle and started again.
 * Opt-in, run by `deno task test:tinker`; starts a server of its own.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { readManifest, readMetrics } from "../../lib/run/read.ts";
import { main } from "../../tasks/selfplay.ts";
import { startTinkerServer } from "../../tasks/tinker_server.ts";
import { characterTokenizer } from "../method/scripted_engine.ts";
import { taughtEngine } from "../method/tiny_model.ts";

const SETTINGS = ["modes=deduction,abduction", "proposalsPerMode=4"]
  .concat("rolloutsPerTask=4", "seedTasksPerMode=4", "seedRounds=2")
  .concat("maxProposalTokens=24", "maxSolutionTokens=16", "learningRate=2e-3")
  .concat("evaluateEvery=0", "checkpointEvery=1")
  .flatMap((setting) => ["--set", setting]);

Deno.test({
  name: "self-play by --engine tinker" +
    (Deno.env.get("AZR_TINKER_URL") ? "" : " (run deno task test:tinker)"),
  ignore: !Deno.env.get("AZR_TINKER_URL"),
  fn: async (t) => {
    const folder = await Deno.makeTempDir({ prefix: "tinker-play-" });
    const model = join(folder, "taught");
    const tokenizer = characterTokenizer();
    const taught = await taughtEngine(tokenizer, 100);
    await taught.save(model);
    await tokenizer.save(model);
    taught.dispose();
    let server = await startTinkerServer({ folder, baseModel: model });
    const out = join(folder, "run");
    const begin = ["--engine", "tinker", "--address", server.url]
      .concat("--model", server.baseModel, "--lora", "8", "--out", out);
    const goOn = (steps: number) =>
      main(["--out", out, "--resume", "--steps", `${steps}`]);
    try {
      await t.step("what the server cannot do is refused at once", async () => {
        assert.equal(await main([...begin, "--set", "thinking=banned"]), 2);
        assert.throws(() => Deno.statSync(out), Deno.errors.NotFound);
      });

      await t.step("two steps are played, and train", async () => {
        assert.equal(await main([...begin, ...SETTINGS, "--steps", "2"]), 0);
        const metrics = readMetrics(out);
        assert.deepEqual(metrics.map(({ step }) => step), [0, 1, 2]);
        const trained = metrics.filter(({ loss }) => loss !== null);
        assert.ok(trained.length > 0, "no step had anything to learn from");
        // Sampler and trainer agree on the policy that was sampled from.
        for (const { approximateKl } of trained) {
          assert.ok(Math.abs(approximateKl!) < 1e-3, `${approximateKl}`);
        }
        const { engineConfig } = readManifest(out);
        assert.equal(engineConfig?.engine, "tinker");
        assert.equal(engineConfig?.address, server.url);
        assert.equal(engineConfig?.loraRank, 8);
      });

      await t.step("a run is resumed where it was left", async () => {
        assert.equal(await goOn(3), 0);
        assert.equal(readMetrics(out).length, 4);
      });

      await t.step("a server that dies in a step costs no step", async () => {
        const running = goOn(6);
        await until(() => readMetrics(out).length > 4);
        await server.stop();
        server = await startTinkerServer({
          folder,
          baseModel: model,
          port: server.port,
        });
        // Where an optimiser step was lost, the run says so and is resumed.
        if (await running !== 0) assert.equal(await goOn(6), 0);
        const steps = readMetrics(out).map(({ step }) => step);
        assert.deepEqual(steps, [0, 1, 2, 3, 4, 5, 6]);
      });
    } finally {
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    }
  },
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 50));
}
