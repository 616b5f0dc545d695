/** The section on skill before and after self-play, from the rows of both models alone. */

import { bootstrapChange } from "../../lib/lab/evaluation/statistics.ts";
import type { EvaluationResult } from "../../lib/lab/evaluation/evaluate.ts";
import {
  isRightValue,
  readSkill,
  readSkillPlan,
  skillChange,
  skillHolds,
} from "../../lib/lab/language_skill.ts";
import { interval, markdownTable, percent } from "./markdown.ts";

/** What is shown of each split: the samples among which one is right. */
const SHOWN: Record<string, number[]> = {
  functions: [1, 4, 16, 64],
  cruxeval: [1],
  arithmetic: [1],
};

/** Returns the section of a study's folder. Equal rows give equal bytes. */
export function languageSkillSection(folder: string): string {
  const { says, about, bounds } = readSkillPlan(folder);
  const title = "## Skill on further items, before → after self-play";
  const [base, after] = [
    readSkill(folder, "base"),
    readSkill(folder, "self-play"),
  ];
  if (base === null || after === null) {
    return `${title}\n\n${says} ${about}\n\nNot recorded yet.`;
  }
  const sides = { base, "self-play": after };
  const asked = new Set(base.map(({ split, mode }) => `${split} ${mode}`));
  const lines = [...asked].flatMap((key) => {
    const [split, mode] = key.split(" ");
    return SHOWN[split].map((k) => {
      const found = skillChange(sides, { split, mode: mode as "deduction", k });
      const shares = [found.base, found.after].map(percent).join(" → ");
      const cells = [split, mode, `${found.items}`, `${k}`, shares];
      return [...cells, interval(found.change)];
    });
  });
  const judged = bounds.map((bound) => {
    const found = skillChange(sides, bound);
    const wanted = [
      bound.least === undefined ? "" : `at least ${percent(bound.least)}`,
      bound.most === undefined ? "" : `at most ${percent(bound.most)}`,
    ].filter(Boolean).join(", ");
    const verdict = skillHolds(bound, found) ? "holds" : "fails";
    return [bound.says, wanted, percent(found.change.mean), verdict];
  });
  const head = ["split", "mode", "items", "k", "right, %", "change, points"];
  return [
    title,
    `${says} ${about}`,
    "Right: at least one of k samples; intervals of 95 % over the items.",
    markdownTable(head, lines),
    markdownTable(["bound", "wanted, points", "measured", "verdict"], judged),
    "Right greedy answers to deduction that are values, and all right ones. The paper's " +
    "reading also takes an expression that has the value, such as `1 + 7`.",
    markdownTable(["split", "base", "after self-play"], valueLines(sides)),
    malformedLine(sides),
  ].join("\n\n");
}

type Sides = Record<"base" | "self-play", readonly EvaluationResult[]>;

/** Counts right greedy answers to deduction, those that are values first. */
function valueLines({ base, "self-play": after }: Sides): string[][] {
  return ["arithmetic", "cruxeval"].map((split) => {
    const counts = [base, after].map((rows) => {
      const asked = rows.filter((row) =>
        row.split === split && row.mode === "deduction"
      );
      const right = asked.filter(({ correct }) => correct > 0);
      const values = right.filter(isRightValue);
      return `${values.length} of ${right.length}, ${asked.length} asked`;
    });
    return [split, ...counts];
  });
}

/** Says how many responses could not be read, before and after. */
function malformedLine({ base, "self-play": after }: Sides): string {
  const shares = (rows: readonly EvaluationResult[]) =>
    rows.map(({ malformed, samples }) => malformed / samples);
  const { mean, low, high } = bootstrapChange(shares(base), shares(after), 0);
  return `Responses that cannot be read change by ${
    interval({ mean, low, high })
  } points over all items.`;
}
