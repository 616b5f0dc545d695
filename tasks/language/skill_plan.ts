/** What a comparison of skill asks of which models, and the bounds that it judges. */

import { join } from "node:path";
import type {
  SkillChange,
  SkillFigure,
  SkillPlanName,
} from "../../lib/lab/language_skill.ts";
import type { ModeName } from "../../lib/method/modes/task.ts";

/** A bound on the change of a figure from the base to a model, as a share from -1 to 1. */
export interface SkillBound extends SkillFigure {
  model: string;
  least?: number;
  most?: number;
  says: string;
}

/** A comparison as its file says it. */
export interface SkillPlan {
  says: string;
  about: string;
  preset: string;
  /** How answers are read: `strict` takes values alone. */
  reading: "official" | "strict";
  /** The trained models; each is compared with the untouched base. */
  models: string[];
  functions: { items: number; samples: number; modes: ModeName[] };
  cruxeval: { of: number; items: number };
  arithmetic: { items: number; seed: number };
  bounds: SkillBound[];
}

/** Reads a plan of a study's folder. */
export function readSkillPlan(folder: string, plan: SkillPlanName): SkillPlan {
  return JSON.parse(Deno.readTextFileSync(join(folder, `${plan}.json`)));
}

/** Tells whether a change lies within a bound. */
export function skillHolds(
  { least = -Infinity, most = Infinity }: SkillBound,
  { change }: SkillChange,
): boolean {
  return change.mean >= least - 1e-9 && change.mean <= most + 1e-9;
}
