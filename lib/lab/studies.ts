/**
 * The studies: comparisons of presets, read from `data/studies/NAME.json`.
 *
 * An arm is a preset: the study's base preset with a few other settings. Its config
 * describes a run completely. A study is a list of arms, the reference arm with which
 * the others are compared, and the claims that the study decides. A new file in the
 * folder is a new study.
 * Left out: running (`deno task ablate`) and tables (`deno task report`).
 */

import {
  OFFICIAL_CONFIG,
  PAPER_CONFIG,
  type SelfPlayConfig,
} from "../method/config.ts";
import { type Bounds, checkBounds } from "./bounds.ts";
import { known } from "../method/nearest.ts";
import { type Preset, presetNamed } from "./presets.ts";

/** The settings in which an arm differs from its study's base preset. */
interface ArmChange {
  world?: Partial<Preset["world"]>;
  model?: Partial<Preset["model"]>;
  pretrain?: Partial<Preset["pretrain"]>;
  selfPlay?: Partial<Preset["selfPlay"]>;
  evaluation?: Partial<Preset["evaluation"]>;
  generated?: Preset["generated"];
}

/** One arm of a study. */
export interface Arm {
  name: string;
  /** The arm's change and its reason, in one line. */
  says: string;
  change: ArmChange;
  /**
   * Added to a seed for the streams of self-play, on the same base model. An arm with an
   * offset and no change is an A/A arm: how far it ends from the reference is noise.
   */
  seedOffset?: number;
}

/** An arm in its file's form, which may take over all differences of a source from the paper. */
interface ArmFile extends Arm {
  like?: {
    source: "official";
    /** Settings that are not taken over, each with the reason. */
    except: Partial<Record<keyof SelfPlayConfig, string>>;
  };
}

/** A claim that one arm ends above another, with its source. */
export interface Claim {
  says: string;
  /** Source of the claim, for example "paper, Table 2". */
  source: string;
  better: string;
  worse: string;
  /** Share of accuracy by which `better` may end below `worse`: the claim is "no worse". Default 0. */
  margin?: number;
  /**
   * Share of accuracy within which the arms count as equal (two one-sided tests at 5 %),
   * set before the recording; default: `margin`.
   */
  equal?: number;
  /** Whether the answers of `worse` are opened with a trace; only for an arm of no steps. */
  worseForced?: boolean;
  /** Modes whose familiar splits are averaged; default: all three. */
  modes?: ("deduction" | "abduction" | "induction")[];
}

/** A study: arms on one base preset, and the claims that they decide. */
export interface Study {
  name: string;
  /** The question in one line, as the tasks print it. */
  says: string;
  /** The reasons for the study's design, in a few sentences. */
  about: string;
  base: Preset;
  /** Name of the arm with which the other arms are compared. */
  reference: string;
  arms: Arm[];
  claims: Claim[];
  /** Bounds that were set before the first recorded run; absent: none. */
  bounds?: Bounds;
  /** Number of steps to a row of the kept logs (thin_logs.ts); absent: 1. */
  logEvery?: number;
  /** Recordings of presets that played the config of an arm too: a free A/A comparison. */
  again?: { arm: string; preset: string }[];
}

/** A study in its file's form, whose base is a preset's name and a change. */
interface StudyFile extends Omit<Study, "base" | "arms"> {
  base: { preset: string; change: ArmChange };
  arms: ArmFile[];
}

const FOLDER = new URL("../../data/studies/", import.meta.url);

/** Returns `preset` with the settings of `change` in place of its own. */
function changed(preset: Preset, change: ArmChange): Preset {
  const { world, model, pretrain, selfPlay, evaluation } = change;
  const { generated = preset.generated } = change;
  return {
    ...preset,
    world: { ...preset.world, ...world },
    model: { ...preset.model, ...model },
    pretrain: { ...preset.pretrain, ...pretrain },
    selfPlay: { ...preset.selfPlay, ...selfPlay },
    evaluation: { ...preset.evaluation, ...evaluation },
    ...generated && { generated },
  };
}

/** Returns an arm with the settings in which its source differs from the paper. */
function resolved({ like, ...arm }: ArmFile): Arm {
  if (!like) return arm;
  const settings = Object.entries(OFFICIAL_CONFIG).filter(([field, value]) => {
    const name = field as keyof SelfPlayConfig;
    return !(name in like.except) &&
      JSON.stringify(value) !== JSON.stringify(PAPER_CONFIG[name]);
  });
  const selfPlay = { ...Object.fromEntries(settings), ...arm.change.selfPlay };
  return { ...arm, change: { ...arm.change, selfPlay } };
}

/** Returns the preset of an arm: the study's base with the arm's changes. */
export function armPreset({ name, base }: Study, arm: Arm): Preset {
  return {
    ...changed(base, arm.change),
    name: `${name}/${arm.name}`,
    description: arm.says,
  };
}

/** Returns the arm of a name. Throws with the known names where there is none. */
export function armNamed(study: Study, name: string): Arm {
  const arm = study.arms.find((arm) => arm.name === name);
  if (arm) return arm;
  throw new RangeError(
    `study "${study.name}" has no arm "${name}"; it has: ` +
      known(name, study.arms.map((arm) => arm.name)),
  );
}

/** Parses a study from the text of its file. Throws with the file and the field that is wrong. */
export function parseStudy(text: string, file: string): Study {
  try {
    const { base, arms, ...rest }: StudyFile = JSON.parse(text);
    const study = {
      ...rest,
      arms: arms.map(resolved),
      base: changed(presetNamed(base.preset), base.change),
    };
    checkNames(study);
    checkBounds(study);
    return study;
  } catch (error) {
    throw new RangeError(`${file}: ${(error as Error).message}`);
  }
}

/** Throws where a study names an arm that the study does not have, or one twice. */
function checkNames(study: Study): void {
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
  for (const { arm } of study.again ?? []) armNamed(study, arm);
}

function readStudies(): Study[] {
  return [...Deno.readDirSync(FOLDER)]
    .flatMap(({ name }) => name.endsWith(".json") ? [name] : []).sort()
    .map((name) =>
      parseStudy(
        Deno.readTextFileSync(new URL(name, FOLDER)),
        `data/studies/${name}`,
      )
    );
}

/** The studies by their names on the command line, in alphabetical order. */
export const STUDIES: Record<string, Study> = Object.fromEntries(
  readStudies().map((study) => [study.name, study]),
);

/** Returns the study of a name. Throws with the known names where there is none. */
export function studyNamed(name: string): Study {
  const study = STUDIES[name];
  if (study) return study;
  throw new RangeError(
    `no study "${name}"; there are: ${known(name, Object.keys(STUDIES))}`,
  );
}
