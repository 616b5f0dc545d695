import assert from "node:assert/strict";
import { join } from "node:path";
import {
  accuracies,
  scoreAt,
  type ScoreRow,
  scoreRows,
} from "../../lib/lab/scores.ts";
import {
  armNamed,
  armPreset,
  parseStudy,
  STUDIES,
  type Study,
  studyNamed,
} from "../../lib/lab/studies.ts";
import { judgeClaims, verdictOf } from "../../lib/lab/claims.ts";
import { noiseFloors, powerOf } from "../../tasks/report/seed_noise.ts";
import {
  difference,
  familiar,
  pooledDifferences,
  type StudyScores,
} from "../../lib/lab/study_scores.ts";
import { checkPreset } from "../../lib/lab/run.ts";
import { playArm, rebuildArm } from "../../tasks/study/arms.ts";
import { checkConfig } from "../../lib/method/config.ts";
import { MICRO } from "./micro_preset.ts";
import { computeOf } from "../../tasks/report/study_compute.ts";
import { proposalTable } from "../../tasks/report/study_proposals.ts";
import { studyReport } from "../../tasks/report/study.ts";

function score(correct: number[], change: Partial<ScoreRow> = {}): ScoreRow {
  return {
    step: 4,
    split: "familiar",
    mode: "deduction",
    temperature: 0,
    thinking: "free",
    samples: 1,
    correct,
    thinkingRate: 0,
    tokens: 3,
    ...change,
  };
}

Deno.test("every arm of every study has a world, tasks and settings that can be played", () => {
  const built = new Set<string>();
  for (const study of Object.values(STUDIES)) {
    for (const arm of study.arms) {
      const preset = armPreset(study, arm);
      const { world, generated, evaluation } = preset;
      checkConfig(preset.selfPlay);
      const parts = JSON.stringify({ world, generated, evaluation });
      // Equal worlds are built once.
      if (!built.has(parts)) checkPreset(preset);
      built.add(parts);
    }
  }
});

Deno.test("an arm that cannot be played is refused before any other plays", () => {
  const preset = armPreset(studyNamed("traps"), studyNamed("traps").arms[0]);
  const refused = (change: object, cause: RegExp) =>
    assert.throws(() => checkPreset({ ...preset, ...change }), cause);
  refused(
    { world: { ...preset.world, familiarItems: 300 } },
    /familiar\/induction wants 300 items, but this world seems to have/,
  );
  refused(
    { evaluation: { ...preset.evaluation, passSplits: ["deep"] } },
    /passSplits names the split "deep", which this world lacks; it has: fam/,
  );
  refused({ selfPlay: { ...preset.selfPlay, steps: -1 } }, /steps/);
});

Deno.test("an arm changes what it names and nothing else", () => {
  const study = studyNamed("ablations");
  const preset = armPreset(study, armNamed(study, "grpo"));
  assert.equal(preset.selfPlay.estimator, "grpo");
  assert.deepEqual(
    { ...preset.selfPlay, estimator: "trrpp" },
    study.base.selfPlay,
  );
  assert.deepEqual(preset.world, study.base.world);
  assert.throws(() => armNamed(study, "grop"), /no arm "grop"; it has: self-/);
  assert.throws(() => studyNamed("nothing"), /there are: ablations/);
});

Deno.test("the official arm is all that sets the official code apart", () => {
  const study = studyNamed("ablations");
  const { change } = armNamed(study, "official");
  assert.deepEqual(change.selfPlay, {
    sampler: "official",
    solveTiming: "lagged",
    estimateForm: "ignored",
    learnability: "official",
    whitening: "token",
    clipHigh: .28,
    entropyCoefficient: 0,
    weightDecay: 0,
  });
  // The arm trains on as many samples as the reference.
  assert.ok(
    armPreset(study, armNamed(study, "official")).selfPlay.trainOnEstimates,
  );
});

