/**
 * Induction: what would make it improve with self-play?
 *
 * Two answers beside the experiment as it is: more induction among the base
 * model's documents, and thinking that searches (lib/lab/world/induction_trace.ts),
 * with documents, curriculum and room for its longer answers. Tokens of
 * pretraining are equal in the arms with more induction, so that a search is
 * paid for by the documents that it displaces.
 */

import type { ArmChange, Study } from "../arms.ts";
import { type Preset, presetNamed } from "../presets.ts";

const SMOKE = presetNamed("smoke");

const BASE: Preset = {
  ...SMOKE,
  selfPlay: { ...SMOKE.selfPlay, evaluateEvery: 0 },
  evaluation: { ...SMOKE.evaluation, passItems: 0 },
};

/** Twice the pretraining, more than four times the share of induction. */
const MORE_INDUCTION: ArmChange = {
  world: {
    mixture: {
      deduction: .26,
      abduction: .18,
      induction: .28,
      proposeDeduction: .07,
      proposeAbduction: .07,
      proposeInduction: .04,
      maths: .1,
    },
  },
  pretrain: { tokens: 2 * BASE.pretrain.tokens },
};

/** Tokens that a search and its program take, with room to spare. */
const SEARCH_TOKENS = 150;

const SEARCHED: ArmChange = {
  world: {
    ...MORE_INDUCTION.world,
    inductionTrace: "search",
    traceShare: { ...BASE.world.traceShare, induction: .4 },
  },
  pretrain: {
    ...MORE_INDUCTION.pretrain,
    longestDocument: 200,
    curriculum: {
      ...BASE.pretrain.curriculum,
      mixture: {
        ...BASE.pretrain.curriculum.mixture,
        deduction: .7,
        induction: .1,
      },
      traceShare: { ...BASE.pretrain.curriculum.traceShare, induction: .8 },
    },
  },
  selfPlay: { maxSolutionTokens: SEARCH_TOKENS },
  evaluation: { maxNewTokens: SEARCH_TOKENS },
};

/** More induction, and induction with a search, against neither. */
export const INDUCTION: Study = {
  name: "induction",
  says: "does more induction or a written search make induction improve?",
  base: BASE,
  reference: "as-it-is",
  arms: [
    { name: "as-it-is", says: "few induction documents, direct", change: {} },
    {
      name: "more-induction",
      says: "direct, but many more and twice the tokens",
      change: MORE_INDUCTION,
    },
    {
      name: "searched",
      says: "the same, two in five after a search with its check",
      change: SEARCHED,
    },
  ],
  claims: [
    {
      says: "a written search helps induction",
      source: "a trial of this kit",
      better: "searched",
      worse: "more-induction",
      modes: ["induction"],
    },
    {
      says: "more induction documents help induction",
      source: "a trial of this kit",
      better: "more-induction",
      worse: "as-it-is",
      modes: ["induction"],
    },
  ],
};
