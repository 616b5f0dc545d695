/** All studies by name. */

import { checkStudy, type Study } from "../arms.ts";
import { ABLATIONS } from "./ablations.ts";
import { BEYOND } from "./beyond.ts";
import { IDEAS } from "./ideas.ts";
import { INDUCTION } from "./induction.ts";
import { SCALING } from "./scaling.ts";
import { TRANSFER } from "./transfer.ts";
import { TRAPS } from "./traps.ts";

const ALL: Study[] = [
  ABLATIONS,
  IDEAS,
  INDUCTION,
  BEYOND,
  SCALING,
  TRANSFER,
  TRAPS,
];
ALL.forEach(checkStudy);

export { ABLATION_BASE } from "./ablations.ts";

/** The studies by their names on the command line. */
export const STUDIES: Record<string, Study> = Object.fromEntries(
  ALL.map((study) => [study.name, study]),
);

/** The study of that name; throws with the known names otherwise. */
export function studyNamed(name: string): Study {
  const study = STUDIES[name];
  if (study) return study;
  throw new RangeError(
    `no study "${name}"; there are: ${Object.keys(STUDIES).join(", ")}`,
  );
}