Deno.test("a study's file is refused by file and arm", () => {
  const file = JSON.parse(Deno.readTextFileSync("data/studies/traps.json"));
  const refused = (change: object, cause: RegExp) =>
    assert.throws(
      () => parseStudy(JSON.stringify({ ...file, ...change }), "my.json"),
      cause,
    );
  refused(
    { arms: [...file.arms, file.arms[0]] },
    /^RangeError: my.json: .*two arms "self-play"/,
  );
  refused({ reference: "x" }, /^RangeError: my.json: .*no arm "x"/);
  refused(
    { base: { preset: "smok", change: {} } },
    /^RangeError: my.json: no preset "smok"; there are/,
  );
  assert.throws(() => parseStudy("{", "my.json"), /^RangeError: my.json: /);
});

Deno.test("scores hold each item's right samples, in order", () => {
  const item = (name: string, correct: number, thought: number) => ({
    step: 0,
    split: "familiar" as const,
    mode: "deduction" as const,
    item: name,
    depth: 1,
    temperature: 1,
    thinking: "free" as const,
    samples: 2,
    correct,
    thought,
    malformed: 0,
    tokens: 4 + thought,
    response: "<a>1<eos>",
  });
  const [row, ...others] = scoreRows([item("a", 2, 0), item("b", 1, 1)]);
  assert.equal(others.length, 0);
  assert.deepEqual(row.correct, [2, 1]);
  assert.equal(row.thinkingRate, 1 / 4);
  assert.equal(row.tokens, 4.5);
  assert.deepEqual(accuracies(row), [1, .5]);
});

Deno.test("the first and the last score of a kind are found, forced ones apart", () => {
  const rows = [
    score([0], { step: 0 }),
    score([1], { step: 0, thinking: "forced" }),
    score([1, 1], { step: 9 }),
  ];
  const [key] = familiar(["deduction"]);
  assert.equal(scoreAt(rows, "first", key)?.step, 0);
  assert.equal(scoreAt(rows, "last", key)?.step, 9);
  assert.equal(scoreAt(rows, "last", { ...key, forced: true })?.step, 0);
  assert.equal(scoreAt(rows, "last", { ...key, mode: "maths" }), null);
});

Deno.test("arms are compared item by item on the seeds that both have", () => {
  const scores: StudyScores = new Map([
    ["a", new Map([[1, [score([1, 1, 1, 0])]], [2, [score([1, 1, 1, 1])]]])],
    ["b", new Map([[1, [score([1, 0, 0, 0])]]])],
  ]);
  const change = difference(scores, "a", "b", familiar(["deduction"]))!;
  assert.equal(change.mean, .5);
  assert.ok(change.low >= 0 && change.high <= 1);
  assert.equal(difference(scores, "a", "c", familiar()), null);
});

Deno.test("two recordings of a seed are compared each with itself and count as one seed", () => {
  const arms = (a: number[][], b: number[][]): StudyScores =>
    new Map(
      Object.entries({ a, b }).map(([arm, seeds]) => [
        arm,
        new Map(seeds.map((correct, seed) => [seed, [score(correct)]])),
      ]),
    );
  const keys = familiar(["deduction"]);
  const first = arms([[1, 1]], [[0, 1]]);
  const second = arms([[0, 1], [1, 1]], [[1, 0], [1, 0]]);
  const pooled = pooledDifferences([second, first], "a", "b", keys);
  assert.deepEqual(pooled, [[(1 - 1) / 2, (0 + 1) / 2], [0, 1]]);
  // An arm of one recording is not compared with the other recording's.
  const alone: StudyScores = new Map([["a", first.get("a")!]]);
  assert.deepEqual(
    pooledDifferences([second, alone], "a", "b", keys),
    pooledDifferences([second], "a", "b", keys),
  );
});

Deno.test("arms evaluated on different items are not compared", () => {
  const scores: StudyScores = new Map([
    ["a", new Map([[1, [score([1, 1])]]])],
    ["b", new Map([[1, [score([1])]]])],
  ]);
  assert.throws(
    () => difference(scores, "a", "b", familiar(["deduction"])),
    /2 and 1 items in seed 1/,
  );
});

Deno.test("a verdict is read off the interval", () => {
  const at = (low: number, high: number) =>
    verdictOf({ mean: (low + high) / 2, low, high });
  assert.equal(at(.01, .2), "holds here");
  assert.equal(at(-.2, -.01), "the opposite holds here");
  assert.equal(at(-.1, .1), "cannot tell");
  assert.equal(at(0, .1), "cannot tell");
  // "No worse by more than 3 points": a small loss is allowed, a wide interval is not.
  const within = (low: number, high: number) =>
    verdictOf({ mean: 0, low, high }, .03);
  assert.equal(within(-.02, .01), "holds here");
  assert.equal(within(-.05, .05), "cannot tell");
  assert.equal(within(-.09, -.04), "the opposite holds here");
});

