/** Steps played ahead: what stays equal, by which weights, and that it overlaps. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { LocalEngine } from "../../lib/engines/local.ts";
import { type Executor, startExecutor } from "../../lib/sandbox/mod.ts";
import { checkConfig, type SelfPlayConfig } from "../../lib/method/config.ts";
import type { Engine } from "../../lib/method/engine.ts";
import { engineWith } from "../../lib/method/engine_with.ts";
import { selfPlay } from "../../lib/method/loop.ts";
import type { StepMetrics } from "../../lib/method/metrics.ts";
import { readMetrics } from "../../lib/run/read.ts";
import { recordRun } from "../../lib/run/record.ts";
import { characterTokenizer, ScriptedEngine } from "./scripted_engine.ts";
import { SHORT_PLAY, taughtEngine } from "./tiny_model.ts";

const tokenizer = characterTokenizer();
let executor: Executor;

Deno.test.beforeAll(async () => {
  executor = await startExecutor({ workers: 1, languages: ["javascript"] });
});
Deno.test.afterAll(() => executor.close());

const config: SelfPlayConfig = { ...SHORT_PLAY, checkpointEvery: 1 };
const AHEAD = { staleness: 1, importanceCap: 2 };

async function metricsOf(
  engine: Engine,
  changes: Partial<SelfPlayConfig>,
): Promise<StepMetrics[]> {
  const rows: StepMetrics[] = [];
  const settings = { ...config, ...changes };
  const events = selfPlay({ config: settings, engine, tokenizer, executor });
  for await (const event of events) {
    if (event.type === "stepFinished") rows.push(event.metrics);
  }
  return rows;
}

/** A real model that samples from a copy of its weights while it trains, as a server does. */
async function withCopies(engine: LocalEngine, folder: string) {
  const copy = await LocalEngine.fromFolder(folder);
  let copies = 0;
  const sampler = async () => {
    copies++;
    await engine.save(join(folder, "now"));
    await copy.load(join(folder, "now"));
    return copy;
  };
  return {
    engine: engineWith(engine, { sampler }),
    copies: () => copies,
    dispose: () => copy.dispose(),
  };
}

Deno.test("a real model: staleness 0 is the synchronous loop, and 1 is the same on two kinds of engines", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "ahead-" });
  const local = await taughtEngine(tokenizer, 100);
  await local.save(folder);
  const server = await withCopies(local, folder);
  const play = async (engine: Engine, changes: Partial<SelfPlayConfig>) => {
    await local.load(folder);
    return (await metricsOf(engine, changes)).map((row) => JSON.stringify(row));
  };
  const synchronous = await play(local, {});

  await t.step("0: byte-equal, and no sampler is asked for", async () => {
    assert.deepEqual(await play(server.engine, { staleness: 0 }), synchronous);
    assert.equal(server.copies(), 0);
    assert.ok(!synchronous.join().includes("staleness"));
  });

  await t.step("1: a server and one processor give equal bytes", async () => {
    const one = await play(local, AHEAD);
    assert.deepEqual(await play(server.engine, AHEAD), one);
    assert.equal(server.copies(), config.steps - 1);

    // The first step is played by the weights that learn from it, as without staleness.
    const rows = one.map((row) => JSON.parse(row) as StepMetrics);
    const plain = synchronous.map((row) => JSON.parse(row) as StepMetrics);
    assert.deepEqual(rows[1].solve, plain[1].solve);
    assert.notDeepEqual(rows[3].solve, plain[3].solve);
    assert.deepEqual(rows.map((row) => row.staleness), [
      ...[undefined, 0, 1, 1, 1],
    ]);
    const [, first, ...later] = rows.map(({ importance }) => importance!);
    assert.ok(Math.abs(first.mean - 1) < 1e-4, `${first.mean}`);
    assert.ok(Math.abs(first.most - 1) < 1e-3, `${first.most}`);
    // Older weights: the ratios leave 1, and their mean under the sampler stays near it.
    for (const { mean, least, most, tokens } of later) {
      assert.ok(
        tokens > 0 && least < 0.999 && most > 1.001,
        `${least} ${most}`,
      );
      assert.ok(Math.abs(mean - 1) < 0.1, `${mean}`);
    }
  });
  server.dispose();
  local.dispose();
  await Deno.remove(folder, { recursive: true });
});

