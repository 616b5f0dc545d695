/**
 * Draws the pictures of a run for README and reports.
 *
 *   deno run -A tasks/figure_readme.ts RUN [--out data/figures] [--split familiar]
 *
 * RUN is a run folder, or a copy of its `metrics.jsonl` and `eval.jsonl`. The
 * pictures depend on these rows alone: equal rows give equal bytes.
 */

import { parseArgs } from "node:util";
import {
  accuracyBars,
  type EvaluatedItem,
  type Figure,
  rewardCurves,
  solveRateCurves,
  thinkingRateCurves,
  tokenLengthCurves,
} from "../lib/figures/mod.ts";
import { readEvaluations, readMetrics } from "../lib/run/mod.ts";
import { figureSvg } from "./notebook/static_images.ts";

/** The pictures of a run by file name. */
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
    console.error("name the folder of a run, for example runs/smoke-1");
    Deno.exit(2);
  }
  await Deno.mkdir(values.out, { recursive: true });
  for (
    const [name, figure] of Object.entries(runFigures(folder, values.split))
  ) {
    const path = `${values.out}/${name}.svg`;
    await Deno.writeTextFile(path, await figureSvg(figure) + "\n");
    console.log(path);
  }
  // jsdom keeps timers alive.
  Deno.exit(0);
}
