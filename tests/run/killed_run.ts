/** A run in a process of its own, to be killed by the test: `killed_run.ts FOLDER STEPS`. */

import { startExecutor } from "../../lib/executor/mod.ts";
import { recordRun } from "../../lib/run/mod.ts";
import {
  characterTokenizer,
  ScriptedEngine,
} from "../selfplay/scripted_engine.ts";
import { smallConfig } from "./small_config.ts";

const [folder, steps] = Deno.args;
const tokenizer = characterTokenizer();
await using executor = await startExecutor({
  workers: 1,
  languages: ["javascript"],
});
await recordRun({
  folder,
  resume: true,
  config: { ...smallConfig, steps: Number(steps) },
  engine: new ScriptedEngine(tokenizer),
  tokenizer,
  executor,
  evaluate: (step) =>
    Promise.resolve([{ mode: "deduction", correct: step % 4 === 0 }]),
  onEvent: ({ type, step }) => console.log(`${step} ${type}`),
});
