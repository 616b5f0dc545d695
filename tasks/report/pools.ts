/**
 * The figure and the table of the study of pools, from its logs. The figure's title says
 * what the bounds on the pools came to.
 */

import { join } from "node:path";
import { seedInterval } from "../../lib/lab/evaluation/over_seeds.ts";
import { mean } from "../../lib/lab/evaluation/statistics.ts";
import { thirdMean } from "../../lib/lab/health.ts";
import { seedFolder } from "../../lib/lab/report_folder.ts";
import { readMetrics } from "../../lib/run/read.ts";
import { percent } from "./markdown.ts";
import { computeOf } from "./study_compute.ts";
import { table } from "./table.ts";
import { FORCED_BASE, type Measure } from "../../lib/lab/bounds.ts";
import { judgeBounds } from "../../lib/lab/bounds_judged.ts";
import { ItemFinder } from "../../lib/lab/bounds_judged.ts";
import { type Study, studyNamed } from "../../lib/lab/studies.ts";
import { readStudy, type StudyScores } from "../../lib/lab/study_scores.ts";
import type { Figure } from "../../lib/show/figures/figure.ts";
import { poolCurves, type PoolPanel, type SeedMean } from "./pool_curves.ts";

/** What is drawn and listed: title, splits and measure. */
const PANELS: readonly [string, readonly string[], Measure][] = [
  ["2 to 4 operations", ["familiar"], "greedy"],
  ["5 and 6: more than any task has", ["deep"], "greedy"],
  ["5 and 6, one of 16 attempts right", ["deep"], "pass@16"],
];

/** Returns the mean accuracy of an arm over its seeds, in deduction and abduction. */
export function armMean(
  study: Study,
  scores: StudyScores,
  finder: ItemFinder,
  arm: string,
  splits: readonly string[],
  measure: Measure,
): SeedMean {
  const choice = { splits, modes: ["deduction", "abduction"] };
  const of = scores.get(arm === FORCED_BASE ? study.reference : arm);
  if (!of) throw new Error(`study "${study.name}" has no scores of "${arm}"`);
  return seedInterval(
    [...of.values()].map((rows) => finder.values(rows, choice, measure, arm)),
  );
}

/** Returns the finding in a line: the pools that self-play ends above, interval above zero. */
function finding(study: Study, scores: StudyScores): string {
  const beaten = judgeBounds(study, scores).flatMap((
    { endpoint, better, worse, values },
  ) =>
    endpoint === "deep" && better === "self-play" &&
      worse.startsWith("pool-") && values.length > 0 &&
      seedInterval(values).low > 0
      ? [worse.replace("pool-", "")]
      : []
  );
  return beaten.length === 0
    ? "Self-play, given no task, beside training on a pool of tasks"
    : `Self-play, given no task, ends above training on ${
      beaten.join(" or ")
    } tasks per mode`;
}

/** Draws the figure of the study's folder. */
export function poolFigure(folder: string): Figure {
  const study = studyNamed("pool");
  const scores = readStudy(study, folder);
  const finder = new ItemFinder(study);
  const pools = ["pool-16", "pool-64", "pool-256", "pool-1024", "unlimited"];
  const panels = PANELS.map(([title, splits, measure]): PoolPanel => {
    const of = (arm: string) =>
      armMean(study, scores, finder, arm, splits, measure);
    return {
      title,
      pools: pools.map(of),
      selfPlay: of("self-play"),
      frozen: of("frozen-proposer"),
      forced: of(FORCED_BASE),
    };
  });
  const labels = ["16", "64", "256", "1,024", "∞"];
  return poolCurves(finding(study, scores), labels, panels);
}

/** Returns a line per arm: held-out accuracy, the arm's own tasks, and its tokens. */
export function poolTable(folder: string): string {
  const study = studyNamed("pool");
  const scores = readStudy(study, folder);
  const finder = new ItemFinder(study);
  const rows = [FORCED_BASE, ...scores.keys()].map((arm) => {
    const cells = PANELS.map(([, splits, measure]) => {
      const { mean, low, high } = armMean(
        study,
        scores,
        finder,
        arm,
        splits,
        measure,
      );
      return `${percent(mean)} [${percent(low)}, ${percent(high)}]`;
    });
    if (arm === FORCED_BASE) return [arm, ...cells, "", ""];
    const folders = [...scores.get(arm)!.keys()].map((seed) =>
      seedFolder(join(folder, arm), seed)
    );
    const { trained } = computeOf(folders);
    const millions = (trained / 1e6).toFixed(2);
    return [arm, ...cells, percent(ownSolveRate(folders)), millions];
  });
  const seeds = scores.get(study.reference)?.size ?? 0;
  return table([
    `deduction and abduction, ${seeds} seeds [95 %]`,
    ...PANELS.map(([title]) => title),
    "its own tasks, at the end",
    "million tokens trained on",
  ], rows);
}

/** Returns the solve rate of an arm's own deductions and abductions in the last third of its steps. */
function ownSolveRate(folders: readonly string[]): number {
  const seeds = folders.map((folder) => ({
    metrics: readMetrics(folder),
    timings: [],
  }));
  const rates = (["deduction", "abduction"] as const).map((mode) =>
    thirdMean(seeds, "last", ({ solve }) => solve[mode]?.freshSolveRate)
  );
  return mean(rates);
}
