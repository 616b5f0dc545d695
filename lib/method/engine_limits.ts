/**
 * The check of a config against an engine, so that a run which the engine cannot do
 * is refused before its first step.
 */

import type { Engine, EngineLimit } from "./engine.ts";
import type { SelfPlayConfig } from "./config.ts";

/** The check of each limit of an engine: the setting that needs the ability, and the cure. */
const DEMANDS: Record<
  EngineLimit,
  {
    field: keyof SelfPlayConfig;
    needed: (config: SelfPlayConfig) => boolean;
    cure: string;
  }
> = {
  training: {
    field: "updates",
    needed: ({ updates }) => updates !== "none",
    cure: '"none", to propose and solve without training',
  },
  bannedTokens: {
    field: "thinking",
    needed: ({ thinking }) => thinking === "banned",
    cure: '"free"',
  },
  entropyTerm: {
    field: "entropyCoefficient",
    needed: (config) =>
      config.updates !== "none" && config.entropyCoefficient !== 0,
    cure: "0",
  },
  temperature: {
    field: "temperature",
    needed: (config) => config.updates !== "none" && config.temperature !== 1,
    cure: "1, at which the engine's trainer computes probabilities",
  },
};

/** Throws `RangeError` with field and cure where an engine with these limits cannot do what the config asks. */
export function checkLimits(
  config: SelfPlayConfig,
  limits: readonly EngineLimit[],
  engine: string,
): void {
  for (const limit of limits) {
    const { field, needed, cure } = DEMANDS[limit];
    if (!needed(config)) continue;
    throw new RangeError(
      `config field "${field}" is ${JSON.stringify(config[field])}, which ` +
        `${engine} cannot do: set it to ${cure}, or use the local engine`,
    );
  }
}

/** Does the same for an open engine, and checks its context window. */
export function checkEngine(
  config: SelfPlayConfig,
  { description }: Engine,
): void {
  const { name, backend, contextLength, lacks = [] } = description;
  checkLimits(config, lacks, `the engine of ${name}, ${backend},`);
  if (config.maxPromptTokens >= contextLength) {
    throw new RangeError(
      `config field "maxPromptTokens" is ${config.maxPromptTokens}, but ${name} ` +
        `reads ${contextLength} tokens, prompt and response together: set it lower`,
    );
  }
}

/** Checks the models of a run. Throws `TypeError` where their number is not the config's. */
export function checkModels(
  config: SelfPlayConfig,
  engine: Engine,
  proposerEngine: Engine | undefined,
): void {
  if (config.policies === "separate" && !proposerEngine) {
    throw new TypeError(
      'config field "policies" is "separate", but selfPlay() was given no ' +
        "proposerEngine: open a second model for it",
    );
  }
  if (config.policies === "shared" && proposerEngine) {
    throw new TypeError(
      'selfPlay() was given a proposerEngine, but config field "policies" is ' +
        '"shared": set it to "separate"',
    );
  }
  checkEngine(config, engine);
  if (proposerEngine) checkEngine(config, proposerEngine);
}
