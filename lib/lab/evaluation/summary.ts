/** Evaluation rows gathered into one line per split, mode, temperature and thinking. */

import type { EvaluationResult } from "./evaluate.ts";
import { bootstrapMean, type Interval, mean } from "./statistics.ts";

/** One line of a table. Rates are shares of samples. */
export interface EvaluationSummary {
  split: string;
  mode: EvaluationResult["mode"];
  temperature: number;
  thinking: EvaluationResult["thinking"];
  items: number;
  accuracy: Interval;
  thinkingRate: number;
  malformedRate: number;
  tokens: number;
}

/** Seed of the intervals in summaries; a constant, so tables are reproducible. */
const BOOTSTRAP_SEED = 0;

/** Summarises rows, in the order in which their groups first appear. */
export function summarise(
  rows: readonly EvaluationResult[],
): EvaluationSummary[] {
  const groups = Map.groupBy(
    rows,
    (row) =>
      JSON.stringify([row.split, row.mode, row.temperature, row.thinking]),
  );
  return [...groups.values()].map((group) => {
    const [{ split, mode, temperature, thinking }] = group;
    const rate = (count: (row: EvaluationResult) => number) =>
      mean(group.map((row) => count(row) / row.samples));
    return {
      split,
      mode,
      temperature,
      thinking,
      items: group.length,
      accuracy: bootstrapMean(
        group.map((row) => row.correct / row.samples),
        BOOTSTRAP_SEED,
      ),
      thinkingRate: rate((row) => row.thought),
      malformedRate: rate((row) => row.malformed),
      tokens: mean(group.map((row) => row.tokens)),
    };
  });
}
