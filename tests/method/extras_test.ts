/** The method without the extras: what it lacks is refused with the cure. Nothing here may import them. */

import assert from "node:assert/strict";
import { selfPlay, type SelfPlayEvent } from "../../lib/method/loop.ts";
import { type SelfPlayConfig, TINY_CONFIG } from "../../lib/method/config.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { characterTokenizer, ScriptedEngine } from "./scripted_engine.ts";

const tokenizer = characterTokenizer();

async function play(changes: Partial<SelfPlayConfig>) {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const config: SelfPlayConfig = {
    ...TINY_CONFIG,
    steps: 1,
    proposalsPerMode: 4,
    rolloutsPerTask: 2,
    seedTasksPerMode: 4,
    ...changes,
  };
  const engine = new ScriptedEngine(tokenizer);
  const events: SelfPlayEvent[] = [];
  const stream = selfPlay({ config, engine, tokenizer, executor });
  for await (const event of stream) events.push(event);
  return events;
}

Deno.test("the paper's method needs no extra; without them nothing intrinsic is measured", async () => {
  const rewarded = (await play({})).find(({ type }) => type === "rewarded")!;
  assert.ok(rewarded.type === "rewarded" && rewarded.proposals.length === 12);
  assert.ok(rewarded.proposals.every(({ intrinsic }) => intrinsic === null));
});

Deno.test("an extra that nobody registered is refused before the first step", async () => {
  const asked: [Partial<SelfPlayConfig>, RegExp][] = [
    [{ chainedPerMode: 1 }, /the extra "chains" is not registered: import/],
    [{ gateLeak: 0.5 }, /the extra "ungrounded" is not registered/],
    [{ gold: "majority" }, /the extra "ungrounded" is not registered/],
    [{ rewardValid: "progress" }, /the extra "progress" is not registered/],
    [{ dynamicSampling: 1 }, /the extra "dynamicSampling" is not registered/],
    [{ clusterPenalty: 1 }, /the extra "repetition" is not registered/],
    [{ memoryPenalty: 1 }, /the extra "repetition" is not registered/],
    [{ halsteadCoefficient: 1 }, /the extra "intrinsic" is not registered/],
    [
      { dialect: "chat", compositeChance: 0.5 },
      /the extra "composite" is not registered/,
    ],
    [{ dialect: "chat", modes: ["error"] }, /no mode "error" is registered/],
    [
      { taskSource: "pool", taskFile: "a", duplicates: "admit" },
      /no task source "pool" is registered.*import lib\/extras\/mod\.ts/,
    ],
  ];
  for (const [changes, message] of asked) {
    await assert.rejects(play(changes), message);
  }
});
