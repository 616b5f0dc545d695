/**
 * How each arm of a study proposed, and how it did on the tasks that it had set
 * itself: a proposer that repeats itself shows here before it shows in accuracy,
 * and a solve rate that rises says as much about the tasks as about the solver.
 */

import { mean } from "../../lib/lab/evaluation/statistics.ts";
import { thirdMean } from "../../lib/lab/health.ts";
import type { StepMetrics } from "../../lib/method/metrics.ts";
import { readMetrics, readTimings } from "../../lib/run/read.ts";
import { markdownTable, percent } from "./markdown.ts";

type Third = "first" | "last";

/** Returns the section of a report: a line per arm that played, with its seeds' folders. */
export function proposalTable(
  arms: readonly { name: string; folders: readonly string[] }[],
): string {
  const rows = arms.map(({ name, folders }) => {
    const seeds = folders.map((folder) => ({
      metrics: readMetrics(folder),
      timings: readTimings(folder),
    }));
    const over = (value: (row: StepMetrics) => number | null) =>
      change((third) => thirdMean(seeds, third, value));
    const proposed = (field: ProposerShare) =>
      over(({ propose }) => modeMean(propose, (of) => of[field]));
    return [
      name,
      proposed("valid"),
      proposed("duplicate"),
      proposed("heldOut"),
      proposed("distinctShare"),
      over(({ solve }) => modeMean(solve, (of) => of.freshSolveRate)),
    ];
  });
  return "## How each arm proposed, in per cent\n\n" + markdownTable([
    "arm, first third → last third of the steps",
    "valid",
    "repeated",
    "held out, discarded",
    "distinct programs among those that ran",
    "solved of its own fresh tasks",
  ], rows) +
    "\n\nMeans over modes, steps and seeds. The last column is of the tasks that the arm itself sets: as they grow " +
    "easier or harder it moves without any progress, and it is no measure of it.";
}

type ProposerShare = "valid" | "duplicate" | "heldOut" | "distinctShare";

/** Returns a value's mean over the modes that have it; null where none has. */
function modeMean<M>(
  byMode: Partial<Record<string, M>>,
  value: (of: M) => number | null,
): number | null {
  const values = Object.values(byMode).flatMap((of) => value(of!) ?? []);
  return values.length === 0 ? null : mean(values);
}

/** From the first third to the last; empty where the arm has no such thing. */
function change(value: (third: Third) => number): string {
  const [early, late] = [value("first"), value("last")];
  return Number.isNaN(early) && Number.isNaN(late)
    ? ""
    : `${percent(early)} → ${percent(late)}`;
}
