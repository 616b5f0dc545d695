/**
 * The ablations: self-play with one thing changed, at equal compute.
 *
 * A small world, so that the whole table takes minutes and not days. Every arm
 * has the same steps, tasks and rollouts per step unless its line says otherwise.
 */

import { OFFICIAL_CONFIG } from "../../method/mod.ts";
import type { Arm, ArmChange, Claim, Study } from "../arms.ts";
import { type Preset, presetNamed } from "../presets.ts";

const SMOKE = presetNamed("smoke");

/** `smoke` and its base models, with four samples per item instead of pass@k. */
export const ABLATION_BASE: Preset = {
  ...SMOKE,
  evaluation: { ...SMOKE.evaluation, samples: 4, passItems: 0 },
};

/**
 * What forty steps of self-play cost, in tokens of pretraining. `smoke` trains on
 * 280 thousand tokens, prompts counted, and samples 160 thousand (means of three
 * seeds); a sampled token costs a forward pass, a third of a trained one.
 */
const SELF_PLAY_TOKENS = 335_000;

/** Where the official code differs from the paper and a tiny model can follow. */
const OFFICIAL_WAYS: ArmChange["selfPlay"] = {
  solveTiming: OFFICIAL_CONFIG.solveTiming,
  sampler: OFFICIAL_CONFIG.sampler,
  trainOnEstimates: OFFICIAL_CONFIG.trainOnEstimates,
  learnability: OFFICIAL_CONFIG.learnability,
  whitening: OFFICIAL_CONFIG.whitening,
  clipHigh: OFFICIAL_CONFIG.clipHigh,
};

const ARMS: Arm[] = [
  {
    name: "self-play",
    says: "the method as the kit plays it; what the others are compared with",
    change: {},
  },
  {
    name: "more-pretraining",
    says: "no self-play; its compute goes into pretraining, in tokens",
    change: {
      pretrain: { tokens: ABLATION_BASE.pretrain.tokens + SELF_PLAY_TOKENS },
      selfPlay: { steps: 0, seedTasksPerMode: 0 },
    },
  },
  {
    name: "generated-tasks",
    says: "RLVR: tasks from the world's own generator, no proposer",
    change: { selfPlay: { taskSource: "generated" } },
  },
  {
    name: "frozen-proposer",
    says: "proposals are made and solved but not learnt from",
    change: { selfPlay: { trainProposer: false } },
  },
  {
    name: "uniform-reward",
    says: "every valid proposal earns 1, however hard",
    change: { selfPlay: { learnability: "uniform" } },
  },
  {
    name: "global-baseline",
    says: "REINFORCE++: one baseline for all roles and modes",
    change: { selfPlay: { estimator: "reinforce-plus-plus" } },
  },
  {
    name: "grpo",
    says: "GRPO: a baseline for each task, from its own rollouts",
    change: { selfPlay: { estimator: "grpo" } },
  },
  {
    name: "deduction-only",
    says: "one mode, with three times its tasks per step",
    change: {
      selfPlay: {
        modes: ["deduction"],
        proposalsPerMode: 3 * ABLATION_BASE.selfPlay.proposalsPerMode,
      },
    },
  },
  {
    name: "abduction-only",
    says: "one mode, with three times its tasks per step",
    change: {
      selfPlay: {
        modes: ["abduction"],
        proposalsPerMode: 3 * ABLATION_BASE.selfPlay.proposalsPerMode,
      },
    },
  },
  {
    name: "without-induction",
    says: "two modes, with one and a half times their tasks per step",
    change: {
      selfPlay: {
        modes: ["deduction", "abduction"],
        proposalsPerMode: 1.5 * ABLATION_BASE.selfPlay.proposalsPerMode,
      },
    },
  },
  {
    name: "without-references",
    says: "K = 0: the proposer sees no past tasks",
    change: { selfPlay: { references: 0 } },
  },
  {
    name: "two-models",
    says: "proposer and solver are two models, alike at the start",
    change: { selfPlay: { policies: "separate" } },
  },
  {
    name: "rollouts-not-reused",
    says: "one further rollout per task trains the solver, as officially",
    change: { selfPlay: { trainOnEstimates: false } },
  },
  {
    name: "official",
    says:
      "the official code's ways: lagged, its sampler, reward, whitening, clip",
    change: { selfPlay: OFFICIAL_WAYS },
  },
  {
    name: "direct-answers",
    says: "the solver cannot think first",
    change: { selfPlay: { thinking: "banned" } },
  },
];

const CLAIMS: Claim[] = [
  {
    says: "self-play is no worse than RLVR on given tasks, by 3 points",
    source: "paper, Table 1",
    better: "self-play",
    worse: "generated-tasks",
    margin: .03,
  },
  {
    says: "self-play beats more pretraining at equal compute",
    source: "a control of this kit",
    better: "self-play",
    worse: "more-pretraining",
  },
  {
    says: "all three modes beat deduction alone",
    source: "paper, Table 2",
    better: "self-play",
    worse: "deduction-only",
  },
  {
    says: "all three modes beat abduction alone",
    source: "a control of this kit",
    better: "self-play",
    worse: "abduction-only",
  },
  {
    says: "the paper's ways beat the official code's",
    source: "a control of this kit",
    better: "self-play",
    worse: "official",
  },
  {
    says: "induction helps the other modes",
    source: "paper, Table 2",
    better: "self-play",
    worse: "without-induction",
    modes: ["deduction", "abduction"],
  },
  {
    says: "references help",
    source: "paper, Table 2",
    better: "self-play",
    worse: "without-references",
  },
  {
    says: "training the proposer helps",
    source: "paper, Table 2",
    better: "self-play",
    worse: "frozen-proposer",
  },
  {
    says: "rewarding learnability beats rewarding validity",
    source: "paper, equation 4",
    better: "self-play",
    worse: "uniform-reward",
  },
  {
    says: "a baseline per role and mode beats a global one",
    source: "paper, section 3.3.5",
    better: "self-play",
    worse: "global-baseline",
  },
  {
    says: "TRR++ beats GRPO",
    source: "a control of this kit",
    better: "self-play",
    worse: "grpo",
  },
  {
    says: "one model beats two",
    source: "a control of this kit",
    better: "self-play",
    worse: "two-models",
  },
  {
    says: "training on the estimates' rollouts helps",
    source: "a choice of this kit",
    better: "self-play",
    worse: "rollouts-not-reused",
  },
  {
    says: "room to think is what makes self-play work",
    source: "a control of this kit",
    better: "self-play",
    worse: "direct-answers",
  },
];

/** The ablations of the paper's Table 2 and more, on a small world. */
export const ABLATIONS: Study = {
  name: "ablations",
  says: "self-play with one thing changed, against the paper's orderings",
  base: ABLATION_BASE,
  reference: "self-play",
  arms: ARMS,
  claims: CLAIMS,
};
