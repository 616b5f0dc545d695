import assert from "node:assert/strict";
import { benchmarkNamed } from "../../lib/lab/benchmarks/benchmarks.ts";
import { presetNamed } from "../../lib/lab/presets.ts";
import { armNamed, studyNamed } from "../../lib/lab/studies.ts";
import { findNotebooks } from "../../tasks/notebook/notebook_file.ts";

Deno.test("a slip in a name is answered with the name that was meant", async () => {
  const said = (run: () => unknown) => {
    try {
      run();
    } catch (error) {
      return (error as Error).message;
    }
    assert.fail("not refused");
  };
  const study = studyNamed("ablations");
  assert.match(said(() => presetNamed("smok")), /Did you mean smoke\?$/);
  assert.match(said(() => studyNamed("ablation")), /Did you mean ablations\?$/);
  assert.match(
    said(() => armNamed(study, "frozen-propser")),
    /Did you mean frozen-proposer\?$/,
  );
  assert.match(
    said(() => benchmarkNamed("humanevl")),
    /Did you mean humaneval\?$/,
  );
  await assert.rejects(
    findNotebooks(["00_tuor"]),
    /no notebook "00_tuor"; .*Did you mean 00_tour\?$/,
  );
  // Nothing near: the known names alone.
  assert.doesNotMatch(said(() => presetNamed("xyzxyzxyz")), /Did you mean/);
});
