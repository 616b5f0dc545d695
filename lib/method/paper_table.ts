/** The table of settings as the paper's Table 3. */

import {
  OFFICIAL_CONFIG,
  PAPER_CONFIG,
  type SelfPlayConfig,
} from "./config.ts";

/** The rows of Table 3: its name for a hyper-parameter, and how a config gives the value. */
const TABLE_3: readonly [string, (config: SelfPlayConfig) => unknown][] = [
  ["Max prompt length", ({ maxPromptTokens }) => maxPromptTokens],
  ["Max response length", ({ maxSolutionTokens }) => maxSolutionTokens],
  ["Seed batch factor", (c) => c.seedTasksPerMode / c.proposalsPerMode],
  ["Max programs", ({ bufferCapacity }) => bufferCapacity],
  ["Train batch size", (c) => `${c.proposalsPerMode} × ${2 * c.modes.length}`],
  ["Learning rate", ({ learningRate }) => learningRate.toExponential()],
  ["Grad clip", ({ maxGradientNorm }) => maxGradientNorm],
  ["Total steps", ({ steps }) => steps],
  ["Algorithm", ({ estimator }) => estimator],
  ["KL loss", () => false],
  ["Entropy coefficient", ({ entropyCoefficient }) => entropyCoefficient],
  ["PPO epochs", ({ epochs }) => epochs],
  ["N rollouts", (c) => c.trainOnEstimates ? c.rolloutsPerTask : 1],
  ["Rollout temperature", ({ temperature }) => temperature],
  ["Rollout top-p", ({ topP }) => topP],
  ["K references", ({ references }) => references],
  ["N samples to estimate accuracy", ({ rolloutsPerTask }) => rolloutsPerTask],
];

/** Returns the paper's Table 3 as rows of hyper-parameter, value in the paper, value in the official code. */
export function paperTable3(): string[][] {
  return TABLE_3.map(([name, of]) => [
    name,
    String(of(PAPER_CONFIG)),
    String(of(OFFICIAL_CONFIG)),
  ]);
}
