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

import { ESTIMATORS } from "./advantage/mod.ts";
import { LEARNABILITY_SHAPES } from "./reward/mod.ts";
import {
  choice,
  decay,
  flag,
  listOf,
  number,
  positive,
  whole,
} from "./setting_kinds.ts";

/** Every setting by name, in the order of a config. */
export const SETTINGS = {
  // The run, its words and its tasks.
  seed: whole("Seed of every random stream of the run.", { kit: 1 }),
  steps: whole("Number of optimiser steps.", { paper: 500 }),
  dialect: choice(
    ["compact", "chat"],
    "Wording of the prompts. It belongs to the model: `chat` is the paper's, `compact` is for the kit's tiny models.",
    { paper: "chat" },
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
    ["self-play", "generated"],
    "Where tasks come from: `self-play` asks the proposer, `generated` asks a program generator.",
    { paper: "self-play" },
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
  solveTiming: choice(
    ["same-step", "lagged"],
    "`same-step` solves tasks in the step that proposed them (Algorithm 1). `lagged` solves them one step later.",
    { paper: "same-step", official: "lagged" },
  ),

  // What counts as right.
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
    "How inputs and answers are read: `official` evaluates in the sandbox what is no literal, `strict` takes literals only.",
    { paper: "official", kit: "strict" },
  ),

  // Rewards.
  estimateForm: choice(
    ["required", "ignored"],
    "Whether a rollout has to be well formed to count in a solve rate. `ignored` counts any answer that can be found. Training rewards demand the form either way.",
    { official: "ignored", kit: "required" },
  ),
  learnability: choice(
    LEARNABILITY_SHAPES,
    "Shape of the learnability reward over the solve rate (equation 4). `official` gives -0.5 where `paper` gives 0.",
    { paper: "paper", official: "official" },
  ),
  rewardRight: number("Reward of a right answer (equation 5).", { paper: 1 }),
  rewardWrong: number("Reward of a well-formed wrong answer (equation 6).", {
    paper: -0.5,
  }),
  rewardMalformed: number("Reward of a malformed response (equation 6).", {
    paper: -1,
  }),
  rewardInvalid: number(
    "Reward of a well-formed proposal that the executor rejects.",
    { paper: -1 },
  ),
  rewardDuplicate: number(
    "Reward of a repeated task where `duplicates` is `penalise`.",
    { kit: -0.5 },
  ),
  intrinsicCombination: choice(
    ["sum", "product", "sum-product", "product-sum"],
    "How the intrinsic terms of the paper's appendix D.4 are combined with the proposer's reward.",
    { kit: "sum" },
  ),
  intrinsicCap: number(
    "Largest amount that one intrinsic term can add.",
    { from: 0, official: 0.5 },
  ),
  complexityCoefficient: number(
    "Weight of the program's cognitive complexity in the proposer's reward.",
    { paper: 0 },
  ),
  halsteadCoefficient: number(
    "Weight of the program's Halstead measure in the proposer's reward.",
    { paper: 0 },
  ),
  editDistanceCoefficient: number(
    "Weight of the program's distance to its references in the proposer's reward.",
    { paper: 0 },
  ),
  answerDiversityCoefficient: number(
    "Weight of the answer's rarity in the buffer in the proposer's reward.",
    { paper: 0 },
  ),

  // Advantages, and who is trained on what.
  estimator: choice(
    Object.keys(ESTIMATORS) as (keyof typeof ESTIMATORS)[],
    "Advantage estimator. `trrpp` is the paper's TRR++ (equation 8).",
    { paper: "trrpp" },
  ),
  whitening: choice(
    ["sample", "token"],
    "What counts once in the mean and deviation of an estimator: each response, or each of its tokens.",
    { official: "token", kit: "sample" },
  ),
  aggregation: choice(
    ["token-mean", "sequence-mean"],
    "How a group of responses becomes one loss: every token counts the same, or every response does.",
    { official: "token-mean" },
  ),
  proposerWeight: number(
    "Weight of a proposer group in the loss, against a solver group's 1.",
    { from: 0, paper: 1 },
  ),
  policies: choice(
    ["shared", "separate"],
    "`shared` has one model in both roles. `separate` has two, each trained on its own role, so that `proposerWeight` has no effect.",
    { paper: "shared" },
  ),
  updates: choice(
    ["policy-gradient", "none"],
    "`none` trains nothing: tasks are proposed, checked, attempted, rewarded and recorded, for engines that only sample.",
    { paper: "policy-gradient" },
  ),
  trainProposer: flag(
    "Off is the paper's ablation that trains the solver only: proposals are made, but not learnt from.",
    { paper: true },
  ),
  trainOnEstimates: flag(
    "On: the rollouts that estimate a solve rate also train the solver. Off: one further rollout per task does.",
    { official: false, kit: true },
  ),

  // Sampling.
  thinking: choice(
    ["free", "banned"],
    "`banned` forbids the token that begins a trace (compact dialect only).",
    { paper: "free" },
  ),
  temperature: positive("Sampling temperature of both roles.", {
    why: "greedy rollouts are all alike",
    paper: 1,
  }),
  topP: positive("Share of the probability that nucleus sampling keeps.", {
    to: 1,
    paper: 1,
  }),
  maxPromptTokens: whole("Longest prompt, in tokens.", {
    from: 1,
    paper: 6144,
  }),
  promptRedraws: whole(
    "How often references are drawn again when a prompt is too long. The official code has no limit.",
    { kit: 10 },
  ),
  maxProposalTokens: whole("Longest proposal, in tokens.", {
    from: 1,
    paper: 8096,
  }),
  maxSolutionTokens: whole(
    "Longest solver response, in tokens.",
    { from: 1, paper: 8096 },
  ),

  // Loss and optimiser.
  objective: choice(
    ["ppo-clip", "importance-sampling", "cispo", "reinforce"],
    "Policy-gradient loss.",
    { paper: "ppo-clip" },
  ),
  clipLow: number(
    "Distance below 1 at which the probability ratio is clipped.",
    { from: 0, to: 1, official: 0.2 },
  ),
  clipHigh: number(
    "Distance above 1 at which the probability ratio is clipped.",
    { from: 0, official: 0.28, kit: 0.2 },
  ),
  entropyCoefficient: number("Weight of the entropy bonus.", {
    paper: 0.001,
    official: 0,
  }),
  klCoefficient: number(
    "Weight of the divergence from the policy that sampled.",
    { from: 0, paper: 0 },
  ),
  epochs: whole("Number of optimiser steps per batch.", { from: 1, paper: 1 }),
  learningRate: number("Learning rate of AdamW.", { from: 0, paper: 1e-6 }),
  warmupSteps: whole("Steps over which the learning rate rises from zero.", {
    official: 0,
  }),
  learningRateSchedule: choice(
    ["constant", "linear"],
    "`linear` lets the learning rate fall to a tenth at the last step.",
    { official: "constant" },
  ),
  beta1: decay("Decay of AdamW's first moment.", { official: 0.9 }),
  beta2: decay("Decay of AdamW's second moment.", { official: 0.999 }),
  epsilon: positive("AdamW's ε, added to the root of the second moment.", {
    official: 1e-8,
  }),
  weightDecay: number(
    "Weight decay of AdamW. The official code's branch for the paper has 0.01.",
    { from: 0, official: 0, kit: 0.01 },
  ),
  maxGradientNorm: positive("Norm to which longer gradients are scaled.", {
    paper: 1,
  }),

  // Evaluations and checkpoints.
  evaluateEvery: whole(
    "Number of steps between evaluations. 0 evaluates only before and after.",
    { official: 10 },
  ),
  checkpointEvery: whole("Number of steps between checkpoints.", {
    from: 1,
    official: 10,
  }),
  keepCheckpoints: whole(
    "Newest checkpoints that are kept: by default the newest and one to fall back on, for each takes three times a language model's weights. 0 keeps all.",
    { kit: 2 },
  ),
};
