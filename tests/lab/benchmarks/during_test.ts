/** Benchmarks during self-play: the same rows as an evaluation of the checkpoint gives. */

import assert from "node:assert/strict";
import { join } from "node:path";
import type { BenchmarkRow } from "../../../lib/lab/benchmarks/evaluate.ts";
import { readEvaluations, readManifest } from "../../../lib/run/read.ts";
import { main as evaluate } from "../../../tasks/evaluate.ts";
import { main as selfplay } from "../../../tasks/selfplay.ts";
import { writeChatModel } from "../../run/chat_model.ts";

const OWN = new URL("./own", import.meta.url).pathname;
const SMALL = [
  ...[
    "dialect=chat",
    "proposalsPerMode=2",
    "rolloutsPerTask=2",
    "references=1",
  ],
  ...["seedTasksPerMode=2", "seedRounds=1", "maxPromptTokens=1900"],
  ...["maxProposalTokens=20", "maxSolutionTokens=16", "learningRate=1e-3"],
  ...["evaluateEvery=1", "checkpointEvery=1"],
].flatMap((setting) => ["--set", setting]);

Deno.test("a run is evaluated at every step as its checkpoint is afterwards", async () => {
  const model = await Deno.makeTempDir();
  await writeChatModel(model);
  const [run, out] = [
    join(await Deno.makeTempDir(), "run"),
    await Deno.makeTempDir(),
  ];
  const given = ["--model", model, "--out", run, "--evaluate", "0", ...SMALL];
  const during = ["--during", "cruxeval-o:1,math500", "--data", OWN];
  assert.equal(await selfplay([...given, "--steps", "1", ...during]), 0);
  assert.equal(readManifest(run).experiment.during, "cruxeval-o:1,math500");
  const rows = readEvaluations(run) as unknown as (BenchmarkRow & {
    step: number;
  })[];
  assert.deepEqual(rows.map(({ step, benchmark }) => [step, benchmark]), [
    ...[[0, "cruxeval-o"], [0, "math500"], [0, "math500"], [0, "math500"]],
    ...[[1, "cruxeval-o"], [1, "math500"], [1, "math500"], [1, "math500"]],
  ]);
  const asked = ["--benchmarks", "cruxeval-o,math500", "--data", OWN];
  const sampled = ["--max-tokens", "16", "--model", run, "--out", out];
  assert.equal(await evaluate([...asked, ...sampled]), 0);
  const text = await Deno.readTextFile(join(out, "rows.jsonl"));
  const afterwards: BenchmarkRow[] = text.trim().split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.filter(({ step }) => step === 1).map(({ step: _, ...row }) => row),
    [afterwards[0], ...afterwards.slice(2)],
  );
  // It goes on as it began, and with nothing else.
  assert.equal(await selfplay([...given, "--resume", "--during", "gsm8k"]), 2);
});

Deno.test("benchmarks that would not be asked are refused before the first step", async () => {
  const out = join(await Deno.makeTempDir(), "run");
  const model = await Deno.makeTempDir();
  await writeChatModel(model);
  for (
    const wrong of [
      ["--preset", "smoke", "--during", "gsm8k"],
      ["--model", model, "--data", OWN],
      ["--model", model, "--during", "gsm9k", "--data", OWN],
      ["--model", model, "--during", "gsm8k:none", "--data", OWN],
    ]
  ) assert.equal(await selfplay([...wrong, "--out", out]), 2, wrong.join(" "));
  const missing = ["--model", model, "--during", "gsm8k", "--data", model];
  assert.equal(await selfplay([...missing, "--out", out]), 1);
});
