/** The rows of settings that say how a step is rewarded, sampled and learnt from. */

import { ESTIMATORS } from "./advantage/mod.ts";
import { LEARNABILITY_SHAPES } from "./reward/learnability.ts";
import {
  PAPER_PROPOSER_REWARDS,
  PAPER_SOLVER_REWARDS,
} from "./reward/composite.ts";
import {
  choice,
  decay,
  flag,
  number,
  positive,
  whole,
} from "./setting_kinds.ts";

/** Settings of rewards, advantages, sampling, the optimiser and what is kept. */
export const LEARNING_SETTINGS = {
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
  rewardValid: choice(
    ["learnability", "progress"],
    "What a valid proposal earns: by its solve rate (equation 4), or the solve rate after the solver's update minus before it. `progress` takes two updates a step and solves the fresh tasks twice.",
    { paper: "learnability" },
  ),
  rewardSource: choice(
    ["earned", "random", "length"],
    "`earned` trains on what responses earned. `random` trains on 1 or -1 by chance, `length` on a hundredth for each token, whatever was written (controls); the logs still say what was earned.",
    { paper: "earned" },
  ),
  rewardRight: number("Reward of a right answer (equation 5).", {
    paper: PAPER_SOLVER_REWARDS.right,
  }),
  rewardWrong: number("Reward of a well-formed wrong answer (equation 6).", {
    paper: PAPER_SOLVER_REWARDS.wrong,
  }),
  rewardMalformed: number("Reward of a malformed response (equation 6).", {
    paper: PAPER_SOLVER_REWARDS.malformed,
  }),
  rewardPartial: number(
    "Reward that a wrong induction earns on top of `rewardWrong`, times the share of the hidden examples that its program gets right. 0 pays for whole answers alone.",
    { from: 0, paper: 0 },
  ),
  rewardInvalid: number(
    "Reward of a well-formed proposal that the executor rejects.",
    { paper: PAPER_PROPOSER_REWARDS.invalid },
  ),
  rewardDuplicate: number(
    "Reward of a repeated task where `duplicates` is `penalise`.",
    { kit: PAPER_PROPOSER_REWARDS.duplicate },
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

  clusterPenalty: number(
    "Weight λ of the share of the step's tasks that a task's program is like, taken from its proposer's reward (R-Zero).",
    { from: 0, paper: 0 },
  ),
  memoryPenalty: number(
    "The same for the share of the buffer's tasks (R-Diverse).",
    { from: 0, paper: 0 },
  ),

  // Advantages, and who is trained on what.
  estimator: choice(
    [...Object.keys(ESTIMATORS) as (keyof typeof ESTIMATORS)[], "rae"],
    "Advantage estimator. `trrpp` is the paper's TRR++ (equation 8). `rejection` learns from rewarded responses alone (RAFT). `rae` compares with a running mean of each role and mode (SPIRAL).",
    { paper: "trrpp" },
  ),
  baselineDecay: decay(
    "Decay of the running means of the estimator `rae`, per response.",
    { kit: 0.95 },
  ),
  whitening: choice(
    ["sample", "token"],
    "What counts once in the mean and deviation of an estimator: each response, or each of its tokens.",
    { official: "token", kit: "sample" },
  ),
  aggregation: choice(
    ["token-mean", "sequence-mean", "fixed-length"],
    "How a group of responses becomes one loss: every token counts the same, every response does, or a token counts 1 / (responses × longest response), which is Dr. GRPO's half of the loss.",
    { official: "token-mean" },
  ),
  silentGroups: choice(
    ["count", "leave-out"],
    "Whether responses to a prompt that all have advantage 0 count in the means of the loss. They teach nothing either way.",
    { kit: "count" },
  ),
  cutResponses: choice(
    ["count", "mask"],
    "`count` trains on responses cut at the token limit like on others. `mask` leaves them out of the loss (DAPO's overlong filter).",
    { paper: "count" },
  ),
  importanceCap: number(
    "Largest ratio of the trainer's to the sampler's probability by which a token's weight is corrected, for engines that sample and train with different numerics (truncated importance sampling). 0 corrects nothing.",
    { from: 0, kit: 0 },
  ),
  staleness: whole(
    "Updates by which the weights that play a step may lag. 1 plays the next step while the model learns from this one, where a server can do both at once; `importanceCap` then has to correct for the older weights.",
    { to: 1, paper: 0 },
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
    { paper: false, official: false, kit: true },
  ),

  // Sampling.
  thinking: choice(
    ["free", "banned"],
    "`banned` forbids the token that begins a trace (compact dialect only).",
    { paper: "free" },
  ),
  answerEnd: choice(
    ["end-token", "answer-tag"],
    "Where a response ends (chat dialect). `end-token`: at the model's end token, which the model so learns to write. `answer-tag`: at `</answer>` too, which spares tokens.",
    { official: "end-token" },
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
    ["ppo-clip", "importance-sampling", "cispo", "reinforce", "gspo"],
    "Policy-gradient loss. `gspo` has one ratio per response.",
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
