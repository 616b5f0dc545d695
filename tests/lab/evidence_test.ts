/** Bounds, pass@k and health: worked numbers on logs made by hand. */

import assert from "node:assert/strict";
import {
  collapsedModes,
  type SeedRecord,
  thirdMean,
} from "../../lib/lab/health.ts";
import { type EvaluationLog, reportLines } from "../../lib/lab/report.ts";
import { judgeTargets } from "../../lib/lab/targets.ts";
import { thoughtLines, writtenSteps } from "../../lib/lab/thought.ts";
import type { StepMetrics } from "../../lib/method/metrics.ts";
import { passLines, passSection } from "../../tasks/report/pass.ts";
import { thoughtSection } from "../../tasks/report/thought.ts";

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} !== ${expected}`);
}

interface Rows {
  step: number;
  thinking?: "free" | "forced";
  mode?: "deduction" | "abduction";
  right: number;
  thought: number;
}

/** 100 greedy items of the familiar split, of which `right` are right. */
function greedy(
  { step, thinking = "free", mode = "deduction", right, thought }: Rows,
): EvaluationLog {
  return Array.from({ length: 100 }, (_, i) => ({
    step,
    split: "familiar",
    mode,
    item: `familiar/${mode}/${i}`,
    depth: 2,
    temperature: 0,
    thinking,
    samples: 1,
    correct: i < right ? 1 : 0,
    thought,
    malformed: 0,
    tokens: 4,
    response: "",
  }));
}

/** Two items sampled 64 times, with so many right. */
function many(
  step: number,
  thinking: "free" | "forced",
  correct: [number, number],
): EvaluationLog {
  return greedy({ step, thinking, right: 0, thought: 0 }).slice(0, 2).map(
    (row, i) => ({
      ...row,
      temperature: 1,
      samples: 64,
      correct: correct[i],
    }),
  );
}

const LOG: EvaluationLog = [
  ...greedy({ step: 0, right: 20, thought: 0 }),
  ...greedy({ step: 0, thinking: "forced", right: 60, thought: 1 }),
  ...many(0, "free", [0, 32]),
  ...many(0, "forced", [64, 0]),
  ...greedy({ step: 40, right: 70, thought: 1 }),
  ...many(40, "free", [64, 1]),
];

Deno.test("pass@k of two items, one solved half of the time", () => {
  const lines = passLines([LOG]);
  assert.deepEqual(lines.map(({ k }) => k), [1, 4, 16, 64]);
  assert.equal(lines[0].items, 2);
  near(lines[0].before.mean, .25);
  near(lines[0].forced.mean, .5);
  near(lines[0].after.mean, (1 + 1 / 64) / 2);
  // 1 - C(32, 4) / C(64, 4) = 1 - 35960 / 635376.
  near(lines[1].before.mean, (1 - 35960 / 635376) / 2);
  near(lines[3].before.mean, .5);
  near(lines[3].after.mean, 1);
});

Deno.test("pass@k has a section of its own and no part in the accuracies", () => {
  assert.match(passSection([LOG]), /\| familiar \| deduction \| 2 \| 64 \|/);
  const lines = reportLines([LOG]);
  assert.deepEqual(lines.map(({ temperature }) => temperature), [0]);
  const without = LOG.filter(({ samples }) => samples === 1);
  assert.equal(passSection([without]), "");
});

Deno.test("a step counts as written where its value is", () => {
  const cases: [string, number][] = [
    ["<a>14<eos>", 0],
    ["<t>+2=16*2=32<a>32<eos>", 2],
    ["<t>+2*2=32<a>32<eos>", 1],
    [".map(v=>v*2)=[2,8]", 0],
    ["<t>.map(v=>v*2)=[2,8].reduce((a,b)=>a+b,0)=2>10+2=12<a>12<eos>", 3],
    ["<t>s+=3;=3>6+1=7<a>7<eos>", 2],
    ["<t>*2:16+2:14<a>14<eos>", 2],
    ["<t>*2+2:14<a>14<eos>", 1],
    ["<t>+2=", 1],
  ];
  for (const [response, steps] of cases) {
    assert.equal(writtenSteps(response), steps, response);
  }
});

Deno.test("written steps are shares of the program's, before and after", () => {
  const answers = (rows: EvaluationLog, response: string) =>
    rows.map((row) => ({ ...row, response }));
  const log = [
    ...answers(greedy({ step: 0, right: 20, thought: 0 }), "<a>1<eos>"),
    ...answers(
      greedy({ step: 0, thinking: "forced", right: 60, thought: 1 }),
      "<t>+1*2=4<a>4<eos>",
    ),
    ...answers(
      greedy({ step: 40, right: 70, thought: 1 }),
      "<t>+1=2*2=4<a>4<eos>",
    ),
  ];
  const [line, ...more] = thoughtLines([log, log]);
  assert.deepEqual(more, []);
  near(line.forced.mean, .5);
  near(line.after.mean, 1);
  assert.match(
    thoughtSection([log]),
    /\| familiar \| deduction \| 100 \| 50\.0/,
  );
  const maths = log.map((row) => ({ ...row, mode: "maths" as const }));
  assert.equal(thoughtSection([maths]), "");
});

Deno.test("bounds are judged seed by seed, missed ones too", () => {
  const worse = [
    ...greedy({ step: 0, right: 20, thought: 0 }),
    ...greedy({ step: 0, thinking: "forced", right: 60, thought: 1 }),
    ...greedy({ step: 40, right: 30, thought: .5 }),
  ];
  const judged = judgeTargets([LOG, worse]);
  const met = (start: string) =>
    judged.find(({ says }) => says.startsWith(start))?.met;
  assert.deepEqual(met("deduction +20"), [true, false]);
  assert.deepEqual(met("thinking from"), [true, false]);
  assert.deepEqual(met("beyond"), [true, false]);
  // The log has no abduction: nothing is claimed of it.
  assert.equal(met("abduction"), undefined);
});

/** Metrics of six steps whose deduction proposals are valid with these shares. */
function record(valid: number[], distinctShare = 1): SeedRecord {
  const metrics = valid.map((share, i) => ({
    step: i + 1,
    propose: { deduction: { valid: share, distinctShare } },
  }));
  return { metrics: metrics as unknown as StepMetrics[], timings: [] };
}

Deno.test("the first and last third of six steps are two steps each", () => {
  const seeds = [record([0, .2, 1, 1, .6, .8]), record([.4, .6, 0, 0, 1, 1])];
  const valid = (metrics: StepMetrics) => metrics.propose.deduction?.valid;
  near(thirdMean(seeds, "first", valid), .3);
  near(thirdMean(seeds, "last", valid), .85);
});

Deno.test("a proposer that repeats itself or is mostly refused has collapsed", () => {
  const late = (seed: SeedRecord) => collapsedModes([seed], ["deduction"]);
  assert.deepEqual(late(record([0, 0, 0, 0, .6, .6])), []);
  assert.deepEqual(late(record([1, 1, 1, 1, .4, .4])), ["deduction"]);
  assert.deepEqual(late(record([1, 1, 1, 1, 1, 1], .2)), ["deduction"]);
});
