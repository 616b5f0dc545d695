/** The paper beside runs: verdicts by worked intervals, finders by worked responses, numbers as given. */

import assert from "node:assert/strict";
import type { ScoreRow } from "../../../lib/lab/scores.ts";
import { studyNamed } from "../../../lib/lab/studies.ts";
import type { RolloutRow, TaskRow } from "../../../lib/run/rows.ts";
import {
  greedyChange,
  inDistribution,
  outOfDistribution,
} from "../../../notebooks/figures/paper/accuracy.ts";
import {
  beside,
  described,
  dotRows,
  wrapped,
} from "../../../notebooks/figures/paper/beside.ts";
import { inventory } from "../../../notebooks/figures/paper/inventory.ts";
import {
  paperFigure,
  paperRows,
} from "../../../notebooks/figures/paper/numbers.ts";
import {
  settingsBeside,
  sixPrompts,
} from "../../../notebooks/figures/paper/prompts.ts";
import { gapOverRuns } from "../../../notebooks/figures/paper/proposals.ts";
import { rewardsAndLengths } from "../../../notebooks/figures/paper/rewards_lengths.ts";
import type { PaperRun } from "../../../notebooks/figures/paper/runs.ts";
import {
  exampleTask,
  lastValue,
  trialAndError,
  turnsIn,
  uhOhs,
} from "../../../notebooks/figures/paper/samples.ts";
import {
  appendixFigure,
  isRecorded,
} from "../../../notebooks/figures/paper/appendix.ts";
import {
  detailsOf,
  sentenceOf,
  verdictOn,
} from "../../../notebooks/figures/paper/verdict.ts";
import { figureSvg } from "../../../tasks/notebook/static_images.ts";

const interval = (mean: number, low: number, high: number) => (
  { mean, low, high }
);

Deno.test("a verdict needs a direction on both sides, and an interval beside zero", () => {
  const on = (paper: 1 | -1 | null, here: ReturnType<typeof interval> | null) =>
    verdictOn({ what: "x", paper, here, unit: "points" });
  assert.equal(on(1, interval(2, 1, 3)), "same direction");
  assert.equal(on(-1, interval(-2, -3, -1)), "same direction");
  assert.equal(on(1, interval(-2, -3, -1)), "differs");
  assert.equal(on(1, interval(2, -1, 5)), "cannot tell");
  assert.equal(on(1, interval(2, 0, 5)), "cannot tell");
  assert.equal(on(null, interval(2, 1, 3)), "cannot tell");
  assert.equal(on(1, null), "cannot tell");
});

Deno.test("the sentence names each verdict once, and the reason", () => {
  const compared = {
    item: "Figure 0",
    figure: { data: [], layout: {} },
    comparisons: [
      { what: "a", paper: 1, here: interval(0.02, 0.01, 0.03), unit: "points" },
      { what: "b", paper: 1, here: null, unit: "points" },
      { what: "c", paper: 1, here: interval(1, 0.5, 2), unit: "points" },
    ] as const,
    why: "it is so",
  };
  assert.equal(
    sentenceOf(compared),
    "Figure 0: same direction in a, c; cannot tell in b, because it is so.",
  );
  assert.match(detailsOf(compared)[1], /paper: up +here: not measured: cannot/);
  assert.equal(
    sentenceOf({ ...compared, comparisons: [] }),
    "Figure 0: cannot tell, because it is so.",
  );
});

function score(step: number, split: string, correct: number[]): ScoreRow {
  return {
    ...{ step, split, mode: "deduction", temperature: 0, thinking: "free" },
    ...{ samples: 1, correct, thinkingRate: 0, tokens: 3 },
  };
}

function run(parts: Partial<PaperRun>): PaperRun {
  const config = { language: "javascript" } as PaperRun["config"];
  const logs = { metrics: [], evaluated: [], scores: [] };
  return { folder: "", config, ...logs, tasks: [], rollouts: [], ...parts };
}

const scores = [
  score(0, "familiar", [0, 0, 1, 1]),
  score(0, "deep", [0, 0, 0, 0]),
  score(9, "familiar", [1, 1, 1, 0]),
  score(9, "deep", [1, 1, 1, 1]),
];

Deno.test("a change is from the first evaluation to the last, item by item", () => {
  const keys = [{ split: "familiar", mode: "deduction" }];
  assert.equal(greedyChange([scores], keys)!.mean, 0.25);
  assert.equal(
    greedyChange([scores], [{ split: "deep", mode: "maths" }]),
    null,
  );
});

