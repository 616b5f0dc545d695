/**
 * Beyond elicitation at the size of `default`: what takes self-play above its own
 * base, made to think?
 *
 * The small world's trials are in `ideas.ts`. Here are those that need the larger
 * one: practice, chains (whose length shows only where there are longer programs
 * to be evaluated) and how much the corpus's traces leave out.
 */

import type { Arm, Study } from "../arms.ts";
import { type Preset, presetNamed } from "../presets.ts";

const DEFAULT = presetNamed("default");

const BASE: Preset = {
  ...DEFAULT,
  selfPlay: { ...DEFAULT.selfPlay, evaluateEvery: 0 },
  evaluation: { ...DEFAULT.evaluation, passItems: 0 },
};

const ARMS: Arm[] = [
  { name: "default", says: "as it is", change: {} },
  {
    name: "quarter",
    says: "a quarter of the steps",
    change: { selfPlay: { steps: BASE.selfPlay.steps / 4 } },
  },
  {
    name: "chained",
    says: "six of sixteen tasks are chains of two: a curriculum of length",
    change: { selfPlay: { chainedPerMode: 6 } },
  },
  {
    name: "complete",
    says: "traces leave out nothing: to be made to think is to think carefully",
    change: { world: { hastyShare: {} } },
  },
];

/** What takes the default experiment beyond its base made to think. */
export const BEYOND: Study = {
  name: "beyond",
  says: "what takes the default experiment beyond its base made to think",
  base: BASE,
  reference: "default",
  arms: ARMS,
  claims: [{
    says: "four times the practice ends higher",
    source: "a trial of this kit",
    better: "default",
    worse: "quarter",
  }, {
    says: "chains of two tasks end higher on familiar ones",
    source: "a trial of this kit",
    better: "chained",
    worse: "default",
  }],
};
