/** Rewards of a step: what each proposal and each trained rollout earned. */

import type { Buffers } from "./buffer/mod.ts";
import { proposerReward, solverReward } from "./reward/mod.ts";
import { addIntrinsicTerms } from "./intrinsic.ts";
import {
  type PolicySample,
  type Proposal,
  type Setting,
  type SolvedTask,
  wasJudged,
} from "./records.ts";

/**
 * Sets solve rate and reward of each proposal (one whose every attempt the sandbox
 * lost becomes `unjudged`, without reward), and returns the samples that
 * train: proposals with a reward (unless the proposer is not trained), and the
 * rollouts of the solver's batch.
 */
export function rewardStep(
  setting: Setting,
  buffers: Buffers,
  proposals: readonly Proposal[],
  solved: readonly SolvedTask[],
): PolicySample[] {
  const { config } = setting;
  rewardProposals(config, proposals, solved);
  addIntrinsicTerms(setting, buffers, proposals);
  const samples: PolicySample[] = [];
  for (const { id, mode, response, reward } of proposals) {
    if (!config.trainProposer || response === null || reward === null) continue;
    samples.push({
      role: "propose",
      mode,
      promptGroup: id,
      response,
      reward,
      advantage: 0,
    });
  }
  const rewards = {
    right: config.rewardRight,
    wrong: config.rewardWrong,
    malformed: config.rewardMalformed,
  };
  solved.forEach(({ task, trained, rollouts }, place) => {
    if (!trained) return;
    for (const { response, grade } of rollouts) {
      if (grade === "unjudged") continue;
      samples.push({
        role: "solve",
        mode: task.mode,
        promptGroup: `${place}/${task.id}`,
        response,
        reward: solverReward(grade, rewards),
        advantage: 0,
      });
    }
  });
  return samples;
}

function rewardProposals(
  config: Setting["config"],
  proposals: readonly Proposal[],
  solved: readonly SolvedTask[],
): void {
  const attempted = new Map(
    solved.filter(({ fresh }) => fresh).map((task) => [task.task.id, task]),
  );
  const rewards = {
    learnability: config.learnability,
    malformed: config.rewardMalformed,
    invalid: config.rewardInvalid,
    duplicate: config.rewardDuplicate,
  };
  for (const proposal of proposals) {
    const { status, task } = proposal;
    if (status === "heldOut" || status === "unjudged") continue;
    const attempts = task && attempted.get(task.id);
    if (attempts && !wasJudged(attempts)) {
      proposal.status = "unjudged";
      proposal.cause = "infrastructure";
      continue;
    }
    if (status === "valid" && task) {
      proposal.solveRate = attempts?.solveRate ?? null;
      task.provenance.solveRate = proposal.solveRate;
    }
    proposal.reward = proposerReward(status, proposal.solveRate, rewards);
  }
}
