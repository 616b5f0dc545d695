/** The report on the study of a language model: figures, skill and bounds, from the logs alone. */

import { bootstrapChange, mean } from "../../lib/lab/evaluation/statistics.ts";
import {
  judgeLanguageBounds,
  type LanguageFigure,
  languageFigure,
  readLanguageStudy,
  recordedSeeds,
} from "../../lib/lab/language_study.ts";
import { SKILL_PLANS } from "../../lib/lab/language_skill.ts";
import { accuracies, type ScoreRow } from "../../lib/lab/scores.ts";
import { languageSkillSection } from "./language_skill.ts";

/** The folder of the study's file and logs. */
export const LANGUAGE_LOGS = "data/language_model";

const FIGURES: LanguageFigure[] = [
  "malformed",
  "valid",
  "distinct",
  "learnable",
  "entropy",
];

const percent = (share: number) => (100 * share).toFixed(1);

/** Returns the report of the study in a folder. Equal logs give equal bytes. */
export function languageReport(folder: string): string {
  const study = readLanguageStudy(folder);
  const recorded = study.arms.flatMap(({ name }) =>
    recordedSeeds(folder, name).map((seed) => ({ name, seed }))
  );
  const missing = study.arms.flatMap(({ name }) => {
    const there = recordedSeeds(folder, name).map(({ seed }) => seed);
    const left = study.seeds.filter((seed) => !there.includes(seed));
    return left.length === 0 ? [] : [`${name} ${left.join(", ")}`];
  });
  const shown = (figure: LanguageFigure, value: number) =>
    figure === "entropy" ? value.toFixed(2) : percent(value);
  const curves = recorded.map(({ name, seed }) => {
    const cells = FIGURES.map((figure) =>
      (["first", "last"] as const)
        .map((third) => shown(figure, languageFigure([seed], figure, third)))
        .join(" → ")
    );
    return `| ${name} | ${seed.seed} | ${cells.join(" | ")} |`;
  });
  const skill = recorded.flatMap(({ name, seed }) =>
    skillRows(seed.scores).map((row) => `| ${name} | ${seed.seed} | ${row} |`)
  );
  const bounds = judgeLanguageBounds(study, folder).map((bound) => {
    const { says, least, most, value, holds } = bound;
    const wanted = [
      least === undefined ? "" : `at least ${least}`,
      most === undefined ? "" : `at most ${most}`,
    ].filter(Boolean).join(", ");
    const verdict = holds === null ? "open" : holds ? "holds" : "fails";
    const measured = holds === null ? "–" : value.toFixed(3);
    return `| ${says} | ${wanted} | ${measured} | ${verdict} |`;
  });
  return [
    "# A language model's study",
    study.says,
    study.about,
    `Not recorded yet: ${missing.join("; ") || "nothing"}.`,
    "## Proposals and tasks, first third → last third of the steps",
    "Shares in per cent, entropy in nats a token.",
    `| arm | seed | ${FIGURES.join(" | ")} |\n|---|---|${
      FIGURES.map(() => "---|").join("")
    }\n${curves.join("\n")}`,
    "## Right answers, before → after",
    "In per cent of the samples; intervals of 95 % over the items.",
    "| arm | seed | mode | temperature | before → after | change |\n" +
    `|---|---|---|---|---|---|\n${skill.join("\n")}`,
    "## Bounds",
    `| bound | wanted | measured | verdict |\n|---|---|---|---|\n${
      bounds.join("\n")
    }`,
    ...SKILL_PLANS.map((plan) => languageSkillSection(folder, plan)),
  ].join("\n\n") + "\n";
}

/** One row a mode and temperature. */
function skillRows(scores: readonly ScoreRow[]): string[] {
  return scores.filter(({ step }) => step > 0).flatMap((after) => {
    const { mode, temperature } = after;
    const before = scores.find((row) =>
      row.step === 0 && row.mode === mode && row.temperature === temperature
    );
    if (!before) return [];
    const [from, to] = [accuracies(before), accuracies(after)];
    const { mean: by, low, high } = bootstrapChange(from, to, 0);
    return [
      `${mode} | ${temperature} | ${percent(mean(from))} → ${
        percent(mean(to))
      } | ${percent(by)} [${percent(low)}, ${percent(high)}]`,
    ];
  });
}
