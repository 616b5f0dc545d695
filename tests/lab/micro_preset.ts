/** A preset small enough for tests: seconds, not minutes. It learns nothing. */

import { type Preset, presetNamed } from "../../lib/lab/presets.ts";

const smoke = presetNamed("smoke");

export const MICRO: Preset = {
  ...smoke,
  name: "micro",
  world: { ...smoke.world, familiarItems: 8, otherItems: 6 },
  model: {
    ...smoke.model,
    hiddenSize: 16,
    layers: 1,
    heads: 2,
    intermediateSize: 32,
  },
  pretrain: { ...smoke.pretrain, tokens: 12_000, warmupSteps: 4 },
  selfPlay: {
    ...smoke.selfPlay,
    steps: 2,
    proposalsPerMode: 2,
    rolloutsPerTask: 2,
    seedTasksPerMode: 2,
    seedRounds: 2,
    evaluateEvery: 0,
    checkpointEvery: 1,
  },
  evaluation: { ...smoke.evaluation, endItems: 4, duringItems: 4 },
};
