/** The section on skill before and after training, from the rows of the models alone. */

import { bootstrapChange } from "../../lib/lab/evaluation/statistics.ts";
import type { EvaluationResult } from "../../lib/lab/evaluation/evaluate.ts";
import {
  isRightValue,
  readSkill,
  skillChange,
  type SkillPlanName,
  type SkillSides,
} from "../../lib/lab/language_skill.ts";
import {
  readSkillPlan,
  type SkillBound,
  skillHolds,
} from "../language/skill_plan.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";
import { interval, markdownTable, percent } from "./markdown.ts";

/** What is shown of each split: the samples among which one is right. */
const SHOWN: Record<string, number[]> = {
  functions: [1, 4, 16, 64],
  cruxeval: [1],
  arithmetic: [1],
};

const TITLES: Record<SkillPlanName, string> = {
  skill: "## Skill on further items, before → after training",
  skill_values:
    "## Skill where answers must be values, before → after training",
};

/** Returns the section of a study's folder. Equal rows give equal bytes. */
export function languageSkillSection(
  folder: string,
  name: SkillPlanName,
): string {
  const plan = readSkillPlan(folder, name);
  const title = TITLES[name];
  const about = `${plan.says} ${plan.about}`;
  const base = readSkill(folder, name, "base");
  if (base === null) return `${title}\n\n${about}\n\nNot recorded yet.`;
  const recorded = plan.models.flatMap((model): Recorded[] => {
    const after = readSkill(folder, name, model);
    return after === null ? [] : [{ model, base, after }];
  });
  const head = ["model", "split", "mode", "items", "k", "right, %"];
  const form = ["model", "arithmetic", "cruxeval", "responses unread, points"];
  return [
    title,
    about,
    "Right: at least one of k samples; intervals of 95 % over the items.",
    markdownTable([...head, "change, points"], recorded.flatMap(changeLines)),
    markdownTable(
      ["model", "bound", "wanted, points", "measured", "verdict"],
      plan.bounds.map((bound) => boundLine(bound, recorded)),
    ),
    "Right greedy answers to deduction that are values, and all right ones. The paper's " +
    "reading also takes an expression that has the value, such as `1 + 7`. Last: how the " +
    "share of responses that cannot be read changes over all items.",
    markdownTable(form, [
      ["base", ...valueCells(base), ""],
      ...recorded.map((one) => [
        one.model,
        ...valueCells(one.after),
        malformedChange(one),
      ]),
    ]),
  ].join("\n\n");
}

interface Recorded extends SkillSides {
  model: string;
}

function changeLines({ model, ...sides }: Recorded): string[][] {
  const asked = sides.base.map(({ split, mode }) => `${split} ${mode}`);
  return [...new Set(asked)].flatMap((key) => {
    const [split, mode] = key.split(" ");
    return SHOWN[split].map((k) => {
      const found = skillChange(sides, { split, mode: mode as ModeName, k });
      const shares = [found.base, found.after].map(percent).join(" → ");
      const cells = [model, split, mode, `${found.items}`, `${k}`, shares];
      return [...cells, interval(found.change)];
    });
  });
}

function boundLine(bound: SkillBound, recorded: Recorded[]): string[] {
  const wanted = [
    bound.least === undefined ? "" : `at least ${percent(bound.least)}`,
    bound.most === undefined ? "" : `at most ${percent(bound.most)}`,
  ].filter(Boolean).join(", ");
  const cells = [bound.model, bound.says, wanted];
  const sides = recorded.find(({ model }) => model === bound.model);
  if (!sides) return [...cells, "–", "open"];
  const found = skillChange(sides, bound);
  const verdict = skillHolds(bound, found) ? "holds" : "fails";
  return [...cells, percent(found.change.mean), verdict];
}

/** Counts right greedy answers to deduction, those that are values first. */
function valueCells(rows: readonly EvaluationResult[]): string[] {
  return ["arithmetic", "cruxeval"].map((split) => {
    const asked = rows.filter((row) =>
      row.split === split && row.mode === "deduction"
    );
    const right = asked.filter(({ correct }) => correct > 0);
    const values = right.filter(isRightValue);
    return `${values.length} of ${right.length}, ${asked.length} asked`;
  });
}

function malformedChange({ base, after }: SkillSides): string {
  const shares = (rows: readonly EvaluationResult[]) =>
    rows.map(({ malformed, samples }) => malformed / samples);
  return interval(bootstrapChange(shares(base), shares(after), 0));
}
