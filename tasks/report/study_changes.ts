/** The table of what self-play changed in each arm of a study. */

import type { ScoreKey, ScoreRow } from "../../lib/lab/scores.ts";
import { changeOf } from "../../lib/lab/study_changes.ts";
import { interval, markdownTable, percent } from "./markdown.ts";

/** Returns the greedy changes of every arm on every split, as a Markdown table. */
export function changeTable(
  scores: ReadonlyMap<string, ReadonlyMap<number, ScoreRow[]>>,
  keys: readonly ScoreKey[],
): string {
  const rows = keys.flatMap((key) =>
    [...scores].flatMap(([arm, bySeed]) => {
      const change = changeOf([...bySeed.values()], key);
      if (change === null) return [];
      const { before, forced, after } = change;
      const split = key.mode === "maths"
        ? key.split
        : `${key.split} ${key.mode}`;
      return [[
        split,
        arm,
        ...[before, forced, after].map(percent),
        interval(change.change),
        interval(change.beyondForced),
      ]];
    })
  );
  return "## What self-play changed (greedy)\n\n" + markdownTable([
    "split",
    "arm",
    "its base",
    "its base, thinking forced",
    "after self-play",
    "change [95 %]",
    "beyond forced [95 %]",
  ], rows);
}
