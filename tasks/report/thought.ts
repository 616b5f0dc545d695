/** The section of a report on how many of a program's steps an answer writes out. */

import type { EvaluationLog } from "../../lib/lab/report.ts";
import { thoughtLines } from "../../lib/lab/thought.ts";
import { markdownTable, percent } from "./markdown.ts";

/** Returns the section of a report; empty where nothing was recorded to count. */
export function thoughtSection(logs: readonly EvaluationLog[]): string {
  const lines = thoughtLines(logs);
  if (lines.length === 0) return "";
  return "## Steps written out in greedy answers, of the program's\n\n" +
    markdownTable(
      [
        "split",
        "mode",
        "items",
        "base, thinking forced [95 %]",
        "after self-play [95 %]",
      ],
      lines.map(({ split, mode, items, forced, after }) => [
        split,
        mode,
        String(items),
        ...[forced, after].map(({ mean, low, high }) =>
          `${percent(mean)} [${percent(low)}, ${percent(high)}]`
        ),
      ]),
    ) + "\n";
}
