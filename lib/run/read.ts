/** Reading the logs of runs, for notebooks and the command line. */

import { join } from "node:path";
import type { EvaluationRow } from "../method/setting.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import type { StepMetrics } from "../method/metrics.ts";
import { checkpointSteps } from "./checkpoint.ts";
import type { Manifest } from "./manifest.ts";
import { readJson } from "./json_file.ts";
import type { RolloutRow, TaskRow } from "./rows.ts";
import { packedRows } from "./packed/recordings.ts";
import { readRunConfig } from "./run_folder.ts";
import type { TimingRow } from "./stopwatch.ts";

/** A run without its large logs: `readTasks` and `readRollouts` read those. */
export interface RunSummary {
  folder: string;
  config: SelfPlayConfig;
  manifest: Manifest;
  metrics: StepMetrics[];
  evaluations: EvaluationRow[];
  checkpoints: number[];
}

/**
 * Reads the rows of a JSON-lines file, or of the packed run whose file it would be. A
 * last line without a line break is left out: an interruption cut it. Throws with the
 * path and the line that is not JSON.
 */
export function readRows<Row>(path: string): Row[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    const packed = error instanceof Deno.errors.NotFound
      ? packedRows<Row>(path)
      : null;
    if (packed) return packed;
    throw error;
  }
  const lines = text.split("\n");
  lines.pop();
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as Row;
    } catch (error) {
      throw new Error(`${path} line ${i + 1} is not JSON: ${error}`);
    }
  });
}

/** Reads a run's `metrics.jsonl`: a row per step, in order. Throws as `readRows` does. */
export function readMetrics(folder: string): StepMetrics[] {
  return readRows(join(folder, "metrics.jsonl"));
}

/** Reads a run's `timings.jsonl`: a row per step, in seconds. */
export function readTimings(folder: string): TimingRow[] {
  return readRows(join(folder, "timings.jsonl"));
}

/** Reads a run's `tasks.jsonl`: a row per proposal. */
export function readTasks(folder: string): TaskRow[] {
  return readRows(join(folder, "tasks.jsonl"));
}

/** Reads a run's `rollouts.jsonl`: a row per recorded response. */
export function readRollouts(folder: string): RolloutRow[] {
  return readRows(join(folder, "rollouts.jsonl"));
}

/** Reads a run's `eval.jsonl`: a row per evaluated task and step. */
export function readEvaluations(folder: string): EvaluationRow[] {
  return readRows(join(folder, "eval.jsonl"));
}

/** Reads a run's `manifest.json`: engine, sandbox, versions and tokenizer. */
export function readManifest(folder: string): Manifest {
  return readJson(join(folder, "manifest.json"));
}

/** Reads a run without its tasks and rollouts. Throws where a file is missing or damaged. */
export function readRun(folder: string): RunSummary {
  return {
    folder,
    config: readRunConfig(folder),
    manifest: readManifest(folder),
    metrics: readMetrics(folder),
    evaluations: readEvaluations(folder),
    checkpoints: checkpointSteps(folder),
  };
}
