/** The study of a language model: its file, its figures and its bounds. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  judgeLanguageBounds,
  languageFigure,
  readLanguageStudy,
  type RecordedSeed,
} from "../../lib/lab/language_study.ts";
import { armConfig } from "../../tasks/language_study.ts";
import { checkConfig } from "../../lib/method/config.ts";

const FOLDER = "data/language_model";

Deno.test("every arm of the committed study can be played", () => {
  const study = readLanguageStudy(FOLDER);
  const configs = study.arms.map((arm) => armConfig(study, arm, 2));
  configs.forEach(checkConfig);
  // No two arms play the same.
  const distinct = new Set(configs.map((config) => JSON.stringify(config)));
  assert.equal(distinct.size, study.arms.length);
  for (const config of configs) {
    assert.deepEqual([config.steps, config.seed], [study.steps, 2]);
  }
});

/** A record of six steps whose figures rise from `low` to `high`. */
function record(low: number, high: number): RecordedSeed {
  const metrics = Array.from({ length: 7 }, (_, step) => {
    const value = step <= 2 ? low : high;
    return {
      step,
      propose: {
        deduction: { malformed: value, valid: value, entropyPerToken: 1 },
        abduction: { malformed: value, valid: value, entropyPerToken: null },
      },
      solve: { deduction: { learnable: value, entropyPerToken: 2 } },
    };
  });
  const scores = [0, 6].flatMap((step) =>
    ["deduction", "abduction"].flatMap((mode) =>
      [0, 1].map((temperature) => ({
        ...{ step, mode, temperature, samples: 2 },
        correct: step === 0 ? [0, 0] : mode === "deduction" ? [2, 0] : [1, 0],
      }))
    )
  );
  return { seed: 1, metrics, scores } as unknown as RecordedSeed;
}

Deno.test("figures are means over the modes and over a third of the steps", () => {
  const seeds = [record(0.25, 0.75)];
  assert.equal(languageFigure(seeds, "valid", "first"), 0.25);
  assert.equal(languageFigure(seeds, "malformed", "last"), 0.75);
  assert.equal(languageFigure(seeds, "valid", "change"), 0.5);
  assert.equal(languageFigure(seeds, "learnable", "last"), 0.75);
  assert.equal(languageFigure(seeds, "entropy", "last"), 1.5);
  // Deduction: half of the items, always. Abduction: one of two, half the time.
  assert.equal(languageFigure(seeds, "greedy", "change"), (0.5 + 0.25) / 2);
  assert.ok(Number.isNaN(languageFigure([], "valid", "last")));
});

Deno.test("a bound on an arm that is not recorded is open", async () => {
  const folder = await Deno.makeTempDir({ prefix: "study-" });
  const study = readLanguageStudy(FOLDER);
  const judged = judgeLanguageBounds(study, folder);
  assert.equal(judged.length, study.bounds.length);
  assert.ok(judged.every(({ holds }) => holds === null));
  const wrong = { ...study, bounds: [{ ...study.bounds[0], arm: "nobody" }] };
  Deno.writeTextFileSync(join(folder, "study.json"), JSON.stringify(wrong));
  assert.throws(() => readLanguageStudy(folder), /names the arm "nobody"/);
  await Deno.remove(folder, { recursive: true });
});
