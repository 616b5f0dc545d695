/**
 * The table of settings: one row for each, with its values in the paper, in the
 * official code and in this kit, the range it allows, and a sentence.
 *
 * The type of a config, its check, the listing of `deno task selfplay --list`,
 * the page SETTINGS.md and the paper's Table 3 are all made from these rows. A new
 * setting is a new row here and nothing else. Whatever changes what is learnt is
 * a setting, so that equal configs and equal base models give equal runs.
 *
 * "Official" is the newest revision of the authors' code. A row without `official`
 * means that the code does as the paper says, or has no such setting.
 */

import { choice, listOf, number, text, whole } from "./setting_kinds.ts";
import { LEARNING_SETTINGS } from "./settings_learning.ts";
/** Every setting by name, in the order of a config. */
export const SETTINGS = {
  // The run, its words and its tasks.
  seed: whole("Seed of every random stream of the run.", { kit: 1 }),
  steps: whole("Number of optimiser steps.", { paper: 500 }),
  dialect: choice(
    ["compact", "chat", "code"],
    "Wording of the prompts. It belongs to the model: `chat` is the paper's, `code` (functions and asserts to go on with) is for base models and small ones, `compact` is for the kit's tiny models.",
    { paper: "chat" },
  ),
  chatForm: choice(
    ["transcript", "template"],
    "How the chat dialect puts its questions: `transcript` is the paper's; `template` is the model's own chat template with one worked example, for models tuned to follow instructions.",
    { paper: "transcript" },
  ),
  language: choice(
    ["javascript", "typescript", "python"],
    "Language of the programs.",
    { paper: "python" },
  ),
  modes: listOf(
    ["deduction", "abduction", "induction", "error"],
    "Modes that are played. `error` is the paper's trial of appendix D.1 (chat dialect only).",
    { paper: ["deduction", "abduction", "induction"] },
  ),
  taskSource: choice(
    ["self-play", "generated", "file", "pool"],
    "Where tasks come from: the proposer, a program generator, the lines of `taskFile` in their order, or random lines of it.",
    { paper: "self-play" },
  ),
  seedSource: choice(
    ["task-source", "file"],
    "Where the tasks before the first step come from: `taskSource`, or the lines of `taskFile` (the paper's appendix D.3).",
    { paper: "task-source" },
  ),
  taskFile: text("Path of a file of tasks, one JSON object a line.", {
    kit: "",
  }),
  taskPool: whole(
    "Number N of tasks per mode that `generated` draws once, all different, and then repeats at random, as a collected set of tasks is repeated. 0 draws new ones in every step.",
    { kit: 0 },
  ),
  proposalsPerMode: whole(
    "Number B of proposals per mode and step, and of solver tasks per mode and step.",
    { from: 1, paper: 64 },
  ),
  rolloutsPerTask: whole(
    "Number n of solver rollouts from which a task's solve rate is estimated.",
    { from: 1, paper: 8 },
  ),
  references: whole(
    "Number K of reference tasks in a proposer's prompt. 0 is the paper's ablation without references.",
    { paper: 6 },
  ),
  compositeChance: number(
    "Probability that a proposal has to build on programs of the buffer (chat dialect only). The paper's trial of appendix D.2 used 0.5.",
    { from: 0, to: 1, paper: 0 },
  ),
  compositeMaximum: whole(
    "Largest number of programs that a composite proposal builds on; the number is uniform from 1.",
    { from: 1, paper: 3 },
  ),
  compositeSchedule: choice(
    ["constant", "rising"],
    "`constant` keeps chance and maximum as they are. `rising` has no composites before step 101; from there the maximum rises by 1 and the chance by 0.01 (up to 0.8) every 50 steps.",
    { paper: "constant", official: "rising" },
  ),
  comments: choice(
    ["keep", "remove"],
    "`remove` takes comments and docstrings out of proposed programs before they run (not in the compact dialect, which has none). The paper's trial of appendix D.5; the official code removes them before the first step only.",
    { paper: "keep" },
  ),
  globalVariables: choice(
    ["keep", "remove"],
    "`remove` keeps of a proposed program its imports, functions and classes (chat dialect only): the other trial of appendix D.5, and again the official code's way before the first step only.",
    { paper: "keep" },
  ),
  chainedPerMode: whole(
    "Number of the B tasks of deduction and of abduction that are chains of two programs of the buffers instead of proposals.",
    { kit: 0 },
  ),

  // Buffers: how they are filled, what they keep and what is drawn from them.
  seedTasksPerMode: whole(
    "Number of valid tasks wanted per mode before the first step: the paper's B times its seed batch factor of 4.",
    { paper: 256 },
  ),
  seedRounds: whole(
    "Largest number of seeding rounds. The run then starts with the tasks that there are.",
    { kit: 100 },
  ),
  bufferCapacity: whole("Most tasks per buffer. The newest are kept.", {
    from: 1,
    paper: 16384,
  }),
  inputsPerProgram: whole(
    "Largest number of tasks with the same program in a buffer. 0 sets no limit.",
    { kit: 0 },
  ),
  duplicates: choice(
    ["admit", "penalise"],
    "`admit` treats a repeated task like any other. `penalise` gives it `rewardDuplicate` and does not keep it.",
    { paper: "admit" },
  ),
  bufferAdmission: choice(
    ["all", "not-always-solved", "learnable"],
    "Which valid tasks enter the buffer: all, those with a solve rate below 1, or those with a solve rate between 0 and 1.",
    { paper: "all" },
  ),
  sampler: choice(
    ["paper", "official", "uniform", "recent"],
    "How the solver's tasks are drawn. `paper` takes the fresh tasks and then past ones without repetition; `official` may repeat fresh ones; `uniform` draws from all alike; `recent` prefers new ones.",
    { paper: "paper", official: "official" },
  ),
  dynamicSampling: whole(
    "Rounds in which tasks of the solver's batch that all of their rollouts solve, or none, are replaced from the buffer (DAPO); those left do not train. 0 trains on all.",
    { paper: 0 },
  ),
  solveTiming: choice(
    ["same-step", "lagged"],
    "`same-step` solves tasks in the step that proposed them (Algorithm 1). `lagged` solves them one step later.",
    { paper: "same-step", official: "lagged" },
  ),

  // What counts as a task, and what as right.
  gateLeak: number(
    "Share of the deductions refused by the executor that become tasks all the same; their gold answer is the majority of the solver's.",
    { from: 0, to: 1, paper: 0 },
  ),
  gold: choice(
    ["executor", "majority"],
    "Who says which answers are right: the executor, or (the ungrounded control) the majority of the solver's own answers to a task.",
    { paper: "executor" },
  ),
  equality: choice(
    ["python", "typed"],
    "How an output is compared with the gold one: `python` as Python's `==` does (JavaScript: as `===`, part by part), `typed` with types counting, so that 1, 1.0 and True differ.",
    { paper: "python", kit: "typed" },
  ),
  floatTolerance: number(
    "Largest difference at which floats count as equal, relative to the larger of 1 and both values (`equality` `python` only). 0 compares exactly.",
    { from: 0, paper: 0 },
  ),
  reading: choice(
    ["official", "strict"],
    "How responses are read: `official` as the official code does (values may be expressions, which the sandbox evaluates; any kind of fence; a function of any name), `strict` in the form that the prompt asks for.",
    { paper: "official", kit: "strict" },
  ),
  repeatedInputs: choice(
    ["admit", "drop"],
    "What becomes of an input that an induction proposal repeats. `admit` keeps it, so that a hidden pair can be a shown one.",
    { paper: "admit", kit: "drop" },
  ),

  ...LEARNING_SETTINGS,
};
