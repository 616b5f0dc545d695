/**
 * Scaling: does self-play gain more on a larger model?
 *
 * Three sizes of the small experiment, each pretrained on the same documents in
 * the same order and given the same number of self-play steps. Compute is thus
 * not equal: a token costs the largest about three times what it costs the
 * smallest. The paper finds larger gains on larger models (its section 4.2), so
 * the table to read is that of the changes, not of the ends.
 */

import type { Arm, Study } from "../arms.ts";
import { type Preset, presetNamed } from "../presets.ts";

const SMOKE = presetNamed("smoke");

const BASE: Preset = {
  ...SMOKE,
  selfPlay: { ...SMOKE.selfPlay, evaluateEvery: 0 },
  evaluation: { ...SMOKE.evaluation, passItems: 0 },
};

function size(
  hiddenSize: number,
  layers: number,
  intermediateSize: number,
): Arm {
  return {
    name: `width-${hiddenSize}`,
    says: `width ${hiddenSize}, ${layers} layers`,
    change: { model: { hiddenSize, layers, intermediateSize } },
  };
}

/** Self-play at three model sizes, from smallest to largest. */
export const SCALING: Study = {
  name: "scaling",
  says: "self-play at three model sizes, with equal tokens and steps",
  base: BASE,
  reference: "width-64",
  arms: [size(48, 2, 128), size(64, 2, 176), size(96, 3, 256)],
  claims: [
    {
      says: "a larger model ends above a small one",
      source: "paper, section 4.2",
      better: "width-64",
      worse: "width-48",
    },
    {
      says: "a still larger model ends above that",
      source: "paper, section 4.2",
      better: "width-96",
      worse: "width-64",
    },
  ],
};
