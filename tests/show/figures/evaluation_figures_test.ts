/** The figures on evaluation, on worked numbers, and the kit's own items and hard pairs. */

import assert from "node:assert/strict";
import type { BenchmarkRow } from "../../../lib/lab/benchmarks/evaluate.ts";
import type { EvaluationResult } from "../../../lib/lab/evaluation/evaluate.ts";
import type { Figure } from "../../../lib/show/figures/figure.ts";
import { startExecutor } from "../../../lib/sandbox/mod.ts";
import {
  flips,
  guessingFloors,
  intervalWidths,
  itemSquares,
  naivePass,
  pairedChange,
  passOf,
  temperatureCurves,
  unpairedChange,
} from "../../../notebooks/figures/benchmark/figures.ts";
import {
  hardPairs,
  judgePairs,
} from "../../../notebooks/figures/benchmark/hard_pairs.ts";
import {
  gradeGuesses,
  openItems,
  OWN_ITEMS,
  pairedRows,
} from "../../../notebooks/figures/benchmark/items.ts";

/** A figure's title in one line. */
const titleOf = ({ layout }: Figure) =>
  layout.title!.text!.replaceAll(/ ?<br>/g, " ").replaceAll("\u00a0", " ");

Deno.test("the graders agree with a careful person on every hard pair", async () => {
  await using executor = await startExecutor({ languages: ["python"] });
  const pairs = hardPairs();
  assert.deepEqual(
    [...Map.groupBy(pairs, ({ grader }) => grader)]
      .map(([grader, { length }]) => [grader, length]),
    [["values", 14], ["maths", 13], ["code", 6]],
  );
  const judged = await judgePairs(pairs, executor);
  assert.deepEqual(judged.filter(({ correct, same }) => correct !== same), []);
});

Deno.test("the kit's own dozen stands in for a file that is not there, and for no other", async () => {
  await using executor = await startExecutor({ languages: ["python"] });
  const opened = await openItems("cruxeval-o", "nowhere");
  assert.ok(!opened.isPublic && opened.items.length === 12);
  assert.match(opened.note, /there is no cruxeval\.jsonl/);
  const graded = await gradeGuesses(opened, executor);
  const right = graded.map(({ verdicts }) =>
    verdicts.filter(({ correct }) => correct).length
  );
  assert.deepEqual(right, [12, 2, 1]);
  const squares = itemSquares(opened.items, graded);
  assert.equal(squares.data[0].x!.length, 12);
  assert.match(titleOf(squares), /is right on 2 of 12 items/);
  const inputs = await openItems("cruxeval-i", "nowhere");
  const [reference] = await gradeGuesses(inputs, executor);
  assert.ok(reference.verdicts.every(({ correct }) => correct));

  const present = await openItems("cruxeval-o", OWN_ITEMS, 3);
  assert.ok(present.isPublic && present.items.length === 3);
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/cruxeval.jsonl`, '{"id": 1}\n');
    await assert.rejects(
      openItems("cruxeval-o", folder),
      /cruxeval\.jsonl:1: .*"(code|input)"/,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const sides = { base: [0, 0, 1, 1, 0, 1], trained: [1, 1, 1, 1, 0, 0] };

Deno.test("pairing keeps the mean and takes off what the items share", () => {
  assert.deepEqual(flips(sides), { won: 2, lost: 1 });
  const shared = { base: [0, 0, 1, 1], trained: [0, 1, 1, 1] };
  const [paired, unpaired] = [pairedChange(shared), unpairedChange(shared)];
  assert.ok(Math.abs(paired.mean - 0.25) < 1e-12);
  assert.ok(Math.abs(unpaired.mean - 0.25) < 1e-12);
  // The variances are 0.25 / 4 and 0.1875 / 4.
  const half = 1.96 * Math.sqrt((0.25 + 0.1875) / 4);
  assert.ok(Math.abs(unpaired.high - 0.25 - half) < 1e-12);
  assert.ok(paired.high - paired.low < unpaired.high - unpaired.low);
});

Deno.test("rows of two evaluations are paired by item", () => {
  const row = (item: string, correct: number) => (
    { benchmark: "b", item, samples: 4, correct } as BenchmarkRow
  );
  assert.deepEqual(
    pairedRows([row("x", 1), row("y", 2)], [row("y", 4), row("x", 0)]),
    { base: [0.25, 0.5], trained: [0, 1] },
  );
  assert.throws(
    () => pairedRows([row("x", 1)], [row("y", 1)]),
    /b x was asked of one model only/,
  );
});

Deno.test("the interval of twelve items reaches from 22 to 78 %, and of one over everything", () => {
  assert.equal(
    titleOf(intervalWidths({ ours: 12, MATH500: 500 })),
    "On 12 items a score of 50 % means 22 to 78 %",
  );
  assert.match(titleOf(intervalWidths({ one: 1 })), /means 0 to 100 %/);
});

Deno.test("the floors are those of independent guesses", () => {
  const { data } = guessingFloors([2, 10], ["True", "True", "1", "2"]);
  const at = (trace: number, k: number) => Number(data[trace].y![k - 1]);
  assert.equal(at(0, 1), 50);
  assert.equal(at(0, 3), 87.5);
  assert.ok(Math.abs(at(1, 2) - 19) < 1e-9);
  // Two of four items have an answer that half of all have, two one that a quarter has.
  assert.equal(at(2, 1), 37.5);
});

Deno.test("pass@k of samples, and the estimate that is too low", () => {
  const row = (
    correct: number,
  ) => ({ samples: 4, correct } as EvaluationResult);
  const cold = { temperature: 0.2, rows: [row(4), row(0)] };
  const warm = { temperature: 1, rows: [row(1), row(1)] };
  assert.equal(passOf(cold, 1), 0.5);
  assert.equal(passOf(warm, 4), 1);
  assert.ok(Math.abs(naivePass(4, 1, 4) - (1 - 0.75 ** 4)) < 1e-12);
  assert.match(
    titleOf(temperatureCurves([cold, warm])),
    /0\.2 for one attempt and 1 for 4/,
  );
});
