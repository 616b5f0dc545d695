/**
 * Ideas for going beyond elicitation: can self-play end above the very base that
 * it starts from, made to think?
 *
 * An idea stays here whatever comes of it. Not tried yet: scratch state for long
 * programs, a price on thinking.
 */

import type { Arm, ArmChange, Study } from "../arms.ts";
import { type Preset, presetNamed } from "../presets.ts";

const SMOKE = presetNamed("smoke");

const BASE: Preset = {
  ...SMOKE,
  selfPlay: { ...SMOKE.selfPlay, evaluateEvery: 0 },
  evaluation: { ...SMOKE.evaluation, samples: 4, passItems: 0 },
};

/** Five times the practice; the rate falls, so that the end is not noise. */
const LONGER: ArmChange["selfPlay"] = {
  steps: 200,
  learningRateSchedule: "linear",
};

/** Two thirds of the pretraining: thinking is known, but not yet mastered. */
const SHORT: ArmChange["pretrain"] = { tokens: 1_000_000 };

/** The shape of `default`, on the small world: more than it needs to elicit. */
const WIDER: ArmChange["model"] = {
  hiddenSize: 96,
  layers: 3,
  intermediateSize: 256,
};

/**
 * Two ways of thinking in the corpus, the commoner one of no use. Made to think,
 * the base sketches; what works things out has to be found.
 */
const SKETCHED: ArmChange["world"] = { sketchShare: .6 };

/**
 * Lessons write every step; the corpus at large leaves out half of the values, as
 * what is calculated in the head. That to write them pays has to be found.
 */
const HASTY: ArmChange["world"] = {
  hastyShare: { deduction: .5, abduction: .5 },
};

/** The same, with three values in four left out. */
const HASTIER: ArmChange["world"] = {
  hastyShare: { deduction: .75, abduction: .75 },
};

/** A tenth of the answers is traced, in lessons a fifth: known, hardly practised. */
const RARE_SHARE = { deduction: .1, abduction: .1, induction: 0, maths: .1 };
const RARE: Pick<ArmChange, "world" | "pretrain"> = {
  world: { traceShare: RARE_SHARE },
  pretrain: {
    curriculum: {
      ...SMOKE.pretrain.curriculum,
      traceShare: { deduction: .2, abduction: .2, induction: 0, maths: .2 },
    },
  },
};

const ARMS: Arm[] = [
  { name: "self-play", says: "forty steps, as it is", change: {} },
  {
    name: "longer",
    says: "five times the steps, falling rate",
    change: { selfPlay: LONGER },
  },
  {
    name: "longer-constant",
    says: "five times the steps, constant rate",
    change: { selfPlay: { ...LONGER, learningRateSchedule: "constant" } },
  },
  {
    name: "longer-grpo",
    says: "the same with a baseline per task: less noise in the gradient",
    change: { selfPlay: { ...LONGER, estimator: "grpo" } },
  },
  {
    name: "longer-generated",
    says: "the same on tasks like the held-out ones: RLVR",
    change: { selfPlay: { ...LONGER, taskSource: "generated" } },
  },
  {
    name: "longer-harder",
    says: "the same, and proposals earn more for length and novelty",
    change: {
      selfPlay: {
        ...LONGER,
        halsteadCoefficient: 2,
        editDistanceCoefficient: .5,
      },
    },
  },
  {
    name: "short-base",
    says: "two thirds of the pretraining, forty steps",
    change: { pretrain: SHORT },
  },
  {
    name: "short-base-longer",
    says: "two thirds of the pretraining, five times the steps",
    change: { pretrain: SHORT, selfPlay: LONGER },
  },
  {
    name: "wider",
    says: "a model three times as large, forty steps",
    change: { model: WIDER },
  },
  {
    name: "wider-longer",
    says: "a model three times as large, five times the steps, falling rate",
    change: { model: WIDER, selfPlay: LONGER },
  },
  {
    name: "wider-longer-constant",
    says: "the same at a constant rate",
    change: {
      model: WIDER,
      selfPlay: { ...LONGER, learningRateSchedule: "constant" },
    },
  },
  {
    name: "two-styles",
    says: "three traces in five only name the operations, forty steps",
    change: { world: SKETCHED },
  },
  {
    name: "two-styles-longer",
    says: "the same corpus, five times the steps",
    change: { world: SKETCHED, selfPlay: LONGER },
  },
  {
    name: "hasty",
    says: "traces leave out the value of every second step, forty steps",
    change: { world: HASTY },
  },
  {
    name: "hasty-longer",
    says: "the same corpus, five times the steps",
    change: { world: HASTY, selfPlay: LONGER },
  },
  {
    name: "hastier-longer",
    says: "traces leave out three in four, five times the steps",
    change: { world: HASTIER, selfPlay: LONGER },
  },
  {
    name: "rare",
    says: "a third of the traces in pretraining, forty steps",
    change: RARE,
  },
  {
    name: "rare-longer",
    says: "the same corpus, five times the steps",
    change: { ...RARE, selfPlay: LONGER },
  },
];

/** Trials of what may lift self-play above its base made to think. */
export const IDEAS: Study = {
  name: "ideas",
  says: "what may lift self-play above its own base, made to think",
  base: BASE,
  reference: "self-play",
  arms: ARMS,
  claims: [
    {
      says: "more practice ends higher",
      source: "a trial of this kit",
      better: "longer",
      worse: "self-play",
    },
    {
      says: "a baseline per task pays over many steps",
      source: "a trial of this kit",
      better: "longer-grpo",
      worse: "longer",
    },
    {
      says: "practice on the held-out distribution does better than self-play",
      source: "a trial of this kit",
      better: "longer-generated",
      worse: "longer",
    },
    {
      says: "rewarding length and novelty of proposals pays",
      source: "a trial of this kit",
      better: "longer-harder",
      worse: "longer",
    },
    {
      says: "more practice ends higher on a less trained base",
      source: "a trial of this kit",
      better: "short-base-longer",
      worse: "short-base",
    },
    {
      says: "more practice ends higher with a larger model",
      source: "a trial of this kit",
      better: "wider-longer",
      worse: "wider",
    },
  ],
};
