import { type SelfPlayConfig, TINY_CONFIG } from "../../lib/method/config.ts";

/** A run of seconds. */
export const smallConfig: SelfPlayConfig = {
  ...TINY_CONFIG,
  steps: 5,
  proposalsPerMode: 4,
  rolloutsPerTask: 3,
  seedTasksPerMode: 6,
  seedRounds: 4,
  evaluateEvery: 2,
  checkpointEvery: 2,
};
