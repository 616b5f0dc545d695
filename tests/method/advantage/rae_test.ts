/** Running means of each role and mode: worked numbers, and a run that resumes with them. */

import assert from "node:assert/strict";
import { rae } from "../../../lib/method/advantage/rae.ts";
import { selfPlay, type SelfPlayState } from "../../../lib/method/loop.ts";
import {
  type SelfPlayConfig,
  TINY_CONFIG,
} from "../../../lib/method/config.ts";
import { type Executor, startExecutor } from "../../../lib/sandbox/mod.ts";
import { characterTokenizer, ScriptedEngine } from "../scripted_engine.ts";

const row = (role: "propose" | "solve", reward: number) => ({
  role,
  mode: "deduction" as const,
  reward,
});

Deno.test("each role and mode is compared with its own mean of before", () => {
  const rewards = [
    row("solve", 1),
    row("propose", -1),
    row("solve", 1),
    row("solve", -0.5),
  ];
  const { advantages, baselines } = rae(rewards, {}, 0.5);
  // solve: b = 0, 0.5, 0.75, 0.125; propose: b = 0, -0.5.
  assert.deepEqual(advantages, [1, -1, 0.5, -1.25]);
  assert.deepEqual(baselines, {
    "solve/deduction": 0.125,
    "propose/deduction": -0.5,
  });
  const later = rae([row("propose", -0.5)], baselines, 0.5);
  assert.deepEqual(later.advantages, [0]);
  assert.equal(later.baselines["solve/deduction"], 0.125);
  assert.deepEqual(rae([], baselines, 0.5).baselines, baselines);
});

const config: SelfPlayConfig = {
  ...TINY_CONFIG,
  steps: 4,
  proposalsPerMode: 4,
  rolloutsPerTask: 4,
  seedTasksPerMode: 4,
  estimator: "rae",
};

/** Plays up to a step; returns all advantages and the last state as JSON. */
async function playTo(
  steps: number,
  executor: Executor,
  engine: ScriptedEngine,
  saved?: string,
) {
  const { tokenizer } = engine;
  const state: SelfPlayState | undefined = saved && JSON.parse(saved);
  const changed = { ...config, steps };
  const advantages: number[] = [];
  const parts = { config: changed, engine, tokenizer, executor, state };
  for await (const event of selfPlay(parts)) {
    if (event.type === "advantages") {
      advantages.push(...event.samples.map(({ advantage }) => advantage));
    }
    if (event.type === "stepFinished") saved = JSON.stringify(event.state());
  }
  return { advantages, saved: saved! };
}

Deno.test("a run that is taken up again goes on with the same means", async () => {
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const fresh = () => new ScriptedEngine(characterTokenizer());
  const whole = await playTo(4, executor, fresh());
  const engine = fresh();
  const first = await playTo(2, executor, engine);
  const second = await playTo(4, executor, engine, first.saved);
  const parted = [...first.advantages, ...second.advantages];
  assert.deepEqual(parted, whole.advantages);
  assert.equal(second.saved, whole.saved);
  // Without its means the second half would have begun at 0 again.
  const { baselines, ...without } = JSON.parse(first.saved);
  assert.equal(Object.keys(baselines).length, 6);
  const third = await playTo(
    3,
    executor,
    engine,
    JSON.stringify(without),
  );
  assert.notDeepEqual(
    third.advantages,
    second.advantages.slice(0, third.advantages.length),
  );
});
