import assert from "node:assert/strict";
import { join } from "node:path";
import type { LocalEngine } from "../../lib/engines/local.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { readMetrics } from "../../lib/run/read.ts";
import { recordRun } from "../../lib/run/record.ts";
import { type SelfPlayConfig } from "../../lib/method/config.ts";
import { characterTokenizer } from "./scripted_engine.ts";
import { SHORT_PLAY, taughtEngine } from "./tiny_model.ts";

const config: SelfPlayConfig = { ...SHORT_PLAY, checkpointEvery: 2 };

Deno.test("a real model plays, learns, and resumes to the same bytes", async () => {
  const parent = await Deno.makeTempDir({ prefix: "local-engine-" });
  const tokenizer = characterTokenizer();
  const taught = await taughtEngine(tokenizer, 100);
  const base = join(parent, "base");
  await taught.save(base);
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const play = async (name: string, more: {
    resume?: boolean;
    dieAt?: string;
  }) => {
    const engine: LocalEngine = taught;
    await engine.load(base);
    await recordRun({
      folder: join(parent, name),
      config,
      engine,
      tokenizer,
      executor,
      resume: more.resume,
      onEvent: ({ type, step }) => {
        if (`${step} ${type}` === more.dieAt) throw new Error("died");
      },
    });
  };
  const text = (name: string) =>
    Deno.readTextFileSync(join(parent, name, "metrics.jsonl"));

  await play("whole", {});
  const metrics = readMetrics(join(parent, "whole"));
  assert.equal(metrics.length, 5);
  const last = metrics[4];
  const seeded = metrics[0].bufferSizes.deduction!;
  assert.ok(seeded > 1, "seeding found nothing");
  assert.ok(last.bufferSizes.deduction! > seeded);
  const updated = metrics.filter(({ gradientNorm }) => gradientNorm !== null);
  assert.ok(updated.length >= 3);
  // Mean of new - old log-probabilities before the step: sampling and training agree.
  for (const { approximateKl, clipFraction } of updated) {
    assert.ok(Math.abs(approximateKl!) < 1e-4, `${approximateKl}`);
    assert.equal(clipFraction, 0);
  }
  const solve = metrics.flatMap((m) => m.solve.deduction ?? []);
  assert.ok(solve.some(({ solveRate }) => solveRate !== null && solveRate > 0));

  await play("again", {});
  assert.equal(text("again"), text("whole"));

  await assert.rejects(play("broken", { dieAt: "3 updated" }), /died/);
  assert.notEqual(text("broken"), text("whole"));
  await play("broken", { resume: true });
  assert.equal(text("broken"), text("whole"));

  taught.dispose();
  await Deno.remove(parent, { recursive: true });
});
