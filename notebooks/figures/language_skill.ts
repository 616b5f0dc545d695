/** pass@k of a language model before and after self-play, and its greedy answers on further items. */

import {
  isRightValue,
  readSkill,
  type SkillChange,
  skillChange,
  type SkillSides,
} from "../../lib/lab/language_skill.ts";
import type { Figure } from "../../lib/show/figures/figure.ts";
import { type Curve, lineChart } from "../../lib/show/figures/line_chart.ts";

/** What is drawn: the kit's functions, sampled. */
const CURVES = ["deduction", "abduction"] as const;
/** What is printed: single greedy answers. */
const GREEDY = [["cruxeval", "deduction"], ["cruxeval", "abduction"]]
  .concat([["arithmetic", "deduction"]]);
const KS = [1, 2, 4, 8, 16, 32, 64];

/** The recorded rows of the base and of self-play, seed 3; null, with a printed sentence, where one is missing. */
export function recordedSkill(folder: string): SkillSides | null {
  const [base, after] = [
    readSkill(folder, "skill", "base"),
    readSkill(folder, "skill", "self-play"),
  ];
  if (base !== null && after !== null) return { base, after };
  console.log("Not recorded yet: deno task study:language --evaluate base");
  return null;
}

/** Draws the share of functions with a right answer among k samples, in per cent. */
export function skillCurves(title: string, sides: SkillSides): Figure {
  const curves = CURVES.flatMap((mode, colour): Curve[] => {
    const points = KS.map((k) =>
      skillChange(sides, { split: "functions", mode, k })
    );
    const line = (name: string, value: (point: SkillChange) => number) => ({
      ...{ name: `${mode}, ${name}`, x: KS, colour },
      y: points.map((point) => 100 * value(point)),
    });
    return [
      { ...line("base", ({ base }) => base), drawn: "marks" },
      line("after self-play", ({ after }) => after),
    ];
  });
  const labels = { title, x: "k samples", y: "functions solved, %" };
  return lineChart(labels, curves, {
    xaxis: { type: "log", tickvals: KS },
  });
}

/** Says the right greedy answers before and after, the interval of the change, and how many are values. */
export function greedyLines(sides: SkillSides): string[] {
  return GREEDY.map(([split, mode]) => {
    const found = skillChange(sides, {
      ...{ split, mode: mode as typeof CURVES[number], k: 1 },
    });
    const { mean, low, high } = found.change;
    const percent = (share: number) => (100 * share).toFixed(1);
    const text = `${split}, ${mode}: ${percent(found.base)} to ${
      percent(found.after)
    } %, change ${percent(mean)} [${percent(low)}, ${percent(high)}]`;
    if (mode !== "deduction") return text;
    const [base, after] = [sides.base, sides.after].map((rows) =>
      rows.filter((row) => row.split === split && row.mode === mode)
        .filter(isRightValue).length
    );
    return `${text}; right and a value: ${base}, then ${after} of ${found.items}`;
  });
}
