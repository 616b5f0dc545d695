/**
 * Ctrl-C while SmolLM2-135M seeds: the run is saved and ends within five seconds. Takes
 * the model and a minute, so only when AZR_LANGUAGE_MODEL is set; prints the seconds.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { interrupted } from "./interrupted.ts";

Deno.test({
  name: "Ctrl-C ends the seeding of SmolLM2 within five seconds",
  ignore: !Deno.env.get("AZR_LANGUAGE_MODEL"),
  fn: async () => {
    const parent = await Deno.makeTempDir({ prefix: "language-model-" });
    const args = ["--preset", "laptop-lm", "--out", join(parent, "run")];
    const { code, said, seconds } = await interrupted(
      [...args, "--evaluate", "0"],
      /seeding round 1\/4, seeding, [\d,]+ tokens/,
      "SIGINT",
    );
    console.log(`${seconds.toFixed(1)} s after Ctrl-C`);
    assert.equal(code, 0, said);
    assert.match(said, /stopped and saved in the seeding, after round 0/);
    assert.ok(seconds < 5, `${seconds} s`);
    await Deno.remove(parent, { recursive: true });
  },
});
