/** The summary of a finished run, in lines of at most 80 columns. */

import { bootstrapChange } from "../../lib/lab/evaluation/statistics.ts";
import { beforeAndAfter } from "../runs/compare.ts";
import type { RunSummary } from "../../lib/run/read.ts";
import { taskCommand } from "./hints.ts";
import { duration } from "./progress.ts";

const HEADING = [
  "accuracy on held-out tasks in %: the base model, the base made to think (a gain",
  "up to this number was already in the base), after self-play, and the change",
  "with its 95% interval over the tasks",
];

/** Returns the table of accuracies, the time, and commands to go on with. */
export function summaryOf(
  run: RunSummary,
  seconds: number,
): string[] {
  const rows = accuracyTable(run);
  const { folder, config } = run;
  const further = [
    "--resume",
    "--out",
    folder,
    "--steps",
    `${2 * config.steps}`,
  ];
  return [
    ...(rows.length === 0 ? [] : [...HEADING, ...rows]),
    `took ${duration(seconds)}; the run is in ${folder}. To go on:`,
    `  read ${folder}/samples.md, a page for each step`,
    `  ${taskCommand("runs", ["compare", folder, "ANOTHER"])}`,
    ...(config.learningRateSchedule === "constant" && config.steps > 0
      ? [`  ${taskCommand("selfplay", further)}`]
      : []),
  ];
}

/** Returns one line for each evaluation that was made before and after self-play. */
export function accuracyTable(run: RunSummary): string[] {
  const found = beforeAndAfter(run);
  const lines = [...found].flatMap(([name, { before, after }]) => {
    if (before.step === after.step) return [];
    const thought = found.get(`${name} thinking forced`)?.before;
    const change = bootstrapChange(before.shares, after.shares, 1);
    const [middle, low, high] = [change.mean, change.low, change.high]
      .map(points);
    return [
      row(
        name,
        percent(before.accuracy),
        thought ? percent(thought.accuracy) : "",
        percent(after.accuracy),
        `${middle} [${low}, ${high}]`,
      ),
    ];
  });
  if (lines.length === 0) return [];
  return [row("", "base", "thinking", "after", "change"), ...lines];
}

function row(name: string, ...cells: string[]): string {
  const [before, thought, after, change] = cells;
  return `  ${name.padEnd(27)}${before.padStart(7)}${thought.padStart(10)}` +
    `${after.padStart(8)}  ${change}`.trimEnd();
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function points(share: number): string {
  return `${share < 0 ? "" : "+"}${(100 * share).toFixed(1)}`;
}
