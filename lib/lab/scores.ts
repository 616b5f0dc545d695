/**
 * Scores: the evaluation of a run in a form small enough to keep for every arm.
 *
 * A row belongs to one split, mode, temperature and way of thinking at one step. It
 * holds the number of right samples of each item, in the split's order, from which all
 * paired intervals follow. Left out: the texts of responses.
 */

import type { EvaluationResult } from "./evaluation/evaluate.ts";

/** The score of one split and mode at one step. */
export interface ScoreRow {
  step: number;
  split: string;
  mode: EvaluationResult["mode"];
  temperature: number;
  thinking: EvaluationResult["thinking"];
  /** Number of samples per item. */
  samples: number;
  /** Number of right samples of each item. */
  correct: number[];
  /** Share of the samples that open with a trace, from 0 to 1. */
  thinkingRate: number;
  /** Mean tokens of a response. */
  tokens: number;
}

/** Gathers per-item rows into scores, in the order in which groups first appear. */
export function scoreRows(
  rows: readonly (EvaluationResult & { step: number })[],
): ScoreRow[] {
  const groups = Map.groupBy(rows, (row) =>
    JSON.stringify([
      row.step,
      row.split,
      row.mode,
      row.temperature,
      row.thinking,
      row.samples,
    ]));
  return [...groups.values()].map((group) => {
    const [{ step, split, mode, temperature, thinking, samples }] = group;
    const round = (value: number) => Number(value.toFixed(4));
    const sum = (value: (row: EvaluationResult) => number) =>
      group.reduce((total, row) => total + value(row), 0);
    return {
      step,
      split,
      mode,
      temperature,
      thinking,
      samples,
      correct: group.map((row) => row.correct),
      thinkingRate: round(sum((row) => row.thought) / (samples * group.length)),
      tokens: round(sum((row) => row.tokens) / group.length),
    };
  });
}

/** The key of a score. */
export interface ScoreKey {
  split: string;
  mode: string;
  temperature: number;
  forced: boolean;
}

/** Returns the score of the first or last step that has one of that kind; null where none has. */
export function scoreAt(
  scores: readonly ScoreRow[],
  moment: "first" | "last",
  { split, mode, temperature, forced }: ScoreKey,
): ScoreRow | null {
  const found = scores.filter((row) =>
    row.split === split && row.mode === mode &&
    row.temperature === temperature && (row.thinking === "forced") === forced
  );
  return (moment === "first" ? found[0] : found.at(-1)) ?? null;
}

/** Returns the share of right samples of each item, from 0 to 1. */
export function accuracies({ correct, samples }: ScoreRow): number[] {
  return correct.map((right) => right / samples);
}