Deno.test("the paper's changes are those of its tables, beside the splits that are not played", async () => {
  const { figure, comparisons } = outOfDistribution(
    [run({ scores })],
    "Qwen2.5-14B",
  );
  const named = new Map(figure.data.map(({ name, x }) => [name, x![0]]));
  assert.ok(Math.abs(Number(named.get("HumanEval+")) - (70.7 - 78)) < 1e-9);
  assert.equal(named.get("deep"), 100);
  assert.deepEqual(comparisons.map(({ what }) => what), ["deep"]);
  assert.throws(
    () => outOfDistribution([run({ scores })], "GPT-2"),
    /no "GPT-2" before and after/,
  );
  assert.match(
    await figureSvg(figure as Parameters<typeof figureSvg>[0]),
    /<svg/,
  );
});

Deno.test("the reason below a figure is measured on the runs that are given", () => {
  const metrics = Array.from({ length: 6 }, (_, i) => ({
    step: i + 1,
    propose: { deduction: { meanProgramCharacters: 40 - i, intrinsic: {} } },
    solve: { deduction: { meanResponseTokens: 10 + i, thinkingRate: i / 10 } },
  })) as unknown as PaperRun["metrics"];
  const { why, comparisons } = rewardsAndLengths(
    [run({ metrics })],
    "deduction",
  );
  assert.equal(
    why,
    "answers that open with a thought went from 5 to 45 % and proposed programs " +
      "from 40 to 36 letters, and the paper's rewards are a picture",
  );
  assert.equal(comparisons[0].here!.mean, 4);
  assert.equal(comparisons[2].here, null);
  const { why: unknown, comparisons: none } = inDistribution([run({})]);
  assert.deepEqual([unknown, none], ["these runs were not evaluated", []]);
  const forced = score(0, "familiar", [1, 1, 1, 0]);
  const withForced = [...scores, { ...forced, thinking: "forced" as const }];
  assert.match(
    inDistribution([run({ scores: withForced })]).why,
    /made to think, has 75\s% in deduction:/,
  );
});

Deno.test("a claim of no harm holds above its margin below zero", () => {
  const study = studyNamed("appendix");
  const ends = (correct: number[]) =>
    (["deduction", "abduction", "induction"] as const).map((mode) => (
      { ...score(9, "familiar", correct), mode }
    ));
  const one = (correct: number[]) => new Map([[1, ends(correct)]]);
  const arms = new Map([
    ["self-play", one([1, 1, 1, 1])],
    ["recent", one([1, 1, 0, 1])],
    ["seeds-from-file", one([1, 1, 1, 1])],
  ]);
  const { item, comparisons } = appendixFigure({ study, scores: arms });
  assert.equal(item, "Appendices D.3 and D.4");
  assert.equal(comparisons[0].here!.mean, 0.25);
  assert.deepEqual(comparisons[1].here, { mean: 0.03, low: 0.03, high: 0.03 });
  assert.equal(verdictOn(comparisons[1]), "same direction");
  assert.equal(comparisons[2].here, null);
  assert.ok(isRecorded({ study, scores: arms }));
  assert.ok(!isRecorded({ study, scores: new Map() }));
});

Deno.test("both sides keep within 400 pixels: no fixed width, short lines", () => {
  const words = "A picture that shows a curve, and of which no value is known.";
  const plot = dotRows("here", [
    { label: "one", value: interval(0.5, 0.25, 1) },
    { label: "two", value: null },
  ], { title: "per cent", scale: 100 });
  const { data, layout } = beside(
    { title: "A finding that needs more than one line to be told in full" },
    described("paper", words),
    [plot],
  );
  assert.equal(layout.width, undefined);
  for (const line of layout.title!.text!.split("<br>")) {
    assert.ok(line.length <= 43, line);
  }
  assert.deepEqual(data[1].x, [50]);
  assert.deepEqual(data[1].error_x, {
    ...{ type: "data", symmetric: false, color: "#56B4E9" },
    ...{ array: [50], thickness: 1.5, width: 4, arrayminus: [25] },
  });
  const notes = layout.annotations as { text: string }[];
  assert.ok(notes.some(({ text }) => text === "two: not recorded"));
  assert.equal(wrapped(words, 22).join(" "), words);
});

function rollout(parts: Partial<RolloutRow>): RolloutRow {
  return {
    mode: "abduction",
    grade: "right",
    task: "t",
    ...parts,
  } as RolloutRow;
}

