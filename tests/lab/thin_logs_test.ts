/** Thinned logs keep every total, and every row where every row is wanted. */

import assert from "node:assert/strict";
import { thinMetrics, thinTimings } from "../../tasks/study/thin_logs.ts";
import type { StepMetrics } from "../../lib/method/metrics.ts";
import type { TimingRow } from "../../lib/run/stopwatch.ts";

const metrics = Array.from({ length: 8 }, (_, step) => ({
  step,
  loss: step / 10,
  trainedSamples: step,
  trainedSequences: 1,
  sampledTokens: 100 + step,
  trainedTokens: 10 * step,
  promptsRedrawn: 0,
  promptsDropped: 2,
})) as unknown as StepMetrics[];

const timings = metrics.map(({ step }) => ({
  step,
  seconds: { solved: step, ...(step === 7 && { evaluated: 5 }) },
  work: { executor: { calls: 1, seconds: .5 } },
})) as unknown as TimingRow[];

Deno.test("a kept row has its own loss and the counts since the row before", () => {
  const rows = thinMetrics(metrics, 3);
  assert.deepEqual(rows.map(({ step }) => step), [0, 3, 6, 7]);
  assert.deepEqual(rows.map(({ loss }) => loss), [0, .3, .6, .7]);
  assert.deepEqual(
    rows.map(({ trainedTokens }) => trainedTokens),
    [0, 10 + 20 + 30, 40 + 50 + 60, 70],
  );
  const total = (rows: readonly StepMetrics[]) =>
    rows.reduce((sum, row) => sum + row.sampledTokens, 0);
  assert.equal(total(rows), total(metrics));
});

Deno.test("timings are summed, also those that only some rows have", () => {
  const rows = thinTimings(timings, 4) as unknown as typeof timings;
  assert.deepEqual(rows, [
    timings[0],
    {
      step: 4,
      seconds: { solved: 10 },
      work: { executor: { calls: 4, seconds: 2 } },
    },
    {
      step: 7,
      seconds: { solved: 18, evaluated: 5 },
      work: { executor: { calls: 3, seconds: 1.5 } },
    },
  ]);
});

Deno.test("one step a row changes nothing, to the byte", () => {
  assert.equal(
    JSON.stringify(thinMetrics(metrics, 1)),
    JSON.stringify(metrics),
  );
  assert.equal(
    JSON.stringify(thinTimings(timings, 1)),
    JSON.stringify(timings),
  );
});
