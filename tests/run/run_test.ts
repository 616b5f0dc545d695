import assert from "node:assert/strict";
import { join } from "node:path";
import { estimateAdvantages } from "../../lib/method/advantage/mod.ts";
import type { Role } from "../../lib/method/advantage/sample.ts";
import { type EngineConfig, ENGINES } from "../../lib/engines/engine_config.ts";
import { type Executor, startExecutor } from "../../lib/sandbox/mod.ts";
import { checkpointSteps } from "../../lib/run/checkpoint.ts";
import {
  readMetrics,
  readRollouts,
  readRun,
  readTasks,
  readTimings,
} from "../../lib/run/read.ts";
import { findRuns } from "../../tasks/runs/find.ts";
import { LOG_NAMES, recordRun } from "../../lib/run/record.ts";
import type { RecordOptions } from "../../lib/run/record_options.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";
import { EARLIER_CONFIG } from "../../lib/method/config.ts";
import type { SelfPlayEvent } from "../../lib/method/loop.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import { smallConfig } from "./small_config.ts";

const tokenizer = characterTokenizer();
/** Everything but the timings, which differ from run to run. */
const EXACT = LOG_NAMES.filter((name) => name !== "timings.jsonl");

function optionsFor(
  executor: Executor,
  folder: string,
  more: Partial<RecordOptions> = {},
): RecordOptions {
  return {
    folder,
    config: smallConfig,
    engine: new ScriptedEngine(tokenizer),
    tokenizer,
    executor,
    evaluate: (step) =>
      Promise.resolve([{ mode: "deduction", correct: step % 2 === 0 }]),
    experiment: { preset: "test" },
    ...more,
  };
}

function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    EXACT.map((name) => [name, Deno.readTextFileSync(join(folder, name))]),
  );
}