/** Two arms of 100 items: those of `a` beat those of `b` by `gains` items, seed by seed. */
function pair(gains: number[]): StudyScores {
  const arm = (right: (gain: number) => number) =>
    new Map(gains.map((gain, seed) => [
      seed,
      [0, 1].map((temperature) =>
        score(
          Array.from({ length: 100 }, (_, i) => i < right(gain) ? 1 : 0),
          { temperature },
        )
      ),
    ]));
  return new Map([["a", arm((gain) => 50 + gain)], ["b", arm(() => 50)]]);
}

function studyOf(claim: Partial<Study["claims"][number]>): Study {
  const arm = (name: string) => ({ name, says: "", change: {} });
  const claims = ["one", "two"].map((says) => ({
    ...{ says, source: "", better: "a", worse: "b", ...claim },
    modes: ["deduction" as const],
  }));
  const arms = [arm("a"), { ...arm("b"), seedOffset: 1000 }];
  return { ...studyNamed("traps"), reference: "a", arms, claims };
}

Deno.test("a claim is judged by its interval, its margin and the number of tests", () => {
  const verdicts = (gains: number[], claim = {}) => {
    const [{ greedy }] = judgeClaims(studyOf(claim), pair(gains));
    return [greedy!.verdict, greedy!.corrected];
  };
  assert.deepEqual(verdicts([20, 21, 22, 21, 20]), [
    "holds here",
    "holds here",
  ]);
  // p is .02: too much for the first of four tests.
  assert.deepEqual(verdicts([4, 10, 12, 16]), ["holds here", "cannot tell"]);
  assert.deepEqual(verdicts([1, -1, 0, 1, -1]), ["cannot tell", "cannot tell"]);
  assert.deepEqual(
    verdicts([1, -1, 0, 1, -1], { equal: .05 }),
    ["equal within the margin", "equal within the margin"],
  );
  assert.equal(verdicts([9, -9, 8, -8], { equal: .05 })[0], "cannot tell");
  // One seed: an interval over items, and nothing to correct.
  const [{ greedy }] = judgeClaims(studyOf({}), pair([30]));
  assert.equal(greedy!.verdict, "holds here");
  assert.ok(Number.isNaN(greedy!.p));
});

Deno.test("a claim may be against an arm that is made to think", () => {
  const scores = pair([10, 10]);
  for (const rows of scores.get("b")!.values()) {
    const right = Array.from({ length: 100 }, (_, i) => i < 90 ? 1 : 0);
    rows.push(
      ...[0, 1].map((temperature) =>
        score(right, { step: 0, thinking: "forced", temperature })
      ),
    );
  }
  const judge = (claim: object) =>
    judgeClaims(studyOf(claim), scores)[0].greedy!.mean;
  assert.ok(Math.abs(judge({}) - .1) < 1e-12);
  assert.ok(Math.abs(judge({ worseForced: true }) + .3) < 1e-12);
});

Deno.test("a study tells its noise: between seeds, and of arms that differ in nothing", () => {
  const [greedy] = powerOf(studyOf({}), pair([1, 3, 5]));
  assert.ok(Math.abs(greedy.deviation - .02) < 1e-12);
  assert.deepEqual([greedy.seeds, greedy.arms, greedy.tests], [3, 1, 4]);
  assert.ok(Math.abs(greedy.detectable - 3.26 * .02) < .001);
  assert.ok(greedy.corrected > greedy.detectable);
  const [floor] = noiseFloors(studyOf({}), pair([3, -4, 0]), "nowhere");
  assert.equal(floor.arm, "b");
  assert.ok(Math.abs(floor.spread - .05 / Math.sqrt(3)) < 1e-12);
});

