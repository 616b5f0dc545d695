import assert from "node:assert/strict";
import { join } from "node:path";
import type { EvaluationResult } from "../../lib/lab/evaluation/evaluate.ts";
import { runExperiment } from "../../lib/lab/run.ts";
import { MICRO } from "./micro_preset.ts";

function rows<Row>(folder: string, file: string): Row[] {
  return Deno.readTextFileSync(join(folder, file)).trim().split("\n")
    .map((line) => JSON.parse(line));
}

Deno.test("a run goes from nothing to a folder with evaluations before and after", async () => {
  const root = await Deno.makeTempDir();
  try {
    const folder = join(root, "run");
    const outcome = await runExperiment({
      preset: MICRO,
      seed: 1,
      folder,
      cacheFolder: join(root, "base"),
    });
    assert.deepEqual(outcome, { step: 2, finished: true });
    const evaluated = rows<EvaluationResult & { step: number }>(
      folder,
      "eval.jsonl",
    );
    const seen = new Set(
      evaluated.map((row) => `${row.step} ${row.mode} ${row.thinking}`),
    );
    for (const mode of ["deduction", "abduction", "induction", "maths"]) {
      assert.ok(seen.has(`0 ${mode} free`));
      assert.ok(seen.has(`0 ${mode} forced`));
      assert.ok(seen.has(`2 ${mode} free`));
      assert.ok(!seen.has(`2 ${mode} forced`));
    }
    for (const row of evaluated) {
      assert.ok(row.correct <= row.samples);
      if (row.thinking === "forced") assert.equal(row.thought, row.samples);
    }
    const before = evaluated.filter((row) =>
      row.step === 0 && row.mode === "deduction" && row.temperature === 0 &&
      row.thinking === "free"
    );
    assert.equal(before.length, 4);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("a plan says which splits are followed during self-play, and by how many samples", async () => {
  const root = await Deno.makeTempDir();
  try {
    const followed = { duringSplits: ["expressions"], duringSamples: 3 };
    await runExperiment({
      preset: {
        ...MICRO,
        selfPlay: { ...MICRO.selfPlay, evaluateEvery: 1 },
        evaluation: { ...MICRO.evaluation, ...followed, duringItems: 0 },
      },
      seed: 1,
      folder: join(root, "run"),
      cacheFolder: join(root, "base"),
    });
    const during = rows<EvaluationResult & { step: number }>(
      join(root, "run"),
      "eval.jsonl",
    ).filter(({ step }) => step === 1);
    assert.equal(during.length, MICRO.world.otherItems);
    for (const { split, temperature, samples } of during) {
      assert.deepEqual([split, temperature, samples], ["expressions", 1, 3]);
    }
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

for (const policies of ["shared", "separate"] as const) {
  Deno.test(`a stopped run goes on to the metrics of an unbroken one, ${policies}`, async () => {
    const root = await Deno.makeTempDir();
    try {
      const common = {
        preset: { ...MICRO, selfPlay: { ...MICRO.selfPlay, policies } },
        seed: 2,
        cacheFolder: join(root, "base"),
      };
      const whole = join(root, "whole");
      await runExperiment({ ...common, folder: whole });
      const broken = join(root, "broken");
      const stop = new AbortController();
      const first = await runExperiment({
        ...common,
        folder: broken,
        stop: stop.signal,
        onEvent: (event) => {
          if (event.type === "updated") stop.abort();
        },
      });
      assert.deepEqual(first, { step: 1, finished: false });
      await runExperiment({ ...common, folder: broken, resume: true });
      for (const file of ["metrics.jsonl", "eval.jsonl"]) {
        assert.equal(
          Deno.readTextFileSync(join(broken, file)),
          Deno.readTextFileSync(join(whole, file)),
        );
      }
    } finally {
      await Deno.remove(root, { recursive: true });
    }
  });
}

Deno.test("a preset of two minds about its language is refused before anything is built", async () => {
  const preset = {
    ...MICRO,
    selfPlay: { ...MICRO.selfPlay, language: "python" as const },
  };
  await assert.rejects(
    () => runExperiment({ preset, seed: 1, folder: "never-made" }),
    /selfPlay.language is "python" and world.language is "javascript"/,
  );
});
