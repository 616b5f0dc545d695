/**
 * Practice: the default experiment with four times the steps.
 *
 * On the small world, a larger model goes beyond its base made to think when it
 * practises longer (study "ideas"). Does the default one?
 */

import type { Study } from "../arms.ts";
import { type Preset, presetNamed } from "../presets.ts";

const DEFAULT = presetNamed("default");

const BASE: Preset = {
  ...DEFAULT,
  selfPlay: { ...DEFAULT.selfPlay, evaluateEvery: 0 },
  evaluation: { ...DEFAULT.evaluation, passItems: 0 },
};

/** The default experiment, and four times its practice. */
export const PRACTICE: Study = {
  name: "practice",
  says: "the default experiment with four times the practice",
  base: BASE,
  reference: "default",
  arms: [
    { name: "default", says: "sixty steps, as it is", change: {} },
    {
      name: "longer",
      says: "two hundred and forty steps, falling rate",
      change: { selfPlay: { steps: 4 * BASE.selfPlay.steps } },
    },
  ],
  claims: [{
    says: "four times the practice ends higher",
    source: "a trial of this kit",
    better: "longer",
    worse: "default",
  }],
};