/** An engine whose training ends only when the next step has sampled, and that notes the age of samplers. */
function waiting(steps: number) {
  const engine = new ScriptedEngine(tokenizer);
  const lags: number[] = [];
  let sampled = Promise.withResolvers<void>();
  const sampler = () => {
    const published = engine.trained.length;
    sampled = Promise.withResolvers<void>();
    const sample: Engine["sample"] = (...asked) => {
      sampled.resolve();
      lags.push(engine.trained.length - published);
      return engine.sample(...asked);
    };
    return Promise.resolve({ sample });
  };
  const trainStep: Engine["trainStep"] = async (sequences) => {
    // The last step has none after it. Without overlap this never ends.
    if (engine.trained.length < steps - 1) await sampled.promise;
    return await engine.trainStep(sequences);
  };
  return { engine: engineWith(engine, { sampler, trainStep }), lags };
}

Deno.test("the next step is played while the model learns, at most one update behind", async () => {
  const { engine, lags } = waiting(config.steps);
  const rows = await metricsOf(engine, AHEAD);
  assert.equal(rows.length, config.steps + 1);
  assert.ok(lags.length > 0 && lags.every((lag) => lag <= 1), `${lags}`);
});

Deno.test("what cannot lag is refused with the cure", () => {
  const refused = (changes: Partial<SelfPlayConfig>, wanted: RegExp) =>
    assert.throws(() => checkConfig({ ...config, ...changes }), wanted);
  refused({ staleness: 2 }, /"staleness" must be a whole number in \[0, 1\]/);
  refused({ staleness: 1 }, /"importanceCap" must be above 0 .*2 is a usual/);
  refused({ ...AHEAD, updates: "none" }, /"staleness" must be 0 .*no update/);
  refused(
    { ...AHEAD, rewardValid: "progress" },
    /"staleness" must be 0 .*within the play/,
  );
  checkConfig({ ...config, ...AHEAD });
});

Deno.test("a stopped or broken run loses the step in flight and nothing else", async () => {
  const parent = await Deno.makeTempDir({ prefix: "ahead-run-" });
  const settings = { ...config, ...AHEAD, steps: 5 };
  const play = (name: string, engine: Engine, more: {
    resume?: boolean;
    stop?: AbortSignal;
    onEvent?: (event: { type: string; step: number }) => void;
  } = {}) =>
    recordRun({
      ...{ folder: join(parent, name), config: settings, engine },
      ...{ tokenizer, executor, ...more },
    });
  const stepsOf = (name: string) =>
    readMetrics(join(parent, name)).map(({ step }) => step);

  const controller = new AbortController();
  const stopped = await play("stopped", waiting(99).engine, {
    stop: controller.signal,
    onEvent: ({ type, step }) => {
      if (type === "stepFinished" && step === 2) controller.abort();
    },
  });
  assert.deepEqual(stopped, { step: 2, finished: false });
  assert.deepEqual(stepsOf("stopped"), [0, 1, 2]);

  const broken = new ScriptedEngine(tokenizer);
  broken.failAtStep = 2;
  await assert.rejects(play("broken", broken), /step 3 failed/);
  assert.deepEqual(stepsOf("broken"), [0, 1, 2]);

  for (const name of ["stopped", "broken"]) {
    const engine = new ScriptedEngine(tokenizer);
    const { finished } = await play(name, engine, { resume: true });
    assert.ok(finished);
    const rows = readMetrics(join(parent, name));
    assert.deepEqual(rows.map(({ step }) => step), [0, 1, 2, 3, 4, 5]);
    // The step in flight is played anew, by the newest weights.
    assert.deepEqual(rows.slice(3).map((row) => row.staleness), [0, 1, 1]);
  }
  await Deno.remove(parent, { recursive: true });
});
