/** A step that is given up leaves the run as it was, and the run goes on to the same bytes. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { startExecutor } from "../../lib/sandbox/mod.ts";
import { checkpointSteps } from "../../lib/run/checkpoint.ts";
import { LOG_NAMES, recordRun } from "../../lib/run/record.ts";
import type { RecordOptions } from "../../lib/run/record_options.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import { smallConfig } from "./small_config.ts";

const tokenizer = characterTokenizer();
/** Everything but the timings, which differ from run to run. */
const EXACT = LOG_NAMES.filter((name) => name !== "timings.jsonl");
const config = { ...smallConfig, steps: 4, checkpointEvery: 4 };

/** What is under way when the run is told to stop, and the step it is saved at. */
const STAGES = [
  { name: "proposing", call: "sample", after: 2, step: 2 },
  { name: "training", call: "trainStep", after: 2, step: 2 },
  { name: "evaluating", call: "evaluate", after: 2, step: 2 },
  { name: "evaluating at the end", call: "evaluate", after: 4, step: 4 },
] as const;

/** Waits until a signal is aborted, as an engine does that computes for long. */
function forever(stop?: AbortSignal): Promise<never> {
  assert.ok(stop, "no signal was given");
  return new Promise((_, reject) => {
    if (stop.aborted) reject(stop.reason);
    stop.addEventListener("abort", () => reject(stop.reason));
  });
}

Deno.test("given up", async (t) => {
  const parent = await Deno.makeTempDir({ prefix: "watch-" });
  await using executor = await startExecutor({
    workers: 1,
    languages: ["javascript"],
  });
  const optionsFor = (folder: string): RecordOptions => ({
    ...{ folder, config, tokenizer, executor },
    engine: new ScriptedEngine(tokenizer),
    evaluate: (step) => Promise.resolve([{ step, correct: true }]),
  });
  const contents = (folder: string) =>
    EXACT.map((name) => Deno.readTextFileSync(join(folder, name)));
  const whole = join(parent, "whole");
  await recordRun(optionsFor(whole));

  for (const { name, call, after, step } of STAGES) {
    await t.step(name, async () => {
      const folder = join(parent, name);
      const options = optionsFor(folder);
      const stop = new AbortController();
      const giveUp = new AbortController();
      let trained = 0;
      const stopping = () => {
        stop.abort();
        queueMicrotask(() => giveUp.abort());
      };
      const engine = options.engine as ScriptedEngine;
      const { sample, trainStep } = engine;
      engine.sample = function (requests, asked) {
        if (call === "sample" && trained === after) {
          stopping();
          return forever(asked.stop);
        }
        return sample.call(this, requests, asked);
      };
      engine.trainStep = async function (...args) {
        if (call === "trainStep" && trained === after) {
          stopping();
          const [, , , more] = args as unknown as [
            unknown,
            unknown,
            unknown,
            { stop?: AbortSignal },
          ];
          return await forever(more?.stop);
        }
        trained++;
        return await trainStep.apply(this, args);
      };
      const evaluate = options.evaluate!;
      const outcome = await recordRun({
        ...options,
        stop: stop.signal,
        giveUp: giveUp.signal,
        evaluate: (at, setting) => {
          if (call !== "evaluate" || at !== after) return evaluate(at, setting);
          stopping();
          return forever(giveUp.signal);
        },
      });
      assert.deepEqual(outcome, { step, finished: false });
      assert.equal(checkpointSteps(folder).at(-1), step);
      const resumed = await recordRun({ ...optionsFor(folder), resume: true });
      assert.deepEqual(resumed, { step: 4, finished: true });
      assert.deepEqual(contents(folder), contents(whole));
    });
  }
  await Deno.remove(parent, { recursive: true });
});
