/** Credit: what each proposal and each trained rollout earned, and its advantage. */

import { type Baselines, rae } from "./advantage/rae.ts";
import { estimateAdvantages } from "./advantage/mod.ts";
import type { Buffers } from "./buffer/buffers.ts";
import { extraFor, intrinsicTerms } from "./extras.ts";
import type { SelfPlayConfig } from "./config.ts";
import {
  proposerReward,
  solverReward,
  type SolverRewards,
} from "./reward/composite.ts";
import type { Setting } from "./setting.ts";
import type {
  Attempted,
  CreditedSample,
  PolicySample,
  Rewarded,
  SolvedTask,
} from "./stages.ts";

/**
 * Rewards a step. Returns the proposals with their rewards, and the samples that
 * train: proposals with a reward (unless the proposer is not trained), and the
 * rollouts of the solver's batch. The step matters where rewards are random.
 */
export function rewardStep(
  setting: Setting,
  buffers: Buffers,
  attempted: readonly Attempted[],
  solved: readonly SolvedTask[],
  step = 0,
): { proposals: Rewarded[]; samples: PolicySample[] } {
  const { config } = setting;
  const terms = intrinsicTerms();
  const measures = terms?.measure(setting, buffers, attempted);
  const earned = attempted.map((proposal, i): Rewarded => {
    const reward = proposalReward(config, proposal);
    const intrinsic = measures?.[i] ?? null;
    return {
      ...proposal,
      intrinsic,
      reward: terms && reward !== null && intrinsic !== null
        ? terms.addTo(reward, config, proposal.mode, intrinsic)
        : reward,
    };
  });
  const proposals = extraFor(config, "repetition")
    ?.penalise(setting, buffers, earned) ?? earned;
  const samples = [
    ...config.trainProposer ? proposerSamples(proposals) : [],
    ...solverSamples(setting, solved),
  ];
  const replaced = extraFor(config, "controlRewards")
    ?.replace(config, samples, step);
  return { proposals, samples: replaced ?? samples };
}

/** Returns what a proposal earns before further terms; null where it says nothing about the proposer. */
export function proposalReward(
  config: SelfPlayConfig,
  { status, solveRate, solveRateAfter }: Pick<
    Attempted,
    "status" | "solveRate" | "solveRateAfter"
  >,
): number | null {
  if (status === "heldOut" || status === "unjudged") return null;
  if (status === "valid" && config.rewardValid === "progress") {
    const unknown = solveRate === null || solveRateAfter == null;
    return unknown ? null : solveRateAfter - solveRate;
  }
  return proposerReward(status, solveRate, {
    learnability: config.learnability,
    malformed: config.rewardMalformed,
    invalid: config.rewardInvalid,
    duplicate: config.rewardDuplicate,
  });
}

function proposerSamples(proposals: readonly Rewarded[]): PolicySample[] {
  return proposals.flatMap(({ id, mode, response, reward }) =>
    response === null || reward === null
      ? []
      : [{ role: "propose", mode, promptGroup: id, response, reward }]
  );
}

/** Returns the solver's reward for each grade. */
export function solverRewards(config: SelfPlayConfig): SolverRewards {
  return {
    right: config.rewardRight,
    wrong: config.rewardWrong,
    malformed: config.rewardMalformed,
    partial: config.rewardPartial,
  };
}

/** Returns the rollouts of the solver's batch with their rewards. */
export function solverSamples(
  { config }: Setting,
  solved: readonly SolvedTask[],
): PolicySample[] {
  const rewards = solverRewards(config);
  return solved.flatMap(({ task, trained, rollouts }, place) =>
    !trained
      ? []
      : rollouts.flatMap(({ response, grade, share }): PolicySample[] =>
        grade === "unjudged" ? [] : [{
          role: "solve",
          mode: task.mode,
          promptGroup: `${place}/${task.id}`,
          response,
          reward: solverReward(grade, rewards, share),
        }]
      )
  );
}

/**
 * Adds the advantage of every sample, by the config's estimator. The running means before
 * the step go in and those after it come out; `rae` alone changes them.
 */
export function creditSamples(
  { config: { estimator, whitening, baselineDecay } }: Pick<Setting, "config">,
  samples: readonly PolicySample[],
  before: Baselines = {},
): { samples: CreditedSample[]; baselines: Baselines } {
  const counted = samples.map((sample) => ({
    ...sample,
    tokenCount: sample.response.sample.tokens.length,
  }));
  const { advantages, baselines } = estimator === "rae"
    ? rae(counted, before, baselineDecay)
    : {
      advantages: estimateAdvantages(estimator, counted, whitening),
      baselines: before,
    };
  const credited = samples.map((sample, i) => ({
    ...sample,
    advantage: advantages[i],
  }));
  return { samples: credited, baselines };
}
