/** Penalties on proposals that repeat each other or the past. */

import assert from "node:assert/strict";
import "../../lib/extras/mod.ts";
import { likeness } from "../../lib/extras/repetition.ts";
import { type SelfPlayConfig, TINY_CONFIG } from "../../lib/method/config.ts";
import { selfPlay } from "../../lib/method/loop.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";

const program = (source: string) => ({
  language: "javascript" as const,
  source,
});
const like = (a: string, b: string) => likeness(program(a), program(b));

Deno.test("programs are like by what their trees share", () => {
  assert.equal(like("x=>x+1", "x => x + 1"), 1);
  assert.equal(like("x=>x+1", "x=>x+2"), like("x=>x+2", "x=>x+1"));
  assert.ok(like("x=>x+1", "x=>x*2") > 0.75);
  assert.ok(like("x=>x+1", "x=>x") < 0.75);
  // Script > statement is common, statement > number or string is not.
  assert.equal(like("1", '"a"'), 0.5);
  assert.equal(like("", ""), 0);
});

const base: SelfPlayConfig = {
  ...TINY_CONFIG,
  steps: 2,
  modes: ["deduction"],
  proposalsPerMode: 8,
  rolloutsPerTask: 2,
  seedTasksPerMode: 1,
  duplicates: "admit",
  inputsPerProgram: 0,
  learnability: "uniform",
};
const SUM = "x=>x+1";
const OTHER = "x=>x.toString().length";

Deno.test("repetition on the real sandbox", async (t) => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const tokenizer = characterTokenizer();
  const rewarded = async (changes: Partial<SelfPlayConfig>) => {
    const config = { ...base, ...changes };
    const engine = new ScriptedEngine(
      tokenizer,
      (prompt, variant) =>
        prompt.startsWith("<P")
          ? [`${variant < 7 ? SUM : OTHER}<i>${variant}<eos>`]
          : ["<a>1<eos>", "<a>2<eos>"],
    );
    const steps = [];
    const parts = { config, engine, tokenizer, executor };
    for await (const event of selfPlay(parts)) {
      if (event.type === "rewarded") steps.push(event.proposals);
    }
    return steps;
  };

  await t.step("who is like the others earns less", async () => {
    const [first] = await rewarded({ clusterPenalty: 0.75 });
    const share = (source: string) =>
      first.filter(({ task }) => task!.program.source === source).length / 8;
    assert.ok(share(SUM) > 0 && share(OTHER) > 0);
    for (const { task, reward } of first) {
      const expected = 1 - 0.75 * share(task!.program.source);
      assert.ok(Math.abs(reward! - expected) < 1e-12);
    }
  });

  await t.step("who is like the past earns less, never below 0", async () => {
    const steps = await rewarded({ memoryPenalty: 1.5 });
    const past = [SUM, OTHER].map((source) =>
      steps[0].filter(({ task }) => task!.program.source === source).length
    );
    // The buffer began with the identity program, which is like neither.
    assert.ok(steps[0].every(({ reward }) => reward === 1));
    for (const { task, reward } of steps[1]) {
      const alike = past[task!.program.source === SUM ? 0 : 1] / 9;
      assert.ok(Math.abs(reward! - Math.max(0, 1 - 1.5 * alike)) < 1e-12);
    }
  });
});
