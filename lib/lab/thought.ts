/**
 * What thoughts hold: how many of a program's steps a greedy answer writes out.
 *
 * Traces may leave out the values of steps (WorldConfig `hastyShare`). An answer
 * of the base that is made to think does so as the corpus does; whether self-play
 * changes that shows here. JavaScript only: Python's own texts hold the signs
 * that close a step.
 */

import { bootstrapOverSeeds, type Interval } from "./evaluation/statistics.ts";
import type { EvaluationLog } from "./report.ts";

/** Share of steps written out, of the base made to think and after self-play. */
export interface ThoughtLine {
  split: string;
  mode: string;
  items: number;
  forced: Interval;
  after: Interval;
}

type Row = EvaluationLog[number];

/** Seed of all intervals; a constant, so the report is reproducible. */
const BOOTSTRAP_SEED = 0;

/**
 * Steps whose values a compact response writes out before it answers: `=` closes
 * one of a deduction, `:` one of an abduction. Signs of the operations' own
 * texts (`=>`, `s+=`) do not count.
 */
export function writtenSteps(response: string): number {
  const [thought] = response.split("<a>");
  if (!thought.startsWith("<t>")) return 0;
  return [...thought.replaceAll(/=>|s\+=/g, "").matchAll(/[=:]/g)].length;
}

/** Returns a line per program split and mode with greedy answers both free and forced to think. */
export function thoughtLines(logs: readonly EvaluationLog[]): ThoughtLine[] {
  const groups = Map.groupBy(
    logs[0].filter(isThought),
    ({ split, mode }) => JSON.stringify([split, mode]),
  );
  return [...groups.values()].map(([{ split, mode }]) => {
    const shares = (after: boolean) =>
      logs.map((log) => {
        const lastStep = Math.max(...log.map(({ step }) => step));
        return log.filter((row) =>
          isThought(row) && row.split === split && row.mode === mode &&
          (after ? isEnd(row, lastStep) : isForced(row))
        ).map(({ response, depth }) => writtenSteps(response!) / depth);
      });
    const after = shares(true);
    return {
      split,
      mode,
      items: after[0].length,
      forced: bootstrapOverSeeds(shares(false), BOOTSTRAP_SEED),
      after: bootstrapOverSeeds(after, BOOTSTRAP_SEED),
    };
  });
}

function isThought({ mode, temperature, response }: Row): boolean {
  return temperature === 0 && response !== undefined &&
    (mode === "deduction" || mode === "abduction");
}

function isForced({ step, thinking }: Row): boolean {
  return step === 0 && thinking === "forced";
}

function isEnd({ step, thinking }: Row, lastStep: number): boolean {
  return step === lastStep && thinking !== "forced";
}
