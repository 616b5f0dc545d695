/** Runs as the paper's figures need them: read by the kit's own readers, from one folder or many. */

import { scoreRows } from "../../../lib/lab/scores.ts";
import type { ScoreRow } from "../../../lib/lab/scores.ts";
import type { SelfPlayConfig } from "../../../lib/method/config.ts";
import type { StepMetrics } from "../../../lib/method/metrics.ts";
import type { RolloutRow, TaskRow } from "../../../lib/run/rows.ts";
import { readRollouts, readRun, readTasks } from "../../../lib/run/read.ts";
import type { EvaluatedItem } from "../../../lib/show/figures/accuracy.ts";

/** One run folder. A log that the folder lacks is an empty list: recorded runs leave out large ones. */
export interface PaperRun {
  folder: string;
  config: SelfPlayConfig;
  metrics: StepMetrics[];
  evaluated: EvaluatedItem[];
  scores: ScoreRow[];
  tasks: TaskRow[];
  rollouts: RolloutRow[];
}

/** Reads runs that differ in their seed. Throws where a folder holds no run. */
export function openRuns(folders: readonly string[]): PaperRun[] {
  return folders.map((folder) => {
    const { config, metrics, evaluations } = readRun(folder);
    const evaluated = evaluations as unknown as EvaluatedItem[];
    return {
      ...{ folder, config, metrics, evaluated },
      scores: scoreRows(evaluated),
      tasks: orNone(() => readTasks(folder)),
      rollouts: orNone(() => readRollouts(folder)),
    };
  });
}

function orNone<Row>(read: () => Row[]): Row[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** How many runs a figure stands on, in words. */
export function seedCount(runs: readonly unknown[]): string {
  return runs.length === 1 ? "1 seed" : `${runs.length} seeds`;
}
