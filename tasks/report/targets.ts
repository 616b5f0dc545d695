/** The section of a report that holds each seed's result against its bound. */

import type { EvaluationLog } from "../../lib/lab/report.ts";
import { judgeTargets } from "../../lib/lab/targets.ts";
import { markdownTable } from "./markdown.ts";

/** Returns the section of a report. */
export function targetSection(
  seeds: readonly number[],
  logs: readonly EvaluationLog[],
): string {
  const rows = judgeTargets(logs).map(({ says, split, mode, met, shown }) => [
    says,
    mode === "maths" ? split : `${split} ${mode}`,
    ...shown.map((text, seed) => `${text} ${met[seed] ? "yes" : "**no**"}`),
  ]);
  return "## Bounds set before the first recording (greedy)\n\n" +
    markdownTable(
      ["bound", "on", ...seeds.map((seed) => `seed ${seed}`)],
      rows,
    ) + "\n";
}
