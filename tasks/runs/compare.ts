/** Runs side by side: what was set differently, and what came of it. */

import type { EvaluationRow } from "../../lib/method/setting.ts";
import type { RunSummary } from "../../lib/run/read.ts";

/** A setting in which runs differ, with each run's value. */
interface SettingDifference {
  field: string;
  values: unknown[];
}

/**
 * Returns the settings that are not the same in all runs, in alphabetical order; then
 * those of the engine, as "engine.model", where all runs tell how it was chosen.
 */
export function differingSettings(
  runs: readonly RunSummary[],
): SettingDifference[] {
  const settings = differences(runs.map(({ config }) => ({ ...config })));
  const engines = runs.flatMap(({ manifest }) => manifest.engineConfig ?? []);
  if (engines.length < runs.length) return settings;
  const ofEngine = differences(engines.map((engine) => ({ ...engine })));
  return [
    ...settings,
    ...ofEngine.map(({ field, values }) => ({
      field: `engine.${field}`,
      values,
    })),
  ];
}

function differences(
  records: readonly Record<string, unknown>[],
): SettingDifference[] {
  const fields = new Set(records.flatMap((record) => Object.keys(record)));
  return [...fields].sort().flatMap((field) => {
    const values = records.map((record) => record[field]);
    const texts = new Set(values.map((value) => JSON.stringify(value)));
    return texts.size > 1 ? [{ field, values }] : [];
  });
}

/** Accuracy of one split and mode at one step of a run. */
interface Accuracy {
  step: number;
  /** Split, mode, temperature and use of a trace, for example "familiar/deduction greedy". */
  name: string;
  accuracy: number;
  items: number;
  /** Share of right answers of each item, in the order of the log. */
  shares: number[];
}

/** Returns the mean accuracy per step, split, mode and way of sampling. */
function accuracies(rows: readonly EvaluationRow[]): Accuracy[] {
  const groups = Map.groupBy(
    rows,
    (row) => `${row.step}\n${evaluationName(row)}`,
  );
  return [...groups.entries()].map(([key, members]) => {
    const [step, name] = key.split("\n");
    const shares = members.map((row) =>
      Number(row.correct) / Number(row.samples ?? 1)
    );
    const accuracy = shares.reduce((sum, s) => sum + s, 0) / shares.length;
    return {
      step: Number(step),
      name,
      accuracy,
      items: members.length,
      shares,
    };
  });
}

function evaluationName(row: EvaluationRow): string {
  const sampling = row.temperature === undefined
    ? ""
    : row.temperature === 0
    ? " greedy"
    : ` T=${row.temperature}` +
      (Number(row.samples ?? 1) > 1 ? ` x${row.samples}` : "");
  const thinking = row.thinking === undefined || row.thinking === "free"
    ? ""
    : ` thinking ${row.thinking}`;
  const split = row.split === undefined ? "" : `${row.split}/`;
  return `${split}${row.mode}${sampling}${thinking}`;
}

/** First and last accuracy of every evaluation of a run, by name. */
export function beforeAndAfter(
  run: RunSummary,
): Map<string, { before: Accuracy; after: Accuracy }> {
  const found = new Map<string, { before: Accuracy; after: Accuracy }>();
  const ordered = accuracies(run.evaluations).sort((a, b) => a.step - b.step);
  for (const accuracy of ordered) {
    const known = found.get(accuracy.name);
    if (known) known.after = accuracy;
    else found.set(accuracy.name, { before: accuracy, after: accuracy });
  }
  return found;
}
