/**
 * Arms and studies: what is compared with what, as data.
 *
 * An arm is a whole preset, made from a base preset and the few settings that it
 * changes, so that a run of it is described by its config alone. A study is a
 * list of arms, the one among them that the others are compared with, and the
 * claims that its table decides. Left out: running (study_run.ts) and tables
 * (study_report.ts).
 */

import type { Preset } from "./presets.ts";

/** The settings in which an arm differs from its study's base preset. */
export interface ArmChange {
  world?: Partial<Preset["world"]>;
  model?: Partial<Preset["model"]>;
  pretrain?: Partial<Preset["pretrain"]>;
  selfPlay?: Partial<Preset["selfPlay"]>;
  evaluation?: Partial<Preset["evaluation"]>;
}

export interface Arm {
  name: string;
  /** What it changes and why one would, in a line. */
  says: string;
  change: ArmChange;
}

/** "The first arm ends above the second", and who says so. */
export interface Claim {
  says: string;
  /** Where the claim comes from, for example "paper, Table 2". */
  source: string;
  better: string;
  worse: string;
  /** "No worse than" is a claim about falling short by more than this share; 0 unless given. */
  margin?: number;
  /** Modes whose familiar splits are averaged; all three unless given. */
  modes?: ("deduction" | "abduction" | "induction")[];
}

export interface Study {
  name: string;
  /** One line for a person. */
  says: string;
  base: Preset;
  /** Name of the arm that the others are compared with. */
  reference: string;
  arms: Arm[];
  claims: Claim[];
}

/** The whole preset of an arm. */
export function armPreset({ name, base }: Study, arm: Arm): Preset {
  const { world, model, pretrain, selfPlay, evaluation } = arm.change;
  return {
    name: `${name}/${arm.name}`,
    description: arm.says,
    world: { ...base.world, ...world },
    model: { ...base.model, ...model },
    pretrain: { ...base.pretrain, ...pretrain },
    selfPlay: { ...base.selfPlay, ...selfPlay },
    evaluation: { ...base.evaluation, ...evaluation },
  };
}

/** The arm of that name; throws with the known names otherwise. */
export function armNamed(study: Study, name: string): Arm {
  const arm = study.arms.find((arm) => arm.name === name);
  if (arm) return arm;
  throw new RangeError(
    `study "${study.name}" has no arm "${name}"; it has: ${
      study.arms.map((arm) => arm.name).join(", ")
    }`,
  );
}

/** Throws where a study names an arm that it does not have, or one twice. */
export function checkStudy(study: Study): void {
  const names = study.arms.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) {
    throw new RangeError(`study "${study.name}" has two arms "${twice}"`);
  }
  armNamed(study, study.reference);
  for (const { better, worse } of study.claims) {
    armNamed(study, better);
    armNamed(study, worse);
  }
}
