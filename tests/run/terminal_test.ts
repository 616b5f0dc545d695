/** What the command line shows: progress in 80 columns, a summary, hints that can be pasted. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { PAPER_CONFIG } from "../../lib/method/config.ts";
import type { SelfPlayEvent } from "../../lib/method/loop.ts";
import type { EvaluationRow } from "../../lib/method/setting.ts";
import { LogFile } from "../../lib/run/log_file.ts";
import type { RunSummary } from "../../lib/run/read.ts";
import type { TimingRow } from "../../lib/run/stopwatch.ts";
import { diskCure, requireWritable } from "../../tasks/selfplay/disk.ts";
import { Estimate } from "../../tasks/selfplay/estimate.ts";
import { quoted, taskCommand } from "../../tasks/selfplay/hints.ts";
import { didYouMean } from "../../lib/method/nearest.ts";
import { duration, fitting, timeFirst } from "../../tasks/selfplay/progress.ts";
import { summaryOf } from "../../tasks/selfplay/summary.ts";

Deno.test("a line holds what comes first, and never more than its width", () => {
  const parts = [
    "self-play step 120/500",
    "1:02:07 left",
    "evaluating 0:12",
    "solved D 100% A 100% I 100%",
    "rewards: propose +0.20 solve -0.21",
  ];
  for (let width = 0; width < 140; width++) {
    assert.ok(fitting(parts, width).length <= width);
  }
  assert.equal(
    fitting(timeFirst(parts), 79),
    "1:02:07 left, self-play step 120/500, evaluating 0:12",
  );
  assert.equal(fitting(timeFirst(parts), 20), "1:02:07 left");
  assert.equal(fitting(parts, 200), parts.join(", "));
  assert.deepEqual(
    [null, NaN, 0, 59.6, 60, 3599, 3727].map(duration),
    ["?", "?", "0:00", "1:00", "1:00", "59:59", "1:02:07"],
  );
});

const at = (type: string, step: number, more: object = {}) =>
  ({ type, step, ...more }) as unknown as SelfPlayEvent;

Deno.test("the time left counts the evaluations to come, and not the start-up", () => {
  const config = { steps: 20, evaluateEvery: 5 };
  const estimate = new Estimate(config);
  assert.equal(estimate.secondsLeft(0), null);
  // Half of what is evaluated first is the base made to think.
  const rows = [{ thinking: "free" }, { thinking: "forced" }];
  estimate.mark(at("seeded", 0), 100);
  estimate.mark(at("evaluated", 0, { rows }), 160);
  estimate.mark(at("stepFinished", 0), 161);
  for (let step = 1; step <= 5; step++) {
    const began = 161 + 2 * (step - 1);
    estimate.mark(at("proposed", step), began + 1);
    if (step === 5) estimate.mark(at("evaluated", step, { rows: [] }), 178);
    estimate.mark(at("stepFinished", step), step === 5 ? 179 : began + 2);
  }
  // 15 steps of 2 s, two evaluations of 8 s on the way (10, 15), 30 s at the end.
  assert.equal(estimate.secondsLeft(5), 15 * 2 + 2 * 8 + 30);
  assert.equal(estimate.secondsLeft(20), 0);

  const times: TimingRow[] = [
    { step: 0, seconds: { evaluated: 30 }, work: {} },
    { step: 1, seconds: { proposed: 1, updated: 1 }, work: {} },
    { step: 5, seconds: { proposed: 1, updated: 1, evaluated: 8 }, work: {} },
  ];
  const resumed = new Estimate(config, times);
  assert.equal(resumed.secondsLeft(5), 15 * 2 + 2 * 8 + 30);
  // The first event of a resumed run comes after an unknown start-up.
  resumed.mark(at("proposed", 6), 1000);
  resumed.mark(at("stepFinished", 6), 1900);
  assert.equal(resumed.secondsLeft(6), 14 * 2 + 2 * 8 + 30);
});

Deno.test("the summary shows the base made to think beside before and after", () => {
  const rows = (step: number, thinking: string, right: number) =>
    Array.from({ length: 10 }, (_, item): EvaluationRow => ({
      ...{ step, split: "familiar", mode: "deduction", item },
      ...{ temperature: 0, thinking, samples: 1 },
      correct: item < right ? 1 : 0,
    }));
  const run = {
    folder: "runs/my first",
    config: { ...PAPER_CONFIG, steps: 8 },
    evaluations: [
      ...rows(0, "free", 2),
      ...rows(0, "forced", 7),
      ...rows(8, "free", 6),
    ],
  } as unknown as RunSummary;
  const lines = summaryOf(run, 47);
  assert.ok(lines.every((line) => line.length <= 80), lines.join("\n"));
  const said = lines.join("\n");
  assert.match(said, /base made to think/);
  assert.match(said, /base +thinking +after +change/);
  assert.match(
    said,
    /familiar\/deduction greedy +20\.0 +70\.0 +60\.0 {2}\+40\.0 \[\+10\.0, \+70\.0\]/,
  );
  assert.match(said, /took 0:47; the run is in runs\/my first\. To go on:/);
  assert.match(said, /task runs compare 'runs\/my first' ANOTHER/);
  assert.match(said, /--resume --out 'runs\/my first' --steps 16/);
  const bare = summaryOf({ ...run, evaluations: [] }, 47);
  assert.match(bare[0], /^took/);
});

Deno.test("commands in hints can be pasted", async () => {
  const words = ["plain", "rüns mit leer/zwei", "it's", "$(rm)", "a\nb", "*"];
  assert.equal(quoted("runs/smoke-seed1"), "runs/smoke-seed1");
  if (Deno.build.os !== "windows") {
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `printf '%s\\0' ${words.map(quoted).join(" ")}`],
    }).output();
    const echoed = new TextDecoder().decode(stdout).split("\0").slice(0, -1);
    assert.deepEqual(echoed, words);
  }
  const command = (npm?: string) =>
    taskCommand(
      "runs",
      ["a b"],
      (name) => name === "npm_command" ? npm : undefined,
    );
  assert.equal(command(), "deno task runs 'a b'");
  assert.equal(
    command("exec"),
    `npx -y deno@${Deno.version.deno} task runs 'a b'`,
  );
});

Deno.test("a slip finds its word, and a stranger finds none", () => {
  const known = ["learningRate", "estimator", "--preset"];
  assert.equal(didYouMean("learningrte", known), " Did you mean learningRate?");
  assert.equal(didYouMean("--prset", known), " Did you mean --preset?");
  assert.equal(didYouMean("zebra", known), "");
});

Deno.test("a disk that is full or read-only is named with its cure", async () => {
  const folder = await Deno.makeTempDir({ prefix: "disk-" });
  requireWritable(join(folder, "not", "yet"));
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  assert.throws(
    () => requireWritable("/proc/run"),
    /^ArgumentError: \/proc cannot be written \(.*\): choose .* --out/,
  );
  await Deno.remove(folder, { recursive: true });
  assert.match(
    diskCure("x: No space left on device (os error 28)", "runs/a b"),
    /disk of runs\/a b is full: free .*\n {2}.+ task selfplay --resume --out 'runs\/a b'$/,
  );
  assert.match(diskCure("EROFS: read-only", "runs/a"), /can only be read/);
  assert.equal(diskCure("anything else", "runs/a"), "");
});

Deno.test("a log that cannot be written names its file", async () => {
  const path = await Deno.makeTempFile({ suffix: ".jsonl" });
  const log = LogFile.open(path, 0);
  log.close();
  assert.throws(
    () => log.write("row\n"),
    ({ message }: Error) => message.startsWith(`${path} cannot be written: `),
  );
  await Deno.remove(path);
});
