/**
 * The change by self-play in each arm of a study, against the arm's own base model.
 *
 * Arms with different base models (another size, another language) can be compared by
 * their changes, but not by their final accuracies.
 */

import { seedInterval } from "./evaluation/over_seeds.ts";
import { type Interval, mean } from "./evaluation/statistics.ts";
import { accuracies, scoreAt, type ScoreKey, type ScoreRow } from "./scores.ts";

/** Accuracy of one arm on one split: before, with thinking forced, and after. */
export interface Change {
  before: number;
  forced: number;
  after: number;
  /** Change from before to after, paired by item, over seeds. */
  change: Interval;
  /** Change from the base made to think to after; null where the former was not measured. */
  beyondForced: Interval | null;
}

/** Returns the change on one split over the seeds of an arm; null where the split was not evaluated. */
export function changeOf(
  seeds: readonly (readonly ScoreRow[])[],
  key: ScoreKey,
): Change | null {
  const moments = seeds.flatMap((scores) => {
    const before = scoreAt(scores, "first", key);
    const after = scoreAt(scores, "last", key);
    const forced = scoreAt(scores, "first", { ...key, forced: true });
    // An arm that skips its base has no row of it.
    return before?.step === 0 && after ? [{ before, after, forced }] : [];
  });
  if (moments.length === 0) return null;
  const accuracy = (row: ScoreRow | null) => row ? mean(accuracies(row)) : NaN;
  const changesFrom = (start: "before" | "forced") =>
    moments.flatMap(({ [start]: row, after }) => {
      if (row === null) return [];
      const first = accuracies(row);
      return [accuracies(after).map((value, i) => value - first[i])];
    });
  const beyond = changesFrom("forced");
  return {
    before: mean(moments.map(({ before }) => accuracy(before))),
    forced: mean(moments.map(({ forced }) => accuracy(forced))),
    after: mean(moments.map(({ after }) => accuracy(after))),
    change: seedInterval(changesFrom("before")),
    beyondForced: beyond.length === 0 ? null : seedInterval(beyond),
  };
}
