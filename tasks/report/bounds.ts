/** The sections of a report on a study's bounds: what each came to, and accuracy by depth. */

import { seedInterval } from "../../lib/lab/evaluation/over_seeds.ts";
import { detectableDifference } from "./detectable.ts";
import { mean } from "../../lib/lab/evaluation/statistics.ts";
import { FORCED_BASE, type Measure } from "../../lib/lab/bounds.ts";
import {
  ItemFinder,
  judgeBounds,
  type JudgedBound,
} from "../../lib/lab/bounds_judged.ts";
import type { Study } from "../../lib/lab/studies.ts";
import type { StudyScores } from "../../lib/lab/study_scores.ts";
import { interval, markdownTable, percent } from "./markdown.ts";

/** Returns the true difference that a bound's seeds find with 80 % power at 5 %, by their own spread. */
function detectable({ values }: JudgedBound): number {
  const seeds = values.map(mean);
  const center = mean(seeds);
  const squares = seeds.map((value) => (value - center) ** 2);
  const deviation = Math.sqrt(
    mean(squares) * seeds.length / (seeds.length - 1),
  );
  return detectableDifference(deviation, seeds.length);
}

/** Returns the section on the bounds. */
export function boundSection(study: Study, scores: StudyScores): string {
  const { seeds, test, endpoints } = study.bounds!;
  const judged = judgeBounds(study, scores);
  const points = (share: number) => `${Math.round(100 * share)}`;
  const rows = judged.map((bound) => [
    bound.says,
    bound.endpoint,
    `${bound.better} − ${bound.worse} ` +
    (bound.within === undefined
      ? `> ${points(bound.above ?? 0)}`
      : `within ±${points(bound.within)}`) +
    (bound.equal === undefined ? "" : `, or equal ±${points(bound.equal)}`),
    bound.values.length === 0 ? "" : interval(seedInterval(bound.values)),
    Number.isNaN(bound.p) ? "" : bound.p.toFixed(3),
    bound.values.length < 2 ? "" : percent(detectable(bound)),
    bound.verdict,
  ]);
  const played = judged[0]?.values.length ?? 0;
  return "## Bounds, written before the first recorded run\n\n" + test +
    "\n\n" +
    Object.entries(endpoints).map(([name, { says }]) => `- ${name}: ${says}\n`)
      .join("") +
    `\nRecorded: ${played} of the ${seeds.length} seeds that were set.\n\n` +
    markdownTable([
      "bound",
      "on",
      "compared, in points",
      "mean [95 %] (each seed)",
      "p (Holm)",
      "found with 80 % power",
      "verdict",
    ], rows);
}

const MEASURES: Record<Measure, string> = {
  greedy: "greedy",
  sampled: "temperature 1",
  "pass@4": "pass@4",
  "pass@16": "pass@16",
  "pass@64": "pass@64",
};

/** Measures of the sections without bounds: no study with these sections has 64 samples. */
const SHOWN = (Object.keys(MEASURES) as Measure[])
  .filter((measure) => measure !== "pass@64");

/** Returns the section with accuracy by number of operations, deduction and abduction together. */
export function depthSection(study: Study, scores: StudyScores): string {
  const finder = new ItemFinder(study);
  const splits = ["familiar", "deep", "composed"];
  const modes = ["deduction", "abduction"];
  const depths = [2, 3, 4, 5, 6, 7, 8];
  const arms = [FORCED_BASE, ...scores.keys()];
  const tables = SHOWN.map((measure) => {
    const rows = arms.map((arm) => {
      const of = scores.get(arm === FORCED_BASE ? study.reference : arm);
      const cells = depths.map((depth) =>
        percent(mean([...of?.values() ?? []].map((rows) =>
          mean(finder.values(
            rows,
            { splits, modes, depths: [depth] },
            measure,
            arm,
          ))
        )))
      );
      return [arm, ...cells];
    });
    const header = [
      MEASURES[measure],
      ...depths.map((depth) => `${depth} operations`),
    ];
    return markdownTable(header, rows);
  });
  return "## By number of operations (deduction and abduction)\n\n" +
    tables.join("\n\n");
}

/** Returns the section that compares every arm with the base of the reference arm, made to think. */
export function forcedSection(study: Study, scores: StudyScores): string {
  const finder = new ItemFinder(study);
  const columns = ["familiar", "deep"].flatMap((split) =>
    SHOWN.map((measure) => ({
      choice: { splits: [split], modes: ["deduction", "abduction"] },
      measure,
    }))
  );
  const base = scores.get(study.reference)!;
  const rows = [...scores].map(([arm, bySeed]) => [
    arm,
    ...columns.map(({ choice, measure }) =>
      interval(seedInterval(
        [...bySeed].flatMap(([seed, rows]) => {
          const first = base.get(seed);
          if (!first) return [];
          const before = finder.values(first, choice, measure, FORCED_BASE);
          return [
            finder.values(rows, choice, measure, arm)
              .map((value, i) => value - before[i]),
          ];
        }),
      ))
    ),
  ]);
  const header = columns.map(({ choice, measure }) =>
    `${choice.splits[0]}, ${MEASURES[measure]}`
  );
  return "## Beyond the base made to think (deduction and abduction)\n\n" +
    markdownTable(["arm", ...header], rows) +
    "\n\nNone of these was a bound, and nothing here is corrected for its number.";
}
