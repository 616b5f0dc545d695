/**
 * Running the arms of a study and keeping the logs for its tables.
 *
 * The complete run (checkpoints, every task) lies in a work folder. The small logs are
 * copied to `<study>/<arm>/seed-N/`: `preset.json`, `manifest.json`, `hardware.json`,
 * `scores.jsonl`, `metrics.jsonl` and `timings.jsonl`. A finished arm is not played
 * again. An interrupted arm is resumed.
 */

import { join } from "node:path";
import { ENGINES } from "../engines/engine_config.ts";
import type { EvaluationResult } from "./evaluation/evaluate.ts";
import {
  readEvaluations,
  readMetrics,
  readRows,
  readTimings,
} from "../run/read.ts";
import { type Arm, armPreset, type Study } from "./studies.ts";
import {
  type HardwareRecord,
  seedFolder,
  seedsIn,
  writeHardware,
} from "./report_folder.ts";
import { runExperiment } from "./run.ts";
import { type ScoreRow, scoreRows } from "./scores.ts";
import { thinMetrics, thinTimings } from "./thin_logs.ts";

/** Folders of a study. */
export interface StudyFolders {
  /** Folder of the recorded logs, one subfolder per arm; these are kept. */
  logs: string;
  /** Folder of the complete runs, from which the logs are copied; it may be deleted. */
  work: string;
  /** Folder of pretrained base models; default: the one of `buildBaseModel`. */
  cache?: string;
  /** Folder of the language model that plays a study in words. */
  model?: string;
}

/** Plays one seed of one arm unless its logs exist; returns true where it played. */
export async function playArm(
  study: Study,
  arm: Arm,
  seed: number,
  folders: StudyFolders,
  hardware: () => Omit<HardwareRecord, "seconds" | "baseSeconds">,
): Promise<boolean> {
  const logs = join(folders.logs, arm.name);
  if (armSeeds(folders.logs, arm).includes(seed)) return false;
  const start = performance.now();
  const seconds = () => Math.round((performance.now() - start) / 1000);
  let baseSeconds = 0;
  const run = seedFolder(join(folders.work, arm.name), seed);
  const preset = armPreset(study, arm);
  checkModel(study, folders);
  await runExperiment({
    preset,
    seed,
    playSeed: seed + (arm.seedOffset ?? 0),
    engine: { ...ENGINES.local, model: folders.model ?? "" },
    folder: run,
    cacheFolder: folders.cache,
    resume: true,
    onBase: () => baseSeconds = seconds(),
  });
  keepLogs(run, seedFolder(logs, seed), preset, study.logEvery ?? 1);
  writeHardware(logs, seed, {
    ...hardware(),
    seconds: seconds(),
    baseSeconds,
  });
  return true;
}

/** Throws where a study in words has no language model, or another study has one. */
function checkModel({ name, base }: Study, { model }: StudyFolders): void {
  const isInWords = base.selfPlay.dialect !== "compact";
  if (isInWords === (model !== undefined)) return;
  throw new RangeError(
    `study "${name}" is ` +
      (isInWords
        ? "played by a language model: give --model FOLDER"
        : "played by base models of its own: leave --model out"),
  );
}

/** Finds the seeds of an arm that have logs, in ascending order. */
export function armSeeds(logs: string, arm: Pick<Arm, "name">): number[] {
  try {
    return seedsIn(join(logs, arm.name));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Returns the scores of one seed of an arm. */
export function readScores(folder: string): ScoreRow[] {
  return readRows(join(folder, "scores.jsonl"));
}

function keepLogs(
  run: string,
  logs: string,
  preset: object,
  every: number,
): void {
  Deno.mkdirSync(logs, { recursive: true });
  Deno.copyFileSync(join(run, "manifest.json"), join(logs, "manifest.json"));
  const write = (name: string, rows: readonly object[]) =>
    Deno.writeTextFileSync(
      join(logs, name),
      rows.map((row) => JSON.stringify(row) + "\n").join(""),
    );
  write("metrics.jsonl", thinMetrics(readMetrics(run), every));
  write("timings.jsonl", thinTimings(readTimings(run), every));
  Deno.writeTextFileSync(
    join(logs, "preset.json"),
    JSON.stringify(preset, null, 2) + "\n",
  );
  const rows = readEvaluations(run) as unknown as (EvaluationResult & {
    step: number;
  })[];
  write("scores.jsonl", scoreRows(rows));
}
