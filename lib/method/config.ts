/**
 * The config of self-play: one flat, serialisable object with a value for every
 * setting of the table in `settings.ts`, and the check of such an object.
 */

import { MODE_NAMES } from "./modes/task.ts";
import type { SettingRow } from "./setting_kinds.ts";
import { SETTINGS } from "./settings.ts";

type Rows = typeof SETTINGS;

/** A value for every setting; `SETTINGS` says what each of them means. */
export type SelfPlayConfig = {
  -readonly [Field in keyof Rows]: Rows[Field] extends SettingRow<infer Value>
    ? Value
    : never;
};

/** The source of a setting's value. */
type Source = "paper" | "official" | "kit";

/** Whose value is taken, first choice first, where a source is silent. */
const ORDER: Record<Source, readonly Source[]> = {
  paper: ["paper", "kit", "official"],
  official: ["official", "paper", "kit"],
  kit: ["kit", "paper", "official"],
};

/** Returns the config of one source; settings that it does not state come from the others. */
function valuesOf(source: Source): SelfPlayConfig {
  const values = Object.entries(SETTINGS).map(([field, row]) => {
    const stated: Partial<Record<Source, unknown>> = row;
    const by = ORDER[source].find((other) => stated[other] !== undefined)!;
    return [field, structuredClone(stated[by])];
  });
  return Object.fromEntries(values) as SelfPlayConfig;
}

/** The paper's settings (its text and Table 3), for language models. */
export const PAPER_CONFIG: SelfPlayConfig = valuesOf("paper");

/**
 * The official code's settings.
 *
 * Its dual clip of the loss at 3 is left out: with one update per batch no ratio
 * comes near 3. What the code does by mistake has no name here: greedy estimates,
 * unseeded draws, buffers that keep the oldest tasks, success told by the absence
 * of a word.
 */
export const OFFICIAL_CONFIG: SelfPlayConfig = valuesOf("official");

/**
 * The settings of a run whose record is older than some of the settings: the paper's
 * values, and the kit's for what used not to be a setting.
 */
export const EARLIER_CONFIG: SelfPlayConfig = {
  ...PAPER_CONFIG,
  equality: "typed",
  reading: "strict",
  repeatedInputs: "drop",
};

/**
 * Settings under which a model of well under a million parameters learns in
 * minutes. Against the paper: compact dialect, JavaScript, duplicates penalised
 * and four inputs per program (else the proposer collapses on one program),
 * invalid but well-formed proposals told apart from malformed ones, a larger
 * learning rate and a smaller proposer weight.
 */
export const TINY_CONFIG: SelfPlayConfig = {
  ...valuesOf("kit"),
  steps: 80,
  dialect: "compact",
  language: "javascript",
  proposalsPerMode: 16,
  references: 2,
  seedTasksPerMode: 64,
  seedRounds: 20,
  inputsPerProgram: 4,
  duplicates: "penalise",
  rewardInvalid: -0.5,
  proposerWeight: 0.5,
  maxPromptTokens: 112,
  maxProposalTokens: 64,
  maxSolutionTokens: 88,
  entropyCoefficient: 0,
  learningRate: 2.5e-4,
  warmupSteps: 5,
  beta2: 0.99,
  weightDecay: 0,
  keepCheckpoints: 0,
};

type Fail = (field: keyof SelfPlayConfig, wanted: string) => never;

/** Checks a config; throws `RangeError` that names the field, what is wanted and what was given. */
export function checkConfig(config: SelfPlayConfig): void {
  const fail: Fail = (field, wanted) => {
    throw new RangeError(
      `config field "${field}" must be ${wanted}, got ${
        JSON.stringify(config[field])
      }`,
    );
  };
  for (const field of Object.keys(config)) {
    // A misspelt setting would change what is learnt without a word.
    if (Object.hasOwn(SETTINGS, field)) continue;
    throw new RangeError(
      `there is no config field "${field}"; there are ${
        Object.keys(SETTINGS).join(", ")
      }`,
    );
  }
  for (const [name, { complaint }] of Object.entries(SETTINGS)) {
    const field = name as keyof SelfPlayConfig;
    const wanted = complaint(config[field]);
    if (wanted !== null) fail(field, wanted);
  }
  checkTogether(config, fail);
}

/** Settings of the chat dialect alone, each with the value that turns it off. */
const CHAT_ONLY = {
  chatForm: "transcript",
  answerEnd: "end-token",
  compositeChance: 0,
  globalVariables: "keep",
} as const;

