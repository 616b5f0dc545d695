/**
 * A run in a process of its own, to be killed by the test:
 * `killed_run.ts FOLDER STEPS [EVENTS MOMENT]`. After so many events it holds
 * still at the next such moment: an event, or `writing`, amid a checkpoint.
 */

import { startExecutor } from "../../lib/sandbox/mod.ts";
import { recordRun } from "../../lib/run/record.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../method/scripted_engine.ts";
import { smallConfig } from "./small_config.ts";

const [folder, steps, events, moment] = Deno.args;
let seen = 0;

/** Says where the run is; holds still where it is told to. */
function reach(step: number | string, type: string): void {
  console.log(`${step} ${type}`);
  if (type !== "writing") seen++;
  if (type !== moment || seen < Number(events)) return;
  console.log("held");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

/** Tells of the moment when a checkpoint's files are there, and it is not yet. */
class TellingEngine extends ScriptedEngine {
  override async save(folder: string): Promise<void> {
    await super.save(folder);
    reach("-", "writing");
  }
}

const tokenizer = characterTokenizer();
await using executor = await startExecutor({
  workers: 1,
  languages: ["javascript"],
});
await recordRun({
  folder,
  resume: true,
  config: { ...smallConfig, steps: Number(steps) },
  engine: new TellingEngine(tokenizer),
  tokenizer,
  executor,
  evaluate: (step) =>
    Promise.resolve([{ mode: "deduction", correct: step % 4 === 0 }]),
  onEvent: ({ type, step }) => reach(step, type),
});
