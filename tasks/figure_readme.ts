/**
 * Draws the pictures of an experiment for README and reports.
 *
 *   deno run -A tasks/figure_readme.ts EXPERIMENT [--out data/figures] [--split familiar]
 *
 * EXPERIMENT is a folder with one run for each seed, such as
 * data/experiment/default, or data/experiment/pool, whose picture is of its own kind.
 * The learning curves are of all seeds, the other
 * pictures of the first. They depend on `metrics.jsonl` and `eval.jsonl` alone:
 * equal rows give equal bytes.
 */

import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { EvaluationLog } from "../lib/lab/report.ts";
import { scoreRows } from "../lib/lab/scores.ts";
import { seedFolder, seedsIn } from "../lib/lab/report_folder.ts";
import {
  accuracyBars,
  type EvaluatedItem,
} from "../lib/show/figures/accuracy.ts";
import type { Figure } from "../lib/show/figures/figure.ts";
import { learningCurves } from "../lib/show/figures/learning_curves.ts";
import {
  rewardCurves,
  solveRateCurves,
  thinkingRateCurves,
  tokenLengthCurves,
} from "../lib/show/figures/run_curves.ts";
import { readEvaluations, readMetrics } from "../lib/run/read.ts";
import { figureSvg } from "./notebook/static_images.ts";
import { poolFigure } from "./report/pools.ts";

/** Returns the pictures of an experiment by file name. */
export function experimentFigures(
  folder: string,
  split: string,
): Record<string, Figure> {
  if (basename(folder) === "pool") return { pools: poolFigure(folder) };
  const runs = seedsIn(folder).map((seed) => seedFolder(folder, seed));
  if (runs.length === 0) {
    throw new Error(`${folder} holds no finished seed-N folder`);
  }
  const logs = runs.map(readEvaluations) as unknown as EvaluationLog[];
  return {
    learning: learningCurves(logs.map(scoreRows), split),
    ...runFigures(runs[0], split),
  };
}

/** Returns the pictures of a run by file name. */
export function runFigures(
  folder: string,
  split: string,
): Record<string, Figure> {
  // Step 0 only fills the buffers: nothing was solved yet.
  const metrics = readMetrics(folder).filter(({ step }) => step > 0);
  const evaluated = readEvaluations(folder) as unknown as EvaluatedItem[];
  return {
    accuracy: accuracyBars(evaluated, split),
    reward: rewardCurves(metrics),
    solve_rate: solveRateCurves(metrics),
    thinking_rate: thinkingRateCurves(metrics),
    response_length: tokenLengthCurves(metrics),
  };
}

if (import.meta.main) {
  const { values, positionals: [folder] } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      out: { type: "string", default: "data/figures" },
      split: { type: "string", default: "familiar" },
    },
  });
  if (!folder) {
    console.error(
      "name an experiment's folder, such as data/experiment/default",
    );
    Deno.exit(2);
  }
  await Deno.mkdir(values.out, { recursive: true });
  const figures = experimentFigures(folder, values.split);
  for (const [name, figure] of Object.entries(figures)) {
    const path = `${values.out}/${name}.svg`;
    await Deno.writeTextFile(path, await figureSvg(figure) + "\n");
    console.log(path);
  }
  // jsdom keeps timers alive.
  Deno.exit(0);
}
