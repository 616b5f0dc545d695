import assert from "node:assert/strict";
import { azrStep } from "../../lib/azr.ts";
import { openLab } from "../../lib/lab/open.ts";
import { seedBuffers } from "../../lib/method/seeding.ts";
import { MICRO } from "./micro_preset.ts";

Deno.test("an open laboratory plays a step of the page, and goes back to its base model", async () => {
  const cacheFolder = await Deno.makeTempDir({ prefix: "open-lab-" });
  const lines: string[] = [];
  const report = (line: string) => lines.push(line);
  const options = { seed: 3, cacheFolder, report };
  {
    await using lab = await openLab(MICRO, options);
    assert.match(lines.at(-1)!, /^base model: 100 % of its pretraining done$/);
    assert.equal(lines.length, 10);

    const run = lab.startRun();
    assert.equal(run.seed, 3);
    assert.equal(run.promptTokens + run.responseTokens, 256);
    const prompt = { promptTokens: [5], responseTokens: [6, 7] };
    const [before] = await lab.engine.logProbs([prompt]);
    const { judged, samples } = await azrStep(run);
    assert.ok(judged.length > 0 && samples.length >= judged.length);
    assert.equal(run.step, 2);
    const [after] = await lab.engine.logProbs([prompt]);
    assert.notDeepEqual(after, before);

    const copy = await lab.openCopy();
    assert.deepEqual(await copy.logProbs([prompt]), [before]);
    await lab.reset();
    assert.deepEqual(await lab.engine.logProbs([prompt]), [before]);

    const { config } = lab.setting({ references: 1 });
    assert.deepEqual(config, { ...MICRO.selfPlay, seed: 3, references: 1 });
    const { buffers } = await seedBuffers(lab.setting());
    assert.ok(buffers.of("deduction").size >= 1);

    const item = lab.splits.splits.flatMap(({ items }) => items)
      .find((item) => item.kind === "deduction")!;
    assert.ok(item.kind === "deduction" && lab.heldOut(item.task));
    assert.ok(!lab.heldOut(run.buffers.deduction[0]));
  }
  lines.length = 0;
  await using again = await openLab(MICRO, options);
  assert.ok(again.base.cached);
  assert.deepEqual(lines, []);
  await Deno.remove(cacheFolder, { recursive: true });
});

Deno.test("a preset that does not exist is refused with the names of those that do", async () => {
  await assert.rejects(openLab("huge", { seed: 1 }), /no preset "huge".*smoke/);
});
