/** A whole tiny experiment in Python on a base model of two languages. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { Preset } from "../../lib/lab/presets.ts";
import { runExperiment } from "../../lib/lab/run.ts";
import { readEvaluations } from "../../lib/run/read.ts";
import { MICRO } from "./micro_preset.ts";

const BILINGUAL: Preset = {
  ...MICRO,
  name: "micro-both",
  world: {
    ...MICRO.world,
    language: "python",
    languageWeights: { javascript: .5, python: .5 },
  },
  selfPlay: { ...MICRO.selfPlay, language: "python", steps: 1 },
};

Deno.test("self-play in one language is evaluated in both", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await runExperiment({
      preset: BILINGUAL,
      seed: 1,
      folder: join(folder, "run"),
      cacheFolder: join(folder, "cache"),
    });
    const rows = readEvaluations(join(folder, "run"));
    const splits = new Set(rows.map((row) => row.split));
    assert.ok(splits.has("familiar"));
    assert.ok(splits.has("familiar, other language"));
    const modes = rows.filter((row) => row.split === "familiar, other language")
      .map((row) => row.mode);
    assert.deepEqual(
      [...new Set(modes)].sort(),
      ["abduction", "deduction", "induction"],
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
