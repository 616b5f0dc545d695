/** Reading runs back, for notebooks and the command line. */

import { join } from "node:path";
import type { EvaluationRow } from "../method/setting.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import type { StepMetrics } from "../method/metrics.ts";
import { checkpointSteps } from "./checkpoint.ts";
import type { Manifest } from "./manifest.ts";
import { readJson } from "./json_file.ts";
import type { RolloutRow, TaskRow } from "./rows.ts";
import { readRunConfig } from "./run_folder.ts";
import type { TimingRow } from "./stopwatch.ts";

/** Everything small about a run; tasks and rollouts are read apart. */
export interface RunSummary {
  folder: string;
  config: SelfPlayConfig;
  manifest: Manifest;
  metrics: StepMetrics[];
  evaluations: EvaluationRow[];
  checkpoints: number[];
}

/** The rows of a JSON-lines file; a last line cut by an interruption is left out. */
export function readRows<Row>(path: string): Row[] {
  const lines = Deno.readTextFileSync(path).split("\n");
  lines.pop();
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as Row;
    } catch (error) {
      throw new Error(`${path} line ${i + 1} is not JSON: ${error}`);
    }
  });
}

export function readMetrics(folder: string): StepMetrics[] {
  return readRows(join(folder, "metrics.jsonl"));
}

export function readTimings(folder: string): TimingRow[] {
  return readRows(join(folder, "timings.jsonl"));
}

export function readTasks(folder: string): TaskRow[] {
  return readRows(join(folder, "tasks.jsonl"));
}

export function readRollouts(folder: string): RolloutRow[] {
  return readRows(join(folder, "rollouts.jsonl"));
}

/** Evaluated tasks; each row has the step at which it was evaluated. */
export function readEvaluations(folder: string): EvaluationRow[] {
  return readRows(join(folder, "eval.jsonl"));
}

export function readManifest(folder: string): Manifest {
  return readJson(join(folder, "manifest.json"));
}

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

/** Folders below `parent` (and itself) that hold a run, in order of name. */
export function findRuns(parent: string): string[] {
  const found: string[] = [];
  const visit = (folder: string, depth: number) => {
    let entries: Deno.DirEntry[];
    try {
      entries = [...Deno.readDirSync(folder)];
    } catch {
      return;
    }
    const names = new Set(entries.map(({ name }) => name));
    if (names.has("config.json") && names.has("metrics.jsonl")) {
      found.push(folder);
      return;
    }
    if (depth === 0) return;
    for (const { name, isDirectory } of entries) {
      if (isDirectory) visit(join(folder, name), depth - 1);
    }
  };
  visit(parent, 3);
  return found.sort();
}
