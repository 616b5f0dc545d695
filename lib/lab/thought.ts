/**
 * The share of a program's steps that a greedy answer writes out in its trace.
 *
 * Traces may leave out the values of steps (WorldConfig `hastyShare`). The base model,
 * made to think, leaves out as many as the corpus. The share shows whether self-play
 * changes that. JavaScript only: Python's own texts hold the signs that close a step.
 */

import { seedInterval } from "./evaluation/over_seeds.ts";
import type { Interval } from "./evaluation/statistics.ts";
import type { EvaluationLog } from "./report.ts";

/** The share of steps written out, by the base made to think and after self-play. */
interface ThoughtLine {
  split: string;
  mode: string;
  items: number;
  forced: Interval;
  after: Interval;
}

type Row = EvaluationLog[number];

/**
 * Counts the steps whose values a compact response writes out before its answer. `=`
 * closes a step of a deduction, `:` one of an abduction. Signs of the operations' own
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
      forced: seedInterval(shares(false)),
      after: seedInterval(after),
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
