/**
 * `deno task study:language`: plays the arms of the study of a language model that are
 * not recorded yet, arm by arm and seed by seed, and keeps their logs under
 * data/language_model. Ctrl-C stops and saves; the same command goes on.
 */

import { join } from "node:path";
import { ENGINES } from "../lib/engines/mod.ts";
import {
  functionEvaluation,
  functionsHeldOut,
  readFunctions,
} from "./language/functions.ts";
import type { EvaluationResult } from "../lib/lab/evaluation/evaluate.ts";
import {
  type LanguageArm,
  type LanguageStudy,
  readLanguageStudy,
} from "../lib/lab/language_study.ts";
import type { SelfPlayConfig } from "../lib/method/config.ts";
import { known } from "../lib/method/nearest.ts";
import { MODEL_PRESETS } from "../lib/lab/model_presets.ts";
import { seedFolder, seedsIn } from "../lib/lab/report_folder.ts";
import { scoreRows } from "../lib/lab/scores.ts";
import { playModel } from "../lib/run/play.ts";
import { readEvaluations, readTimings } from "../lib/run/read.ts";
import { machineNow, writeHardware } from "./machine.ts";
import { recordSkill } from "./language_skill.ts";
import { modelFolder } from "./model/folder.ts";
import { LANGUAGE_LOGS } from "./report/language.ts";
import { ProgressBar } from "./selfplay/progress.ts";
import { STOPPING } from "./stopping.ts";
import { readWords, runTask, UsageError, wholeNumbers } from "./usage.ts";

const USAGE = [
  "deno task study:language [--arms a,b] [--seeds 1,2] [--work FOLDER]\n" +
  "deno task study:language --evaluate NAME [--plan NAME] [--model FOLDER] [--data FOLDER]\n",
  "plays the arms of the language model's study that are not recorded; the same",
  "command goes on where it was stopped",
  "  --arms a,b         only these arms",
  "  --seeds 1,2        only these seeds",
  "  --work FOLDER      where the runs go (default: runs/language)",
  "  --evaluate NAME    instead: the comparison of skill, of base or of one of",
  "                     the models of skill.json",
  "  --plan NAME        another comparison's file: skill_values",
  "  --model FOLDER     the run whose newest checkpoint --evaluate asks",
  "  --data FOLDER      the benchmarks' files (default: benchmarks)",
].join("\n");

/** Sections of `samples.md` that are kept, from the beginning and from the end. */
const KEPT_SAMPLES = 2;

async function main(args: readonly string[]): Promise<number> {
  const { values: asked } = readWords(args, {
    arms: { type: "string" },
    seeds: { type: "string" },
    work: { type: "string", default: "runs/language" },
    evaluate: { type: "string" },
    plan: { type: "string", default: "skill" },
    model: { type: "string" },
    data: { type: "string", default: "benchmarks" },
  });
  if (asked.evaluate !== undefined) {
    const { plan, model, data, work } = asked;
    const places = { plan, folder: LANGUAGE_LOGS, model, data, work };
    await recordSkill(asked.evaluate, places);
    return 0;
  }
  const study = readLanguageStudy(LANGUAGE_LOGS);
  const arms = asked.arms?.split(",").map((name) => armOf(study, name)) ??
    study.arms;
  const seeds = asked.seeds === undefined
    ? study.seeds
    : wholeNumbers("--seeds", asked.seeds);
  const stop = new AbortController();
  for (const signal of STOPPING) {
    Deno.addSignalListener(signal, () => {
      console.log("stopping after this step; the same command goes on");
      stop.abort();
    });
  }
  for (const seed of seeds) {
    for (const arm of arms) {
      if (stop.signal.aborted) return 130;
      await record(study, arm, seed, { work: asked.work, stop: stop.signal });
    }
  }
  return 0;
}

/** Returns the settings of an arm and a seed. */
export function armConfig(
  { preset, steps }: LanguageStudy,
  { change }: LanguageArm,
  seed: number,
): SelfPlayConfig {
  return { ...MODEL_PRESETS[preset].selfPlay, ...change, steps, seed };
}

function armOf(study: LanguageStudy, name: string): LanguageArm {
  const arm = study.arms.find((arm) => arm.name === name);
  if (arm !== undefined) return arm;
  const names = study.arms.map(({ name }) => name);
  throw new UsageError(
    `the study has no arm "${name}"; there are ${known(name, names)}`,
  );
}

/** Plays one seed of one arm to its end, unless it is recorded. */
async function record(
  study: LanguageStudy,
  arm: LanguageArm,
  seed: number,
  { work, stop }: { work: string; stop: AbortSignal },
): Promise<void> {
  if (isRecorded(arm, seed)) {
    return console.log(`${arm.name}, seed ${seed}: recorded already`);
  }
  const folder = seedFolder(join(work, arm.name), seed);
  const config = armConfig(study, arm, seed);
  const rows = readFunctions();
  const progress = new ProgressBar(config);
  console.log(`${arm.name}, seed ${seed}, into ${folder}`);
  const model = await modelFolder(MODEL_PRESETS[study.preset].model);
  const outcome = await playModel({
    engine: { ...ENGINES.local, model },
    ...{ config, folder, resume: true, stop },
    experiment: { preset: study.preset, arm: arm.name },
    heldOut: functionsHeldOut(rows),
    evaluate: functionEvaluation(rows, study.evaluation),
    onEvent: (event) => progress.event(event),
    onSeedingRound: (round) => progress.seeding(round),
    onNote: (note) => progress.note(note),
  });
  progress.end();
  if (outcome.finished) keep(folder, arm, seed);
}

function isRecorded(arm: LanguageArm, seed: number): boolean {
  try {
    return seedsIn(join(LANGUAGE_LOGS, arm.name)).includes(seed);
  } catch {
    return false;
  }
}

/** Copies what the report needs. */
function keep(run: string, arm: LanguageArm, seed: number): void {
  const logs = seedFolder(join(LANGUAGE_LOGS, arm.name), seed);
  Deno.mkdirSync(logs, { recursive: true });
  for (const name of ["config.json", "metrics.jsonl", "timings.jsonl"]) {
    Deno.copyFileSync(join(run, name), join(logs, name));
  }
  const rows = readEvaluations(run) as unknown as (EvaluationResult & {
    step: number;
  })[];
  const lines = scoreRows(rows).map((row) => `${JSON.stringify(row)}\n`);
  Deno.writeTextFileSync(join(logs, "scores.jsonl"), lines.join(""));
  const sections = Deno.readTextFileSync(join(run, "samples.md"))
    .split(/^(?=## )/m);
  const kept = sections.length <= 2 * KEPT_SAMPLES ? sections : [
    ...sections.slice(0, KEPT_SAMPLES),
    ...sections.slice(-KEPT_SAMPLES),
  ];
  Deno.writeTextFileSync(join(logs, "samples.md"), kept.join(""));
  const seconds = readTimings(run)
    .flatMap((row) => Object.values(row.seconds))
    .reduce((sum, value) => sum + value, 0);
  writeHardware(join(LANGUAGE_LOGS, arm.name), seed, {
    command: `deno task study:language --arms ${arm.name} --seeds ${seed}`,
    seconds: Math.round(seconds),
    baseSeconds: 0,
    ...machineNow(),
    threads: Deno.env.get("TF_NUM_INTEROP_THREADS") ?? "all",
    deno: Deno.version.deno,
  });
}

if (import.meta.main) await runTask(USAGE, main);
