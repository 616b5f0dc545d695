/** The power goes at any moment of a run: whatever the disk holds then, it resumes. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { LocalEngine } from "../../lib/engines/local.ts";
import { LORA_TARGETS, saveModel } from "../../lib/model/mod.ts";
import { checkpointSteps } from "../../lib/run/checkpoint.ts";
import { recordRun } from "../../lib/run/record.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { characterTokenizer } from "../method/scripted_engine.ts";
import { taughtEngine } from "../method/tiny_model.ts";
import { DiskWatch, writeImage } from "./power_cut.ts";
import { smallConfig } from "./small_config.ts";

const STEPS = 2;

Deno.test({
  name: "a power cut at any moment leaves a run that resumes",
  // Paths of open files are told by Linux alone; so are inodes kept from reuse.
  ignore: Deno.build.os !== "linux",
  fn: async (t) => {
    const parent = await Deno.makeTempDir({ prefix: "power-cut-" });
    const tokenizer = characterTokenizer();
    await using executor = await startExecutor({
      workers: 1,
      languages: ["javascript"],
    });
    const base = join(parent, "base");
    const first = await taughtEngine(tokenizer, 5);
    await saveModel(first.model, base);
    first.dispose();
    const lora = { rank: 2, alpha: 4, targets: LORA_TARGETS };
    const engines = {
      "all weights": () => LocalEngine.fromFolder(base),
      "adapters": () => LocalEngine.withAdapters(base, lora, 1),
    };
    for (const [name, open] of Object.entries(engines)) {
      await t.step(name, async () => {
        const play = async (folder: string, steps: number) => {
          using engine = disposable(await open());
          return await recordRun({
            folder,
            config: {
              ...smallConfig,
              steps,
              proposalsPerMode: 2,
              rolloutsPerTask: 2,
              seedTasksPerMode: 2,
              seedRounds: 1,
              maxProposalTokens: 12,
              maxSolutionTokens: 12,
              checkpointEvery: 1,
              keepCheckpoints: 1,
              evaluateEvery: 0,
            },
            engine: engine.value,
            tokenizer,
            executor,
            resume: true,
            onNote: () => assert.fail("nothing is damaged"),
          });
        };
        const folder = join(parent, name, "run");
        Deno.mkdirSync(folder, { recursive: true });
        const watch = new DiskWatch(folder);
        await play(folder, STEPS);
        watch[Symbol.dispose]();
        const images = [...watch.images.values()];
        assert.ok(images.length > 40, `${images.length} images`);
        const whole = Deno.readTextFileSync(join(folder, "metrics.jsonl"));
        for (const [i, image] of images.entries()) {
          const cut = join(parent, name, `cut-${i}`);
          writeImage(image, cut);
          // Taken up at once by all, played to the end by some.
          const steps = i % 8 === 0 ? STEPS : checkpointSteps(cut).at(-1) ?? 0;
          const { finished } = await play(cut, steps);
          assert.ok(finished);
          const metrics = Deno.readTextFileSync(join(cut, "metrics.jsonl"));
          assert.ok(whole.startsWith(metrics), `image ${i}`);
          if (steps === STEPS) assert.equal(metrics, whole, `image ${i}`);
          await Deno.remove(cut, { recursive: true });
        }
      });
    }
    await Deno.remove(parent, { recursive: true });
  },
});

function disposable<Value extends { dispose(): void }>(value: Value) {
  return { value, [Symbol.dispose]: () => value.dispose() };
}
