import assert from "node:assert/strict";
import { replaceRewards } from "../../lib/extras/control_rewards.ts";
import type { PolicySample } from "../../lib/method/stages.ts";

Deno.test("random rewards depend on seed and step, and on nothing that was written", () => {
  const samples = (reward: number) =>
    Array.from({ length: 400 }, () => ({ reward }) as PolicySample);
  const drawn = (reward: number, seed: number, step: number) =>
    replaceRewards({ rewardSource: "random", seed }, samples(reward), step)
      .map(({ reward }) => reward);
  assert.deepEqual(drawn(1, 3, 5), drawn(-1, 3, 5));
  assert.notDeepEqual(drawn(1, 3, 5), drawn(1, 3, 6));
  assert.notDeepEqual(drawn(1, 3, 5), drawn(1, 4, 5));
  const good = drawn(1, 3, 5).filter((reward) => reward === 1).length;
  assert.ok(good > 160 && good < 240, `${good} of 400`);
  assert.ok(drawn(1, 3, 5).every((reward) => Math.abs(reward) === 1));
});

Deno.test("length rewards count tokens, and nothing that was written or earned", () => {
  const sample = (tokens: number[], reward: number) =>
    ({ reward, response: { sample: { tokens } } }) as unknown as PolicySample;
  const samples = [sample([5, 6, 7], -1), sample([], 1), sample([9, 9, 9], 1)];
  assert.deepEqual(
    replaceRewards({ rewardSource: "length", seed: 1 }, samples, 1)
      .map(({ reward }) => reward),
    [.03, 0, .03],
  );
});
