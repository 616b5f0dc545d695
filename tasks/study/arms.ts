/**
 * Running the arms of a study and keeping the logs for its tables.
 *
 * The complete run (checkpoints, every task) lies in a work folder. The small logs are
 * copied to `<study>/<arm>/seed-N/`: `preset.json`, `manifest.json`, `hardware.json`,
 * `scores.jsonl`, `metrics.jsonl`, `timings.jsonl`, `tasks.jsonl` with every proposal and
 * `weights.json` with the hash of the final weights. A finished arm is not played again.
 * An interrupted arm is resumed. `rebuildArm` plays a recorded arm anew and compares.
 */

import { join } from "node:path";
import { ENGINES } from "../../lib/engines/engine_config.ts";
import type { EvaluationResult } from "../../lib/lab/evaluation/evaluate.ts";
import { checkpointSteps } from "../../lib/run/checkpoint.ts";
import { type WeightHashes, weightHashes } from "./weights.ts";
import { readJson } from "../../lib/run/json_file.ts";
import {
  readEvaluations,
  readMetrics,
  readTimings,
} from "../../lib/run/read.ts";
import { type Arm, armPreset, type Study } from "../../lib/lab/studies.ts";
import {
  type HardwareRecord,
  seedFolder,
} from "../../lib/lab/report_folder.ts";
import { armSeeds, readScores } from "../../lib/lab/study_scores.ts";
import { runExperiment } from "../../lib/lab/run.ts";
import { type ScoreRow, scoreRows } from "../../lib/lab/scores.ts";
import { writeHardware } from "../machine.ts";
import { thinMetrics, thinTimings } from "./thin_logs.ts";

/** Folders of a study. */
interface StudyFolders {
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
  const run = await runArm(
    { study, arm, seed },
    folders,
    () => baseSeconds = seconds(),
  );
  keepLogs(run, seedFolder(logs, seed), { study, arm, seed });
  writeHardware(logs, seed, {
    ...hardware(),
    seconds: seconds(),
    baseSeconds,
  });
  return true;
}

/** One seed of an arm. */
interface ArmSeed {
  study: Study;
  arm: Arm;
  seed: number;
}

/** Plays one seed of an arm into its work folder, which it returns. */
async function runArm(
  { study, arm, seed }: ArmSeed,
  folders: StudyFolders,
  onBase?: () => void,
): Promise<string> {
  checkModel(study, folders);
  const folder = seedFolder(join(folders.work, arm.name), seed);
  await runExperiment({
    preset: armPreset(study, arm),
    seed,
    playSeed: seed + (arm.seedOffset ?? 0),
    engine: { ...ENGINES.local, model: folders.model ?? "" },
    folder,
    cacheFolder: folders.cache,
    resume: true,
    onBase,
  });
  return folder;
}

/** What a run that was played anew has in common with its recording. */
interface Rebuilt {
  /** Hashes of the final weights, as recorded (null in recordings that lack them) and anew. */
  recorded: WeightHashes | null;
  anew: WeightHashes | null;
  /** Whether all rows of metrics are equal to seven digits, and all scores. */
  sameMetrics: boolean;
  sameScores: boolean;
}

/**
 * Plays a recorded seed of an arm anew into the work folder, which then holds its final
 * weights, and compares. Weights are equal on the machine and backend of the recording
 * alone; elsewhere the last digits differ. Throws where that seed is not recorded, or
 * the work folder holds a run of it.
 */
export async function rebuildArm(
  study: Study,
  arm: Arm,
  seed: number,
  folders: StudyFolders,
): Promise<Rebuilt> {
  const logs = seedFolder(join(folders.logs, arm.name), seed);
  if (!armSeeds(folders.logs, arm).includes(seed)) {
    throw new RangeError(
      `${logs} is not recorded: there is nothing to compare`,
    );
  }
  const work = seedFolder(join(folders.work, arm.name), seed);
  if (checkpointSteps(work).length > 0) {
    throw new RangeError(`${work} holds a run already: give another folder`);
  }
  const run = await runArm({ study, arm, seed }, folders);
  const text = (rows: readonly object[]) =>
    JSON.stringify(
      rows,
      (_, value) => typeof value === "number" ? Math.fround(value) : value,
    );
  const { logEvery = 1 } = study;
  return {
    recorded: readWeights(logs),
    anew: weightHashes(run),
    sameMetrics: text(readMetrics(logs)) ===
      text(thinMetrics(readMetrics(run), logEvery)),
    sameScores: text(readScores(logs)) === text(scoresOf(run)),
  };
}

/** Reads the recorded hashes of a run's weights; null in recordings that lack them. */
function readWeights(logs: string): WeightHashes | null {
  try {
    return readJson(join(logs, "weights.json"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
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

function scoresOf(run: string): ScoreRow[] {
  return scoreRows(
    readEvaluations(run) as unknown as (EvaluationResult & { step: number })[],
  );
}

function keepLogs(run: string, logs: string, { study, arm }: ArmSeed): void {
  Deno.mkdirSync(logs, { recursive: true });
  const { logEvery = 1 } = study;
  const lines = (name: string, rows: readonly object[]) =>
    Deno.writeTextFileSync(
      join(logs, name),
      rows.map((row) => JSON.stringify(row) + "\n").join(""),
    );
  const record = (name: string, content: object) =>
    Deno.writeTextFileSync(
      join(logs, name),
      JSON.stringify(content, null, 2) + "\n",
    );
  for (const name of ["manifest.json", "tasks.jsonl"]) {
    Deno.copyFileSync(join(run, name), join(logs, name));
  }
  lines("metrics.jsonl", thinMetrics(readMetrics(run), logEvery));
  lines("timings.jsonl", thinTimings(readTimings(run), logEvery));
  lines("scores.jsonl", scoresOf(run));
  record("preset.json", armPreset(study, arm));
  const weights = weightHashes(run);
  if (weights) record("weights.json", weights);
}