Deno.test("runs on disk", async (t) => {
  const parent = await Deno.makeTempDir({ prefix: "run-test-" });
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const whole = join(parent, "whole");

  await t.step("a run leaves a complete folder", async () => {
    const outcome = await recordRun(optionsFor(executor, whole));
    assert.deepEqual(outcome, { step: 5, finished: true });
    const run = readRun(whole);
    assert.deepEqual(run.config, smallConfig);
    assert.deepEqual(run.checkpoints, [0, 2, 4, 5]);
    assert.deepEqual(run.metrics.map(({ step }) => step), [0, 1, 2, 3, 4, 5]);
    assert.deepEqual(run.evaluations.map(({ step }) => step), [0, 2, 4, 5]);
    const timings = readTimings(whole);
    assert.deepEqual(timings.length, 6);
    for (const { step, work } of timings.slice(1)) {
      const { sampledTokens } = run.metrics[step];
      assert.equal(work["model sampling"].amount, sampledTokens);
      assert.ok(work.executor.amount > 0 && work.executor.seconds > 0);
    }
    assert.equal(run.manifest.experiment.preset, "test");
    assert.equal(run.manifest.seed, smallConfig.seed);
    assert.deepEqual(run.manifest.executor, executor.identity);
    const tasks = readTasks(whole).filter(({ step }) => step > 0);
    assert.equal(tasks.length, 5 * 3 * 4);
    for (const task of tasks) {
      assert.equal(task.status === "valid", task.solveRate !== null);
      assert.equal(typeof task.reward, "number");
    }
    const rollouts = readRollouts(whole);
    assert.equal(
      rollouts.length,
      run.metrics.reduce(
        (sum, { solve }) =>
          sum + Object.values(solve).reduce((n, mode) => n + mode.rollouts, 0),
        0,
      ),
    );
    const samples = Deno.readTextFileSync(join(whole, "samples.md"));
    assert.match(samples, /## Step 5/);
    assert.match(samples, /Proposed for induction/);
    assert.deepEqual(findRuns(parent), [whole]);
  });

  await t.step("rows hold what trained, with reward and advantage", () => {
    const tasks = readTasks(whole);
    const rollouts = readRollouts(whole);
    for (const { trained, grade, reward, advantage, logProb } of rollouts) {
      assert.equal(advantage !== null, trained && grade !== "unjudged");
      assert.equal(reward !== null, advantage !== null);
      assert.ok(logProb! <= 0);
    }
    for (const { step, advantage, logProb } of tasks) {
      assert.equal(advantage !== null, step > 0);
      assert.ok(logProb! <= 0);
    }
    for (const { step, trainedSamples } of readMetrics(whole).slice(1)) {
      const rows = [
        ...tasks.map((row) => ({ ...row, role: "propose" as Role })),
        ...rollouts.map((row) => ({ ...row, role: "solve" as Role })),
      ].filter((row) => row.step === step && row.advantage !== null);
      assert.equal(rows.length, trainedSamples);
      assert.ok(smallConfig.estimator !== "rae"); // needs more than the batch
      const recomputed = estimateAdvantages(
        smallConfig.estimator,
        rows.map(({ role, mode, reward, responseTokens }) => ({
          role,
          mode: mode as ModeName,
          promptGroup: "", // of no account to this estimator
          reward: reward!,
          tokenCount: responseTokens!,
        })),
        smallConfig.whitening,
      );
      rows.forEach(({ advantage }, i) =>
        assert.ok(Math.abs(advantage! - recomputed[i]) < 1e-9)
      );
      assert.ok(rows.some(({ advantage }) => advantage !== 0));
    }
  });

  await t.step("an equal seed leaves equal bytes", async () => {
    const again = join(parent, "again");
    await recordRun(optionsFor(executor, again));
    assert.deepEqual(contents(again), contents(whole));
  });

  await t.step(
    "stopped at whatever event, a resumed run ends with the same files",
    async () => {
      const reference = contents(whole);
      let events = 0;
      await recordRun(optionsFor(executor, join(parent, "count"), {
        onEvent: () => events++,
      }));
      for (let stopAt = 0; stopAt < events; stopAt += 3) {
        const folder = join(parent, `stopped-${stopAt}`);
        let seen = 0;
        const interrupted = recordRun(optionsFor(executor, folder, {
          onEvent: () => {
            if (seen++ === stopAt) throw new Error("interrupted here");
          },
        }));
        await assert.rejects(interrupted, /interrupted here/);
        const outcome = await recordRun(
          optionsFor(executor, folder, { resume: true }),
        );
        assert.ok(outcome.finished);
        assert.deepEqual(contents(folder), reference, `stopped at ${stopAt}`);
      }
    },
  );

  await t.step(
    "told to stop, it finishes the step, saves, and can go on",
    async () => {
      const folder = join(parent, "told");
      const stop = new AbortController();
      const outcome = await recordRun(optionsFor(executor, folder, {
        stop: stop.signal,
        onEvent: (event: SelfPlayEvent) => {
          if (event.type === "solved" && event.step === 3) stop.abort();
        },
      }));
      assert.deepEqual(outcome, { step: 3, finished: false });
      assert.deepEqual(checkpointSteps(folder), [0, 2, 3]);
      await recordRun(optionsFor(executor, folder, { resume: true }));
      assert.deepEqual(contents(folder), contents(whole));
      assert.equal(readRun(folder).manifest.resumed[0].afterStep, 3);
    },
  );

  await t.step("two models are saved and taken up again", async () => {
    const config = { ...smallConfig, policies: "separate" as const };
    const two = (folder: string, more: Partial<RecordOptions> = {}) => {
      const proposerEngine = new ScriptedEngine(tokenizer);
      return recordRun(
        optionsFor(executor, folder, { config, proposerEngine, ...more }),
      );
    };
    const unbroken = join(parent, "two-models");
    await two(unbroken);
    const folder = join(parent, "two-models-broken");
    const onEvent = (event: SelfPlayEvent) => {
      if (event.type === "updated" && event.step === 3) throw new Error("cut");
    };
    await assert.rejects(two(folder, { onEvent }), /cut/);
    await two(folder, { resume: true });
    assert.deepEqual(contents(folder), contents(unbroken));
    assert.notEqual(
      contents(folder)["metrics.jsonl"],
      contents(whole)["metrics.jsonl"],
    );
    assert.ok(readRun(folder).manifest.proposerEngine);
    await assert.rejects(
      recordRun(optionsFor(executor, folder, { resume: true })),
      /other settings \(policies\)/,
    );
  });

  await t.step(
    "a config without a newer setting has what the kit did then",
    async () => {
      const folder = join(parent, "earlier");
      await recordRun(optionsFor(executor, folder, {
        config: { ...smallConfig, steps: 2 },
      }));
      const path = join(folder, "config.json");
      const config = readRun(folder).config;
      const newer = ["policies", "equality", "reading", "repeatedInputs"];
      const earlier = Object.entries(config)
        .filter(([field]) => !newer.includes(field));
      Deno.writeTextFileSync(path, JSON.stringify(Object.fromEntries(earlier)));
      assert.equal(EARLIER_CONFIG.policies, "shared");
      assert.equal(EARLIER_CONFIG.equality, "typed");
      assert.deepEqual(readRun(folder).config, config);
      await recordRun(optionsFor(executor, folder, { resume: true }));
      assert.deepEqual(contents(folder), contents(whole));
    },
  );

  await t.step(
    "a finished run can be given more steps, and nothing else",
    async () => {
      const folder = join(parent, "longer");
      await recordRun(optionsFor(executor, folder, {
        config: { ...smallConfig, steps: 2 },
      }));
      await assert.rejects(
        recordRun(optionsFor(executor, folder)),
        /holds a run already/,
      );
      const other = { ...smallConfig, learningRate: 1, references: 3 };
      await assert.rejects(
        recordRun(
          optionsFor(executor, folder, { resume: true, config: other }),
        ),
        /other settings \(references, learningRate\)/,
      );
      await recordRun(optionsFor(executor, folder, { resume: true }));
      assert.equal(
        contents(folder)["metrics.jsonl"],
        contents(whole)["metrics.jsonl"],
      );
    },
  );

  await t.step("a falling rate's last step may not be moved", async () => {
    const folder = join(parent, "falling");
    const config = {
      ...smallConfig,
      steps: 2,
      learningRateSchedule: "linear" as const,
    };
    await recordRun(optionsFor(executor, folder, { config }));
    const before = contents(folder);
    for (const steps of [1, 5]) {
      await assert.rejects(
        recordRun(optionsFor(executor, folder, {
          resume: true,
          config: { ...config, steps },
        })),
        /"steps" 2 and "learningRateSchedule" "linear".*Resume with 2 steps/,
      );
    }
    await recordRun(optionsFor(executor, folder, { resume: true, config }));
    assert.deepEqual(contents(folder), before);
  });

  await t.step("another engine may not go on, a moved server may", async () => {
    const folder = join(parent, "moved");
    const engineConfig = { ...ENGINES.tinker, model: "m" };
    const config = { ...smallConfig, steps: 2 };
    await recordRun(optionsFor(executor, folder, { config, engineConfig }));
    const resume = (engineConfig: EngineConfig) =>
      recordRun(optionsFor(executor, folder, { resume: true, engineConfig }));
    await assert.rejects(
      resume({ ...engineConfig, model: "n", loraRank: 8 }),
      /another engine: "model" was "m" and is "n"; "loraRank" was 32 and is 8/,
    );
    await assert.rejects(resume(ENGINES.local), /"engine" was "tinker"/);
    const engine = new ScriptedEngine(tokenizer);
    engine.description.name = "other";
    await assert.rejects(
      recordRun(optionsFor(executor, folder, { resume: true, engine })),
      /the model was scripted and is other/,
    );
    const here = { ...ENGINES.local, model: "/here" };
    const local = join(parent, "moved-model");
    await recordRun(
      optionsFor(executor, local, { config, engineConfig: here }),
    );
    const there = { ...here, model: "/there", tokenizer: "/there" };
    await recordRun(
      optionsFor(executor, local, { resume: true, engineConfig: there }),
    );
    assert.deepEqual(readRun(local).manifest.resumed[0].moved, {
      model: "/there",
      tokenizer: "/there",
    });
    const address = "http://127.0.0.1:8001";
    await resume({ ...engineConfig, address });
    assert.deepEqual(contents(folder), contents(whole));
    const { manifest } = readRun(folder);
    assert.equal(manifest.engineConfig?.address, ENGINES.tinker.address);
    assert.equal(manifest.resumed[0].address, address);
  });

  await t.step(
    "killed while its first files were written, it starts all the same",
    async () => {
      const folder = join(parent, "early");
      Deno.mkdirSync(join(folder, "checkpoints"), { recursive: true });
      Deno.writeTextFileSync(join(folder, "manifest.json"), "{}");
      Deno.writeTextFileSync(join(folder, "config.json.unfinished-"), '{"se');
      await recordRun(optionsFor(executor, folder, { resume: true }));
      assert.deepEqual(contents(folder), contents(whole));
    },
  );

  await t.step(
    "old checkpoints are dropped only if the config says so",
    async () => {
      const folder = join(parent, "two");
      await recordRun(optionsFor(executor, folder, {
        config: { ...smallConfig, keepCheckpoints: 2 },
      }));
      assert.deepEqual(checkpointSteps(folder), [4, 5]);
    },
  );

  await t.step("an update that is not finite leaves its batch", async () => {
    const folder = join(parent, "failed");
    const engine = new ScriptedEngine(tokenizer);
    engine.failAtStep = 2;
    await assert.rejects(
      recordRun(optionsFor(executor, folder, { engine })),
      /update of step 3 failed: loss is NaN/,
    );
    const saved = JSON.parse(
      Deno.readTextFileSync(join(folder, "failed_update_step_3.json")),
    );
    assert.equal(saved.step, 3);
    assert.ok(saved.sequences[0].responseTokens.length > 0);
    assert.equal(readMetrics(folder).length, 3);
  });

  await t.step("a folder with something else in it is left alone", async () => {
    const folder = join(parent, "foreign");
    Deno.mkdirSync(folder);
    Deno.writeTextFileSync(join(folder, "thesis.txt"), "precious");
    await assert.rejects(
      recordRun(optionsFor(executor, folder, { resume: true })),
      /not empty \(thesis.txt\)/,
    );
  });

  await Deno.remove(parent, { recursive: true });
});
