/** The line on the terminal names the work under way, from the first token on. */

import assert from "node:assert/strict";
import { ProgressBar } from "../../tasks/selfplay/progress.ts";
import { smallConfig } from "./small_config.ts";

const config = { ...smallConfig, seedRounds: 4, steps: 3 };
const sampled = (tokens: number, evaluating = false) => ({
  ...{ tokens, done: 0, rows: 8, share: 0, evaluating },
});

Deno.test("sampling is named by what it is for", () => {
  const bar = new ProgressBar(config);
  bar.sampling(sampled(1));
  assert.match(bar.line, /^seeding round 1\/4, seeding, 1 tokens, 0\/8/);
  const saved = () => assert.fail("nothing is saved here");
  bar.seeding({ round: 1, proposals: [], sizes: {}, saved });
  bar.sampling(sampled(2));
  assert.match(bar.line, /^seeding round 2\/4, seeding, 2 tokens/);
  const drawn = { proposals: [], promptsRedrawn: 0, promptsDropped: 0 };
  bar.event({ type: "seeded", step: 0, rounds: 2, ...drawn });
  bar.sampling(sampled(3, true));
  assert.match(bar.line, /^self-play step 0\/3, evaluating, 3 tokens/);
  bar.end();
});

Deno.test("a resumed run proposes, or evaluates where it owes that", () => {
  const before = [{ step: 1, seconds: {}, work: {} }];
  const bar = new ProgressBar(config, before);
  bar.sampling(sampled(1));
  assert.match(bar.line, /^self-play, proposing, 1 tokens/);
  const owing = new ProgressBar(config, before);
  owing.sampling(sampled(1, true));
  assert.match(owing.line, /^self-play, evaluating, 1 tokens/);
});