/** Checks settings that exclude each other. */
function checkTogether(config: SelfPlayConfig, fail: Fail): void {
  if (config.modes.includes("error") && config.dialect !== "chat") {
    fail(
      "modes",
      `a list of some of ${MODE_NAMES.join(", ")} unless the dialect is "chat"`,
    );
  }
  for (const [name, off] of Object.entries(CHAT_ONLY)) {
    const field = name as keyof typeof CHAT_ONLY;
    if (config.dialect === "chat" || config[field] === off) continue;
    fail(field, `${JSON.stringify(off)} unless the dialect is "chat"`);
  }
  if (config.thinking === "banned" && config.dialect !== "compact") {
    fail("thinking", '"free" unless the dialect is "compact"');
  }
  checkRemoval(config, fail);
  if (config.floatTolerance !== 0 && config.equality !== "python") {
    fail("floatTolerance", '0 unless "equality" is "python"');
  }
  if (config.chainedPerMode > config.proposalsPerMode) {
    fail(
      "chainedPerMode",
      `at most proposalsPerMode, ${config.proposalsPerMode}`,
    );
  }
  if (config.chainedPerMode > 0) {
    if (config.language === "python") {
      fail("chainedPerMode", '0 where "language" is "python"');
    }
    if (config.taskSource !== "self-play") {
      fail("chainedPerMode", '0 unless "taskSource" is "self-play"');
    }
  }
  checkRepeatedTasks(config, fail);
  checkStaleness(config, fail);
  checkComparisons(config, fail);
  checkMajority(config, fail);
  if (config.dynamicSampling > 0 && trainedRollouts(config) < 2) {
    fail(
      "dynamicSampling",
      "0 where one rollout of a task is trained: none of them differs from the " +
        'others (or set "trainOnEstimates" to true and "rolloutsPerTask" to 2 or more)',
    );
  }
  if (config.rewardPartial > 0 && !config.modes.includes("induction")) {
    fail("rewardPartial", '0 unless "modes" has "induction"');
  }
  if (config.rewardSource !== "earned" && config.rewardValid === "progress") {
    fail("rewardSource", '"earned" where "rewardValid" is "progress"');
  }
  if (config.rewardValid === "progress" && !learnsToPropose(config)) {
    fail(
      "rewardValid",
      '"learnability" unless "trainProposer" is true, "updates" are made and ' +
        '"taskSource" is "self-play": nobody would earn the progress',
    );
  }
}

/** Checks that there are programs to remove something from, and that they can hold it. */
function checkRemoval(config: SelfPlayConfig, fail: Fail): void {
  if (config.comments === "remove" && config.dialect === "compact") {
    fail("comments", '"keep" in the dialect "compact", which has none');
  }
  for (const field of ["comments", "globalVariables"] as const) {
    if (config[field] === "remove" && config.taskSource !== "self-play") {
      fail(field, '"keep" unless "taskSource" is "self-play"');
    }
  }
}

/** Returns how many rollouts of a task of the solver's batch are trained. */
function trainedRollouts(config: SelfPlayConfig): number {
  return config.trainOnEstimates ? config.rolloutsPerTask : 1;
}

function learnsToPropose(config: SelfPlayConfig): boolean {
  return config.trainProposer && config.updates !== "none" &&
    config.taskSource === "self-play";
}

/** Checks that there is a majority where it is the gold answer. */
function checkMajority(config: SelfPlayConfig, fail: Fail): void {
  const { gateLeak, gold, modes, trainOnEstimates, rolloutsPerTask } = config;
  if (gateLeak > 0 && !modes.includes("deduction")) {
    fail(
      "gateLeak",
      '0 unless "modes" has "deduction": the other modes show an output, which ' +
        "only the executor knows",
    );
  }
  if (gateLeak === 0 && gold === "executor") return;
  const by = gateLeak > 0 ? '"gateLeak" is not 0' : '"gold" is "majority"';
  if (!trainOnEstimates) {
    fail(
      "trainOnEstimates",
      `true where ${by}: the rollouts that train are those that vote`,
    );
  }
  if (rolloutsPerTask < 2) {
    fail("rolloutsPerTask", `at least 2 where ${by}: one vote always wins`);
  }
}

/** Estimators that compare a response with the other responses to its prompt. */
const PER_TASK: readonly string[] = ["grpo", "dr-grpo", "rloo"];

/** Checks that there is something to compare a response or a task with. */
function checkComparisons(config: SelfPlayConfig, fail: Fail): void {
  const { estimator, rolloutsPerTask, learnability } = config;
  if (PER_TASK.includes(estimator) && trainedRollouts(config) < 2) {
    fail(
      "estimator",
      `"trrpp" or another estimator without a baseline per task, where one rollout ` +
        'of a task is trained: every advantage would be 0 (or set "trainOnEstimates" ' +
        'to true and "rolloutsPerTask" to 2 or more)',
    );
  }
  const differs = learnability === "uniform" || learnability === "inverse" ||
    config.rewardValid === "progress";
  if (learnsToPropose(config) && rolloutsPerTask < 2 && !differs) {
    fail(
      "rolloutsPerTask",
      "at least 2: with one rollout every solve rate is 0 or 1, and every valid task " +
        `earns the same under "learnability" "${learnability}"`,
    );
  }
}

/** Checks that an update can lag, and that what it learns from is then corrected. */
function checkStaleness(config: SelfPlayConfig, fail: Fail): void {
  if (config.staleness === 0) return;
  if (config.updates === "none") {
    fail("staleness", '0 where "updates" is "none": there is no update to lag');
  }
  if (config.rewardValid === "progress") {
    fail(
      "staleness",
      '0 where "rewardValid" is "progress", which takes an update within the play',
    );
  }
  if (config.importanceCap === 0) {
    fail(
      "importanceCap",
      'above 0 where "staleness" is not 0: older weights sample with other ' +
        "probabilities (2 is a usual cap)",
    );
  }
}

/** Checks what excludes tasks that repeat, and that a file of tasks is named where, and only where, it is read. */
function checkRepeatedTasks(config: SelfPlayConfig, fail: Fail): void {
  const { taskSource, taskPool, seedSource, taskFile } = config;
  const reads = taskSource === "file" || taskSource === "pool";
  if (taskPool > 0 && taskSource !== "generated") {
    fail("taskPool", '0 unless "taskSource" is "generated"');
  }
  if ((reads || taskPool > 0) && config.duplicates === "penalise") {
    const by = reads
      ? `"taskSource" is "${taskSource}"`
      : '"taskPool" is not 0';
    fail("duplicates", `"admit" where ${by}`);
  }
  const read = reads || seedSource === "file";
  if (read && taskFile === "") fail("taskFile", "the path of a file of tasks");
  if (!read && taskFile !== "") {
    fail("taskFile", '"" unless "taskSource" or "seedSource" reads a file');
  }
}