Deno.test("a study is played, kept small, not played twice, and reported from its logs", async () => {
  const folder = await Deno.makeTempDir();
  const study: Study = {
    name: "micro",
    about: "",
    says: "two arms for a test",
    base: MICRO,
    reference: "self-play",
    arms: [
      { name: "self-play", says: "as it is", change: {} },
      {
        name: "no-steps",
        says: "nothing is learnt",
        change: { selfPlay: { steps: 0 } },
      },
    ],
    claims: [{
      says: "steps help",
      source: "nobody",
      better: "self-play",
      worse: "no-steps",
    }],
  };
  const folders = {
    logs: join(folder, "logs"),
    work: join(folder, "work"),
    cache: join(folder, "cache"),
  };
  const hardware = () => ({
    command: "test",
    hardware: "here",
    loadAverage: [],
    threads: "all",
    deno: Deno.version.deno,
  });
  try {
    for (const arm of study.arms) {
      assert.equal(await playArm(study, arm, 1, folders, hardware), true);
      assert.equal(await playArm(study, arm, 1, folders, hardware), false);
    }
    const kept = [...Deno.readDirSync(join(folders.logs, "no-steps/seed-1"))];
    assert.deepEqual(kept.map(({ name }) => name).sort(), [
      "hardware.json",
      "manifest.json",
      "metrics.jsonl",
      "preset.json",
      "scores.jsonl",
      "tasks.jsonl",
      "timings.jsonl",
      "weights.json",
    ]);
    const anew = { ...folders, work: join(folder, "anew") };
    const [arm] = study.arms;
    const equal = await rebuildArm(study, arm, 1, anew);
    assert.ok(equal.sameMetrics && equal.sameScores);
    assert.match(
      Object.entries(equal.anew!.sha256).join(),
      /^engine\/model.safetensors,[0-9a-f]{64}$/,
    );
    assert.deepEqual(equal.recorded, equal.anew);
    await assert.rejects(rebuildArm(study, arm, 1, anew), /holds a run alr/);
    await assert.rejects(rebuildArm(study, arm, 2, anew), /is not recorded/);
    const other = { ...anew, work: join(folder, "other") };
    const changed = { ...arm, change: { selfPlay: { learningRate: .1 } } };
    const differs = await rebuildArm(study, changed, 1, other);
    assert.notDeepEqual(differs.recorded, differs.anew);
    assert.ok(!differs.sameMetrics);
    const cost = computeOf([join(folders.logs, "self-play/seed-1")]);
    assert.equal(cost.pretrained, MICRO.pretrain.tokens);
    assert.ok(cost.sampled > 0 && cost.trained > 0 && cost.seconds > 0);
    const nothing = computeOf([join(folders.logs, "no-steps/seed-1")]);
    assert.equal(nothing.trained, 0);
    const report = studyReport(study, folders.logs);
    assert.equal(report, studyReport(study, folders.logs));
    assert.match(
      report,
      /\| no-steps \| nothing is learnt \| `steps: 0` \| 1 \|/,
    );
    assert.ok(report.includes("\n| no-steps |  |  |  |  |  |\n"));
    assert.match(report, /\| steps help \| nobody \| self-play − no-steps \|/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a study tells how its arms proposed, early and late, over modes and seeds", async () => {
  const folder = await Deno.makeTempDir();
  const propose = (valid: number, duplicate: number) => ({
    valid,
    duplicate,
    heldOut: .1,
    distinctShare: .8,
  });
  const row = (step: number, late: number) => ({
    step,
    propose: {
      deduction: propose(.4 + late, .2),
      abduction: propose(.6 + late, .4),
    },
    // A mode without fresh tasks does not count.
    solve: {
      deduction: { freshSolveRate: .5 - late },
      abduction: { freshSolveRate: null },
    },
  });
  const write = (name: string, rows: unknown[]) =>
    Deno.writeTextFile(
      join(folder, name),
      rows.map((one) => JSON.stringify(one) + "\n").join(""),
    );
  await write("metrics.jsonl", [
    { ...row(0, .4), step: 0 },
    row(1, 0),
    row(2, .3),
    row(3, .2),
  ]);
  await write("timings.jsonl", []);
  const table = proposalTable([{ name: "arm", folders: [folder] }]);
  assert.match(
    table,
    /\| arm \| 50\.0 → 70\.0 \| 30\.0 → 30\.0 \| 10\.0 → 10\.0 \| 80\.0 → 80\.0 \| 50\.0 → 30\.0 \|/,
  );
  await Deno.remove(folder, { recursive: true });
});
