/** The section of a study's report on its noise, and on what its seeds can find. */

import { noiseFloors, type Power, powerOf } from "./seed_noise.ts";
import type { Study } from "../../lib/lab/studies.ts";
import type { StudyScores } from "../../lib/lab/study_scores.ts";
import { markdownTable, percent, signed } from "./markdown.ts";

/** Returns the section; empty where no arm was played with two seeds. */
export function noiseSection(
  study: Study,
  scores: StudyScores,
  folder: string,
): string {
  const power = powerOf(study, scores).map((one) =>
    powerLine(one, study.reference)
  );
  const floors = noiseFloors(study, scores, folder);
  const rows = floors.map((floor) => [
    `${floor.arm} − ${floor.against}`,
    floor.modes,
    floor.temperature === 0 ? "greedy" : `temperature ${floor.temperature}`,
    floor.seeds.map(signed).join(", "),
    percent(floor.spread),
  ]);
  const table = rows.length === 0 ? [] : [
    "Runs of equal config that differ in nothing but their random streams or the version " +
    "of the code, on the familiar splits, in points:",
    markdownTable(
      ["compared", "mode", "", "each seed", "root mean square of a seed"],
      rows,
    ),
  ];
  const parts = [...power, ...table];
  if (parts.length === 0) return "";
  return ["## Noise, and what these seeds can find", ...parts].join("\n\n");
}

function powerLine(power: Power, reference: string): string {
  const { temperature, deviation, seeds, detectable, corrected } = power;
  const way = temperature === 0 ? "Greedy" : `Temperature ${temperature}`;
  const points = (share: number) => `${percent(share)} points`;
  return `${way}: the difference of an arm from \`${reference}\` varies between seeds by ` +
    `${
      points(deviation)
    } (standard deviation, pooled over ${power.arms} arms). With ${seeds} ` +
    `seeds a true difference of ${
      points(detectable)
    } is found with 80 % power, and one of ` +
    `${
      points(corrected)
    } at the level that the first of ${power.tests} tests needs.`;
}
