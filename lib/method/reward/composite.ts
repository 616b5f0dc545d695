/**
 * The composite rewards of both roles (paper, equation 6): a response is rewarded
 * for its form, for being right and, if it is a task, for what the task teaches.
 *
 * | outcome | solver | proposer |
 * |---|---|---|
 * | malformed | -1 | -1 |
 * | well formed, wrong / invalid | -0.5 | `invalid` below |
 * | well formed, right / valid | 1 | learnability |
 */

import { learnabilityReward, type LearnabilityShape } from "./learnability.ts";

/** The grade of a solver response. */
export type Grade = "malformed" | "wrong" | "right";

/** The solver's reward for each grade. */
export interface SolverRewards {
  right: number;
  wrong: number;
  malformed: number;
  /** Added to `wrong` times the share of hidden examples that came out right; absent: 0. */
  partial?: number;
}

/** The values of the paper and of the official code. */
export const PAPER_SOLVER_REWARDS: SolverRewards = {
  right: 1,
  wrong: -0.5,
  malformed: -1,
};

/** Returns the reward of one solver response; `share` of its hidden examples came out right. */
export function solverReward(
  grade: Grade,
  rewards: SolverRewards = PAPER_SOLVER_REWARDS,
  share = 0,
): number {
  const { partial = 0 } = rewards;
  return rewards[grade] + (grade === "wrong" ? partial * share : 0);
}

/** The status of a proposal. The last two have no reward and are not trained on. */
type ProposalStatus =
  | "malformed"
  | "invalid"
  | "duplicate"
  | "valid"
  /** The task belongs to an evaluation. */
  | "heldOut"
  /** The sandbox itself failed, which says nothing about the proposal. */
  | "unjudged";

/** The proposer's reward for each status. */
interface ProposerRewards {
  learnability: LearnabilityShape;
  malformed: number;
  /**
   * A well-formed proposal that the executor rejects. The paper counts validity as
   * a part of the form: -1. With -0.5 a tiny model learns that its form was right.
   */
  invalid: number;
  /** A task that the buffer holds, or an input too many for its program. */
  duplicate: number;
}

/** The paper's values. The paper has no rule on duplicates; the value for them is the kit's. */
export const PAPER_PROPOSER_REWARDS: ProposerRewards = {
  learnability: "paper",
  malformed: -1,
  invalid: -1,
  duplicate: -0.5,
};

/** Returns the reward of one proposal. Throws `TypeError` where a valid one has no solve rate. */
export function proposerReward(
  status: Exclude<ProposalStatus, "heldOut" | "unjudged">,
  solveRate: number | null,
  rewards: ProposerRewards = PAPER_PROPOSER_REWARDS,
): number {
  if (status !== "valid") return rewards[status];
  if (solveRate === null) {
    throw new TypeError("a valid proposal needs a solve rate");
  }
  return learnabilityReward(rewards.learnability, solveRate);
}
