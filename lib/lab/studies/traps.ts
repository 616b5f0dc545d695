/**
 * Traps: settings that look harmless and undo self-play in a small model.
 *
 * Three that the presets keep away from: a learning rate some times too large,
 * repeated tasks that cost nothing, and progress read off the tasks that the
 * model has set itself. The last needs no arm of its own: the report shows every
 * arm's solve rate on its own tasks beside its accuracy on held-out ones.
 */

import type { Arm, Study } from "../arms.ts";
import { ABLATION_BASE } from "./ablations.ts";

const RATE = ABLATION_BASE.selfPlay.learningRate;

const LONGER = { steps: 3 * ABLATION_BASE.selfPlay.steps };

const REPEATS = { duplicates: "admit", inputsPerProgram: 0 } as const;

const ARMS: Arm[] = [
  { name: "self-play", says: "as it is", change: {} },
  {
    name: "hot",
    says: "three times the learning rate",
    change: { selfPlay: { learningRate: 3 * RATE } },
  },
  {
    name: "hotter",
    says: "ten times the learning rate",
    change: { selfPlay: { learningRate: 10 * RATE } },
  },
  {
    name: "repeats",
    says: "repeated tasks are kept and paid, programs may fill the buffer",
    change: { selfPlay: REPEATS },
  },
  {
    name: "longer",
    says: "three times the steps",
    change: { selfPlay: LONGER },
  },
  {
    name: "longer-repeats",
    says: "three times the steps, repeated tasks kept and paid",
    change: { selfPlay: { ...REPEATS, ...LONGER } },
  },
];

/** Settings that undo self-play. */
export const TRAPS: Study = {
  name: "traps",
  says: "settings that look harmless and undo self-play in a small model",
  base: ABLATION_BASE,
  reference: "self-play",
  arms: ARMS,
  claims: [
    {
      says: "three times the learning rate does harm",
      source: "a trial of this kit",
      better: "self-play",
      worse: "hot",
    },
    {
      says: "ten times the learning rate does harm",
      source: "a trial of this kit",
      better: "self-play",
      worse: "hotter",
    },
    {
      says: "refusing repeated tasks helps",
      source: "a trial of this kit",
      better: "self-play",
      worse: "repeats",
    },
    {
      says: "refusing repeated tasks helps over more steps",
      source: "a trial of this kit",
      better: "longer",
      worse: "longer-repeats",
    },
  ],
};
