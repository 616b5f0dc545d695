/**
 * Transfer: does self-play in one language help in another?
 *
 * The world renders the same abstract programs in JavaScript and Python. A base
 * model pretrained on both in equal shares plays in one only. The held-out
 * programs of the other, which self-play never saw, are evaluated before and
 * after as the splits "other language". The reverse arm tells the method from
 * the language, and the experiment in Python alone shows what Python is by
 * itself. Induction in the other language says little: its prompt does not name
 * the language, so self-play rightly learns to answer in its own.
 */

import type { WorldLanguage } from "../world/mod.ts";
import type { Arm, ArmChange, Study } from "../arms.ts";
import { type Preset, presetNamed } from "../presets.ts";

const SMOKE = presetNamed("smoke");

const BASE: Preset = {
  ...SMOKE,
  selfPlay: { ...SMOKE.selfPlay, evaluateEvery: 0 },
  evaluation: { ...SMOKE.evaluation, passItems: 0 },
};

/**
 * Twice the tokens, so that either language has as many as in an experiment of
 * its own.
 */
function bilingual(language: WorldLanguage): ArmChange {
  return {
    world: { language, languageWeights: { javascript: .5, python: .5 } },
    pretrain: { tokens: 2 * BASE.pretrain.tokens },
    selfPlay: { language },
  };
}

const ARMS: Arm[] = [
  {
    name: "python",
    says: "a base model of both languages, self-play in Python",
    change: bilingual("python"),
  },
  {
    name: "javascript",
    says: "a base model of both languages, self-play in JavaScript",
    change: bilingual("javascript"),
  },
  {
    name: "python-alone",
    says: "base model and self-play in Python",
    change: { world: { language: "python" }, selfPlay: { language: "python" } },
  },
];

/** Self-play in one language, evaluated in two. */
export const TRANSFER: Study = {
  name: "transfer",
  says: "self-play in one language, evaluated in two",
  base: BASE,
  reference: "python",
  arms: ARMS,
  claims: [],
};
