import assert from "node:assert/strict";
import { presetNamed } from "../../lib/lab/mod.ts";
import { presetWith } from "../../tasks/selfplay/plan.ts";

Deno.test("a preset's world speaks the language of the settings", () => {
  const smoke = presetNamed("smoke");
  const same = presetWith(smoke, smoke.selfPlay);
  assert.deepEqual(same, smoke);
  const python = presetWith(smoke, { ...smoke.selfPlay, language: "python" });
  assert.equal(python.world.language, "python");
  assert.throws(
    () => presetWith(smoke, { ...smoke.selfPlay, language: "typescript" }),
    /config field "language": presets have worlds in javascript and python/,
  );
});
