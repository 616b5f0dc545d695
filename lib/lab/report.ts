/**
 * The report of an experiment: one table from the evaluation logs of its seeds.
 *
 * Every number is computed from per-item rows, so that equal logs give equal text. The table also shows the base model
 * with thinking forced: a gain up to that accuracy is elicited, not learnt.
 */

import { seedInterval } from "./evaluation/over_seeds.ts";
import { type Interval, mean } from "./evaluation/statistics.ts";
import type { EvaluationResult } from "./evaluation/evaluate.ts";
import { isForPassAtK } from "./evaluation_plan.ts";

/** The evaluation rows of one seed, each with its step. */
export type EvaluationLog = readonly (EvaluationResult & { step: number })[];

/** One line of the report: a split, a mode and a temperature. */
export interface ReportLine {
  split: string;
  mode: EvaluationResult["mode"];
  temperature: number;
  items: number;
  before: number;
  forced: number;
  after: number;
  /** Change from before to after, paired by item; of one seed its interval is over items. */
  change: Interval;
  /** Change from the base model with thinking forced to after. */
  beyondForced: Interval;
  thinkingBefore: number;
  thinkingAfter: number;
  tokensBefore: number;
  tokensAfter: number;
}

/** Returns the lines of a report, in the order of the first log's rows. Rows of pass@k are left out. */
export function reportLines(all: readonly EvaluationLog[]): ReportLine[] {
  const logs = all.map((log) => log.filter((row) => !isForPassAtK(row)));
  const lastStep = Math.max(...logs[0].map((row) => row.step));
  const keys = new Set(
    logs[0].filter((row) => row.step === lastStep).map(lineKey),
  );
  return [...keys].map((key) => reportLine(logs, key, lastStep));
}

function lineKey(row: EvaluationResult): string {
  return JSON.stringify([row.split, row.mode, row.temperature]);
}

function reportLine(
  logs: readonly EvaluationLog[],
  key: string,
  lastStep: number,
): ReportLine {
  const select = (step: number, thinking: "forced" | "free") =>
    logs.map((log) =>
      log.filter((row) =>
        row.step === step && lineKey(row) === key &&
        (row.thinking === "forced") === (thinking === "forced")
      )
    );
  const before = select(0, "free");
  const forced = select(0, "forced");
  const after = select(lastStep, "free");
  const [split, mode, temperature] = JSON.parse(key);
  return {
    split,
    mode,
    temperature,
    items: after[0].length,
    before: average(before, accuracy),
    forced: average(forced, accuracy),
    after: average(after, accuracy),
    change: changeOverSeeds(before, after),
    beyondForced: changeOverSeeds(forced, after),
    thinkingBefore: average(before, (row) => row.thought / row.samples),
    thinkingAfter: average(after, (row) => row.thought / row.samples),
    tokensBefore: average(before, (row) => row.tokens),
    tokensAfter: average(after, (row) => row.tokens),
  };
}

const accuracy = (row: EvaluationResult) => row.correct / row.samples;

function average(
  seeds: readonly EvaluationResult[][],
  value: (row: EvaluationResult) => number,
): number {
  return mean(seeds.map((rows) => mean(rows.map(value))));
}

/** Returns the mean paired change of items, with an interval over seeds and items. */
function changeOverSeeds(
  before: readonly EvaluationResult[][],
  after: readonly EvaluationResult[][],
): Interval {
  const changes = after.map((rows, seed) => {
    const first = new Map(before[seed].map((row) => [row.item, accuracy(row)]));
    return rows.map((row) => accuracy(row) - first.get(row.item)!);
  });
  return seedInterval(changes);
}
