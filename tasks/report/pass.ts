/** The table of pass@k before and after self-play, from the rows sampled for it. */

import { seedInterval } from "../../lib/lab/evaluation/over_seeds.ts";
import type { Interval } from "../../lib/lab/evaluation/statistics.ts";
import { passAtK } from "../../lib/method/pass_at_k.ts";
import { isForPassAtK } from "../../lib/lab/evaluation_plan.ts";
import type { EvaluationLog } from "../../lib/lab/report.ts";
import { markdownTable, percent } from "./markdown.ts";

/** pass@k of one mode: of the base, of the base made to think, and at the end. */
export interface PassLine {
  split: string;
  mode: string;
  k: number;
  items: number;
  before: Interval;
  forced: Interval;
  after: Interval;
}

const SHOWN = [1, 4, 16, 64];

/** Returns the lines for k = 1, 4, 16, 64, as far as there are samples; none without such rows. */
export function passLines(logs: readonly EvaluationLog[]): PassLine[] {
  const many = logs.map((log) => log.filter(isForPassAtK));
  const groups = Map.groupBy(
    many[0],
    ({ split, mode }) => JSON.stringify([split, mode]),
  );
  return [...groups.values()].flatMap(([{ split, mode, samples }]) => {
    const rows = many.map((log) =>
      log.filter((row) => row.split === split && row.mode === mode)
    );
    return SHOWN.filter((k) => k <= samples).map((k) =>
      passLine(rows, { split, mode, k })
    );
  });
}

function passLine(
  logs: readonly EvaluationLog[],
  line: { split: string; mode: string; k: number },
): PassLine {
  const lastStep = Math.max(...logs[0].map(({ step }) => step));
  const at = (step: number, forced: boolean) =>
    logs.map((log) =>
      log.filter((row) =>
        row.step === step && (row.thinking === "forced") === forced
      ).map(({ samples, correct }) => passAtK(samples, correct, line.k))
    );
  const after = at(lastStep, false);
  return {
    ...line,
    items: after[0].length,
    before: seedInterval(at(0, false)),
    forced: seedInterval(at(0, true)),
    after: seedInterval(after),
  };
}

/** Returns the section of a report; empty where pass@k was not measured. */
export function passSection(logs: readonly EvaluationLog[]): string {
  const lines = passLines(logs);
  if (lines.length === 0) return "";
  const rows = lines.map(({ split, mode, k, items, before, forced, after }) => [
    split,
    mode,
    String(items),
    String(k),
    ...[before, forced, after].map(withInterval),
  ]);
  return "## pass@k at temperature 1\n\n" + markdownTable([
    "split",
    "mode",
    "items",
    "k",
    "base [95 %]",
    "base, thinking forced [95 %]",
    "after self-play [95 %]",
  ], rows) + "\n";
}

function withInterval({ mean, low, high }: Interval): string {
  return `${percent(mean)} [${percent(low)}, ${percent(high)}]`;
}