Deno.test("a thought turns back where it doubts, or writes more steps than the program has", () => {
  const twice = "x=>x.slice(1).slice(1)";
  const trace = "<t>.slice(1):[5].slice(1):[6,5]<a>[7,6,5]<eos>";
  assert.equal(turnsIn(trace, twice), 0);
  assert.equal(turnsIn(trace, "x=>x.slice(1)"), 1);
  assert.equal(turnsIn("<a>5<eos>", twice), 0);
  assert.equal(turnsIn("f(2) is 4. Wait, let's try 3 instead.", ""), 3);
  const tasks = [{ id: "t", program: "x=>x.slice(1)" }] as TaskRow[];
  const rollouts = [
    rollout({ response: trace }),
    rollout({ response: trace, grade: "wrong" }),
    rollout({ response: "<a>[7,5]<eos>" }),
  ];
  const found = trialAndError(run({ tasks, rollouts }));
  assert.deepEqual(found.map(({ turns }) => turns), [1]);
});

Deno.test("what a person should read is found: words, forbidden reach, an answer against its thought", () => {
  assert.equal(lastValue("<t>*2=4+1=5<a>5<eos>"), "5");
  assert.equal(lastValue("<a>5<eos>"), null);
  const deduction = { mode: "deduction", step: 3 };
  const rollouts = [
    rollout({ ...deduction, response: "<t>*2=4<a>5<eos>", answer: "5" }),
    rollout({ ...deduction, response: "<t>*2=4<a>4<eos>", answer: "4" }),
    rollout({ ...deduction, response: "to outsmart them", answer: "4" }),
  ];
  const tasks = [{
    ...{ step: 2, mode: "deduction", cause: "policy", reason: "os" },
    response: "import os",
  }] as TaskRow[];
  assert.deepEqual(uhOhs(run({ tasks, rollouts })).map(({ why }) => why), [
    'says "outsmart"',
    "reaches for os",
    "right, though its thought ends in 4",
  ]);
});

Deno.test("the example is the longest program that is solved now and then", () => {
  const row = (id: string, program: string, solveRate: number) => (
    { id, mode: "deduction", status: "valid", program, solveRate } as TaskRow
  );
  const tasks = [row("a", "x=>x", 0.5), row("b", "x=>x+1", 0.25)];
  const found = exampleTask(
    run({ tasks: [...tasks, row("c", "x=>x+1+1+1", 1)] }),
    "deduction",
  );
  assert.equal(found!.task.id, "b");
  assert.equal(exampleTask(run({ tasks }), "induction"), null);
});

Deno.test("the complexity gap is of right answers in induction alone", () => {
  const tasks = [{ id: "t", program: "xxxx" }] as TaskRow[];
  const rollouts = [
    rollout({ mode: "induction", answer: "x" }),
    rollout({ mode: "induction", answer: "xx", grade: "wrong" }),
    rollout({ answer: "x" }),
  ];
  const length = ({ source }: { source: string }) => source.length;
  assert.equal(gapOverRuns([run({ tasks, rollouts })], length)!.mean, 3);
  assert.equal(gapOverRuns([run({ tasks })], length), null);
});

Deno.test("the inventory has every table and figure of the paper, each with a fate", () => {
  const entries = inventory();
  for (const { item, status, from } of entries) {
    assert.ok(status && from, item);
  }
  const items = entries.map(({ item }) => item);
  for (let table = 1; table <= 5; table++) {
    assert.ok(items.includes(`Table ${table}`));
  }
  const numbers = paperRows("figures").flatMap(({ figure }) => {
    const [, first, last] = /^(\d+)(?: to (\d+))?/.exec(figure)!;
    if (figure.endsWith("v3")) return [];
    const count = Number(last ?? first) - Number(first) + 1;
    return Array.from({ length: count }, (_, i) => Number(first) + i);
  });
  const all = Array.from({ length: 41 }, (_, i) => i + 1);
  assert.deepEqual([...new Set(numbers)], all);
  assert.throws(() => paperFigure("99"), /no figure "99"/);
});

Deno.test("the kit's paper settings are Table 3, row by row", () => {
  const rows = settingsBeside();
  assert.equal(rows.length, 19);
  for (const { name, paper, here } of rows) assert.equal(here, paper, name);
});

Deno.test("the six prompts differ, and ask in the paper's form", () => {
  const prompts = sixPrompts();
  assert.equal(new Set(prompts.map(({ text }) => text)).size, 6);
  for (const { text } of prompts) assert.match(text, /Assistant: <think>$/);
});
