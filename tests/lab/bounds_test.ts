/** Bounds of a study: which items count, what is compared, and the verdicts on made-up scores. */

import assert from "node:assert/strict";
import { FORCED_BASE } from "../../lib/lab/bounds.ts";
import {
  boundValues,
  ItemFinder,
  judgeBounds,
} from "../../lib/lab/bounds_judged.ts";
import type { ScoreRow } from "../../lib/lab/scores.ts";
import { parseStudy, type Study, studyNamed } from "../../lib/lab/studies.ts";
import type { StudyScores } from "../../lib/lab/study_scores.ts";
import { splitNamed } from "./world/split_named.ts";
import { worldParts } from "../../lib/lab/base_model.ts";

const study = studyNamed("pool");
const { splits } = worldParts(study.base);
const finder = new ItemFinder(study);
const modes = ["deduction", "abduction"];

function row(change: Partial<ScoreRow>): ScoreRow {
  return {
    step: 9,
    split: "deep",
    mode: "deduction",
    temperature: 0,
    thinking: "free",
    samples: 1,
    correct: [],
    thinkingRate: 0,
    tokens: 3,
    ...change,
  };
}

/** A row of all items of a split, in which an item is right where `right` says so. */
function rowOf(
  split: string,
  right: (item: { depth: number; operations: string[] }) => number,
  change: Partial<ScoreRow> = {},
): ScoreRow {
  const { mode = "deduction" } = change;
  const { items } = splitNamed(splits, split, mode);
  return row({
    split,
    correct: items.map((item) => item.kind === "maths" ? 0 : right(item)),
    ...change,
  });
}

Deno.test("items are chosen by split, mode, depth and operation", () => {
  const of = (depths?: number[], leftOut?: boolean) =>
    finder.values(
      [rowOf("familiar", ({ depth }) => depth)],
      { splits: ["familiar"], modes, depths, leftOut },
      "greedy",
      "pool-16",
    );
  assert.equal(of().length, 200);
  assert.ok(of([3]).length > 30 && of([3]).every((value) => value === 3));
  const [held, free] = [of(undefined, true), of(undefined, false)];
  assert.equal(held.length + free.length, 200);
  // A program of two to four operations has one of the eight about every second time.
  assert.ok(held.length > 60 && free.length > 60);
  const reverses = finder.values(
    [rowOf(
      "familiar",
      ({ operations }) => Number(operations.includes("reverse list")),
    )],
    { splits: ["familiar"], modes, leftOut: false },
    "greedy",
    "pool-16",
  );
  assert.ok(reverses.every((value) => value === 0));
});

Deno.test("the last step counts, and the base made to think at step 0", () => {
  const rows = [
    row({ step: 0, correct: [1, 1] }),
    row({ step: 0, correct: [0, 1], thinking: "forced" }),
    row({ correct: [1, 0] }),
    row({ correct: [16, 4], samples: 16, temperature: 1 }),
  ];
  const choice = { splits: ["deep"], modes };
  const at = (measure: "greedy" | "sampled" | "pass@16", arm: string) =>
    finder.values(rows, choice, measure, arm);
  assert.deepEqual(at("greedy", "self-play"), [1, 0]);
  assert.deepEqual(at("greedy", FORCED_BASE), [0, 1]);
  assert.deepEqual(at("sampled", "self-play"), [1, .25]);
  assert.deepEqual(at("pass@16", "self-play"), [1, 1]);
});

Deno.test("over the steps each evaluation counts alike, the base's excepted", () => {
  const sampled = { temperature: 1, samples: 2 };
  const rows = [
    row({ ...sampled, step: 0, correct: [2, 2] }),
    row({ ...sampled, step: 0, correct: [1, 2], thinking: "forced" }),
    row({ ...sampled, step: 3, correct: [0, 2] }),
    row({ ...sampled, step: 6, correct: [2, 1] }),
    row({ ...sampled, step: 9, samples: 16, correct: [8, 0] }),
  ];
  const choice = { splits: ["deep"], modes, overSteps: true };
  const at = (arm: string) => finder.values(rows, choice, "sampled", arm);
  assert.deepEqual(at("self-play"), [(0 + 1 + .5) / 3, (1 + .5 + 0) / 3]);
  assert.deepEqual(at(FORCED_BASE), [.5, 1]);
});

/** A study of two seeds and more whose arms end at given accuracies on all deep items. */
function judged(
  change: Partial<Study["bounds"] & object>,
  self: number[],
  pool: number[],
) {
  const scores: StudyScores = new Map(
    Object.entries({ "self-play": self, "pool-16": pool }).map((
      [arm, seeds],
    ) => [
      arm,
      new Map(seeds.map((share, seed) => [
        seed,
        modes.map((mode) => {
          let n = 0;
          return rowOf("deep", () => Number(n++ < 200 * share), {
            mode: mode as "deduction",
          });
        }),
      ])),
    ]),
  );
  const bounds = { ...study.bounds!, ...change };
  return judgeBounds({ ...study, bounds }, scores);
}

Deno.test("a bound is met, missed or not told, and equality needs closeness", () => {
  const bound = (change: object) => ({
    list: [{
      says: "",
      endpoint: "deep",
      better: "self-play",
      worse: "pool-16",
      ...change,
    }],
  });
  const [high, low] = [[.6, .62, .61, .6, .63], [.4, .43, .4, .42, .41]];
  const verdict = (change: object, a: number[], b: number[]) =>
    judged(bound(change), a, b)[0].verdict;
  assert.equal(verdict({ above: 0 }, high, low), "met");
  assert.equal(verdict({ above: 0 }, low, high), "missed");
  assert.equal(verdict({ above: .19 }, high, low), "cannot tell");
  assert.equal(verdict({ above: 0 }, [.6], [.4]), "cannot tell");
  assert.equal(verdict({ within: .05 }, high, low), "cannot tell");
  assert.equal(verdict({ within: .3 }, high, low), "met");
  assert.equal(
    verdict({ above: 0, equal: .02 }, high, high),
    "equal within the margin",
  );
  assert.equal(
    verdict({ above: 0, equal: .02 }, [.4, .46, .36, .45, .38], low),
    "cannot tell",
  );
  const [{ values }] = judged(bound({ above: 0 }), high, low);
  assert.deepEqual(values.map((row) => row.length), [400, 400, 400, 400, 400]);
});

Deno.test("a bound on another arm or endpoint is refused by name", () => {
  const file = JSON.parse(Deno.readTextFileSync("data/studies/pool.json"));
  const refused = (change: object, cause: RegExp) =>
    assert.throws(() => {
      const list = [{ ...file.bounds.list[0], ...change }];
      parseStudy(
        JSON.stringify({ ...file, bounds: { ...file.bounds, list } }),
        "my.json",
      );
    }, cause);
  refused({ worse: "pool-17" }, /my.json: .*has no arm "pool-17"/);
  refused({ endpoint: "x" }, /has no endpoint "x"/);
  refused({ within: .1 }, /needs either "above" or "within"/);
});

Deno.test("values are compared on the same items only", () => {
  const scores: StudyScores = new Map([
    ["self-play", new Map([[1, [row({ correct: [1, 1] })]]])],
    ["pool-16", new Map([[1, [row({ correct: [1] })]]])],
  ]);
  const [bound] = study.bounds!.list;
  assert.throws(
    () => boundValues(study, scores, finder, bound),
    /has 2 and 1 items in seed 1/,
  );
});
