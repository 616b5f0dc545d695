import assert from "node:assert/strict";
import { cp as copy } from "node:fs/promises";
import { join } from "node:path";
import { ENGINES } from "../../lib/engines/engine_config.ts";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { differingSettings } from "../../tasks/runs/compare.ts";
import { readRun, type RunSummary } from "../../lib/run/read.ts";
import { recordRun } from "../../lib/run/record.ts";
import { DUCKDB, main } from "../../tasks/runs.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import { smallConfig } from "./small_config.ts";

Deno.test("runs are listed and compared", async () => {
  const parent = await Deno.makeTempDir({ prefix: "runs-command-" });
  const tokenizer = characterTokenizer();
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const folders = [join(parent, "one"), join(parent, "two")];
  for (const [i, folder] of folders.entries()) {
    await recordRun({
      folder,
      config: { ...smallConfig, steps: 2, seed: i + 1, references: i },
      engine: new ScriptedEngine(tokenizer),
      tokenizer,
      executor,
      experiment: { preset: "small" },
      evaluate: (step) =>
        Promise.resolve([0, 1, 2, 3].map((item) => ({
          split: "familiar",
          mode: "deduction",
          item,
          temperature: 0,
          thinking: "free",
          samples: 1,
          correct: item < step + i ? 1 : 0,
        }))),
    });
  }
  const listed = await saidBy(["list", parent]);
  assert.match(listed, /one +small +1 +2\/2/);
  assert.match(listed, /two +small +2 +2\/2/);
  // One damaged run is named, and the others are listed.
  const damaged = join(parent, "damaged");
  await copy(folders[0], damaged, { recursive: true });
  await Deno.writeTextFile(join(damaged, "manifest.json"), "");
  const beside = await saidBy(["list", parent]);
  assert.match(beside, /^left out: .*\/damaged\/manifest\.json/);
  assert.ok(beside.endsWith(listed), beside);
  await Deno.remove(damaged, { recursive: true });
  const [one, two] = ["local", "tinker"].map((name) =>
    ENGINES[name as "local" | "tinker"]
  );
  const runs = folders.map(readRun);
  const told = [one, two].map((engineConfig, i) => ({
    ...runs[i],
    manifest: { ...runs[i].manifest, engineConfig },
  }));
  const fields = (summaries: RunSummary[]) =>
    differingSettings(summaries).map(({ field }) => field);
  assert.deepEqual(fields(runs), ["references", "seed"]);
  const ofEngine = [
    "engine.address",
    "engine.engine",
    "engine.loraRank",
    "engine.reconnectSeconds",
    "engine.requestSeconds",
  ];
  assert.deepEqual(fields(told), ["references", "seed", ...ofEngine]);
  const compared = await saidBy(["compare", ...folders]);
  assert.match(compared, /references +0 +1/);
  assert.doesNotMatch(compared, /learningRate/);
  const accuracy =
    /familiar\/deduction greedy +0\.0% → 50\.0% \(4, step 2\) +25\.0% → 75\.0%/;
  assert.match(compared, accuracy);
  await Deno.remove(parent, { recursive: true });
});

Deno.test("what the command does not understand, it says", async () => {
  assert.match(await saidBy(["compare", "one"], 2), /RUN RUN/);
  assert.match(await saidBy(["compare", "no", "such"], 1), /holds no run/);
});

const COMMAND = new URL("../../tasks/runs.ts", import.meta.url).pathname;

/** Whether DuckDB was fetched before: tests fetch nothing. */
const hasDuckDb = new Deno.Command(Deno.execPath(), {
  args: ["eval", "--no-lock", "--cached-only", `await import("${DUCKDB}")`],
  stdout: "null",
  stderr: "null",
}).outputSync().success;

Deno.test({
  name: "a query reads all runs below a folder in place" +
    (hasDuckDb ? "" : " (run `deno task runs query` once to have DuckDB)"),
  ignore: !hasDuckDb,
  async fn() {
    const parent = await Deno.makeTempDir({ prefix: "runs-query-" });
    const tokenizer = characterTokenizer();
    await using executor = await startExecutor({
      workers: 1,
      languages: ["javascript"],
    });
    for (const [i, name] of ["it's one", "two"].entries()) {
      await recordRun({
        folder: join(parent, name),
        config: { ...smallConfig, steps: 1 + i },
        engine: new ScriptedEngine(tokenizer),
        tokenizer,
        executor,
      });
    }
    const metrics = "select run, max(step) as last from metrics group by all";
    const told = await answerTo(`${metrics} order by run`, parent);
    assert.match(told, /run +last\n.*\nit's one +1\ntwo +2$/);
    // Whitened advantages add up to nothing in each group.
    const groups = "select abs(sum(advantage)) < 1e-6 as zero from rollouts " +
      "where advantage is not null group by run, step, mode";
    const summed = `select zero, count(*) as n from (${groups}) group by zero`;
    assert.match(
      await answerTo(summed, parent),
      /zero +n\n.*\ntrue +9$/,
    );
    const joined = "select count(*) > 0 as found from rollouts join tasks " +
      "on rollouts.task = tasks.id and rollouts.run = tasks.run";
    assert.match(await answerTo(joined, parent), /\ntrue$/);
    // A damaged line is named with its file, and keeps no other run from a query.
    const broken = join(parent, "two", "metrics.jsonl");
    const whole = await Deno.readTextFile(broken);
    await Deno.writeTextFile(broken, '{"step": 9, "ha\n' + whole);
    const beside = await answerTo(`${metrics} order by run`, parent, true);
    assert.match(beside, /\nit's one +1\nleft out: .*two\/metrics\.jsonl/);
    // A last line that was cut is left out, and is no row of nothing either.
    await Deno.writeTextFile(broken, whole + '{"step": 9, "ha');
    const rows =
      "select run, count(*) as n from metrics group by all order by 1";
    const cut = await answerTo(rows, parent, true);
    assert.match(cut, /\nit's one +2\ntwo +3\n?.*last line is not whole/);
    await Deno.writeTextFile(broken, whole);
    await assert.rejects(
      answerTo("select nonsense from metrics", parent),
      /Referenced column "nonsense" not found/,
    );
    await Deno.remove(parent, { recursive: true });
  },
});

/** What a query prints, in a process of its own, which leaves the lock file alone. */
async function answerTo(
  sql: string,
  folder: string,
  errorsToo = false,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-lock", "--cached-only"],
      ...[COMMAND, "query", sql, folder],
    ],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const texts = errorsToo ? [stdout, stderr] : [stdout];
  return texts.map((text) => new TextDecoder().decode(text)).join("").trimEnd();
}

/** What the command printed, checked to end with `code`. */
async function saidBy(args: string[], code = 0): Promise<string> {
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (...parts: unknown[]) => {
    lines.push(parts.join(" "));
  };
  try {
    assert.equal(await main(args), code);
  } finally {
    Object.assign(console, { log, error });
  }
  return lines.join("\n");
}
