/** The formulas of scale on numbers worked by hand, and the stored page. */

import assert from "node:assert/strict";
import { PAPER_CONFIG } from "../../lib/method/config.ts";
import { trainedNumbers } from "../../tasks/selfplay/memory_plan.ts";
import { CARDS, qwen } from "../../tasks/scale/cards.ts";
import {
  cardsFor,
  keyBytes,
  secondsOf,
  stateGigabytes,
  workloadOf,
} from "../../tasks/scale/estimate.ts";
import {
  bestSplit,
  playedAhead,
  synchronous,
} from "../../tasks/scale/replay.ts";
import { headroom, SCALE, scaleReport } from "../../tasks/report/scale.ts";

const near = (value: number, wanted: number) =>
  assert.ok(Math.abs(value / wanted - 1) < 1e-3, `${value}, not ${wanted}`);

Deno.test("a step of the paper in sequences, tokens and jobs", () => {
  const work = workloadOf(PAPER_CONFIG);
  assert.equal(work.proposals, 3 * 64);
  assert.equal(work.trainedSequences, 64 * 6);
  // 80 % of 64 tasks a mode are attempted 8 times: 409.6.
  near(work.sampledSequences, 384 + 3 * 409.6);
  near(work.sampledTokens, (128 + 409.6) * 3700);
  near(work.trainedTokens, 128 * 3700 + 384 * 1000);
  near(work.executorJobs, 64 * 12 + 473.6 * 7);
});

Deno.test("a 7B model: parameters, states, keys, and the paper's number of cards", () => {
  const model = qwen("7B");
  assert.equal(trainedNumbers(model, 0), 7_615_616_512);
  near(stateGigabytes(model), 16 * 7.6156);
  assert.equal(keyBytes(model), 2 * 2 * 28 * 4 * 128);
  const card = CARDS.find(({ name }) => name === "A100-80")!;
  // 18 bytes a parameter are 137 GB, 60 of each card's 80 GB hold them.
  assert.equal(cardsFor(model, card), 4);
  assert.equal(cardsFor(qwen("14B"), card), 8);
});

Deno.test("seconds: training by arithmetic, sampling by its largest bound", () => {
  const card = CARDS.find(({ name }) => name === "A100-80")!;
  const [config, cards] = [PAPER_CONFIG, 4];
  const found = secondsOf(qwen("7B"), card, { config, cards, use: 0.5 });
  near(found.training, 10 * 7.6156e9 * 857_600 / (4 * 312e12 * 0.5));
  const longest = 2 * 8096 * 2 * 7.6156e9 / (4 * 2039e9 * 0.5);
  assert.ok(found.sampling >= longest * 0.999);
  const half = secondsOf(qwen("7B"), card, { config, cards, use: 0.25 });
  near(half.training, 2 * found.training);
  near(half.sampling, 2 * found.sampling);
  // 384 sequences in 6 micro-batches a card: 1 + 3 * 6 * 3 / 4 copies of the weights.
  near(found.network, 2 * 7.6156e9 * 14.5 / 300e9);
});

Deno.test("a replay of two equal steps, in turn and ahead", () => {
  const steps = [0, 1].map(() => ({ sampling: 10, executor: 1, training: 10 }));
  assert.equal(synchronous(steps, 2, 1), 2 * (5 + 1 + 5));
  // Played until 11 and 22; learnt from 11 to 21 and from 22 to 32.
  assert.equal(playedAhead(steps, 2, 1, 1), 32);
  // The longest response takes 4 s, however many sample.
  assert.equal(synchronous(steps, 4, 4), 2 * (4 + 1 + 2.5));
  assert.deepEqual(bestSplit(steps, 4, 4), { samplers: 2, seconds: 17 });
  // Long runs: in turn 7.5 s a step; ahead the longer half, 6 s.
  const many = Array.from({ length: 1000 }, () => steps[0]);
  near(synchronous(many, 4, 4) / 1000, 7.5);
  near(bestSplit(many, 4, 4).seconds / 1000, 6.005);
});

Deno.test("the stored page is what the formulas and logs say", () => {
  const { page, json } = scaleReport("data");
  assert.equal(Deno.readTextFileSync(`${SCALE}.md`), page);
  assert.equal(Deno.readTextFileSync(`${SCALE}.json`), json);
  const [first] = headroom("data");
  assert.match(first.part, /executor/);
});
