/** The settings of an environment, and what stands in for a model and its tokenizer. */

import type { SelfPlayConfig } from "../method/config.ts";
import type { Engine } from "../method/engine.ts";
import type { TextCodec } from "../method/setting.ts";

/** The settings that an environment obeys. The others are the trainer's. */
export const SERVED_SETTINGS = [
  ...[
    "seed",
    "dialect",
    "chatForm",
    "answerEnd",
    "language",
    "modes",
    "references",
  ],
  ...["promptRedraws", "rolloutsPerTask", "estimateForm", "maxPromptTokens"],
  ...["bufferCapacity", "inputsPerProgram", "duplicates", "bufferAdmission"],
  ...["sampler", "equality", "floatTolerance", "reading", "repeatedInputs"],
  ...["compositeChance", "compositeMaximum", "comments", "globalVariables"],
  ...["learnability", "rewardRight", "rewardWrong", "rewardMalformed"],
  ...["rewardInvalid", "rewardDuplicate"],
] as const satisfies readonly (keyof SelfPlayConfig)[];

/** Returns the part of a config that an environment obeys. */
export function servedConfig(config: SelfPlayConfig): Partial<SelfPlayConfig> {
  return Object.fromEntries(
    SERVED_SETTINGS.map((field) => [field, config[field]]),
  );
}

/** The role that has no model here: whoever asks for one is at fault. */
const noModel = () => {
  throw new TypeError("an environment has no model: its client samples");
};
/** Stands where the kit's stages have a model. */
export const NO_ENGINE: Engine = {
  description: {
    name: "none",
    backend: "none",
    parameters: 0,
    contextLength: 0,
  },
  ...{ sample: noModel, logProbs: noModel, trainStep: noModel },
  ...{ save: noModel, load: noModel, dispose: () => {} },
};

/** Counts bytes: a tokenizer of bytes makes at most as many tokens. */
export const BYTES: TextCodec = {
  encodePrompt: (text) => [...new TextEncoder().encode(text)],
  decode: (bytes) => new TextDecoder().decode(new Uint8Array(bytes)),
  id: () => noModel(),
  asChat: () => {
    throw new RangeError(
      'config field "chatForm" is "template", which needs a tokenizer: name its folder',
    );
  },
  eosId: -1,
  endIds: [],
};

/** Throws where a journal was begun with other settings. */
export function checkHead(path: string, head: object, found: unknown): void {
  if (JSON.stringify(head) === JSON.stringify(found)) return;
  const before = (found as { config?: Record<string, unknown> }).config ?? {};
  const now = (head as { config: Record<string, unknown> }).config;
  const other = Object.keys(now).find((field) =>
    JSON.stringify(now[field]) !== JSON.stringify(before[field])
  );
  throw new Error(
    `${path} was begun with ${other} ${JSON.stringify(before[other ?? ""])}, ` +
      `now it is ${JSON.stringify(now[other ?? ""])}: take the former ` +
      "settings, or another folder",
  );
}
