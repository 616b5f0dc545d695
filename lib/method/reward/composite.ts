/**
 * The composite rewards of both roles: a graded answer to "was it well formed,
 * was it right, and was it worth asking?" (paper, equation 6).
 *
 * | outcome | solver | proposer |
 * |---|---|---|
 * | malformed | -1 | -1 |
 * | well formed, wrong / invalid | -0.5 | `invalid` below |
 * | well formed, right / valid | 1 | learnability |
 */

import { learnabilityReward, type LearnabilityShape } from "./learnability.ts";

/** How far a response got. */
export type Grade = "malformed" | "wrong" | "right";

/** Rewards of equation 6. */
export interface SolverRewards {
  right: number;
  wrong: number;
  malformed: number;
}

/** The paper's values, and the official code's. */
export const PAPER_SOLVER_REWARDS: SolverRewards = {
  right: 1,
  wrong: -0.5,
  malformed: -1,
};

/** The reward of one solver response. */
export function solverReward(
  grade: Grade,
  rewards: SolverRewards = PAPER_SOLVER_REWARDS,
): number {
  return rewards[grade];
}

/** How a proposal fared. The last two have no reward and are not trained on. */
export type ProposalStatus =
  | "malformed"
  | "invalid"
  | "duplicate"
  | "valid"
  /** Equals an evaluation task. */
  | "heldOut"
  /** The sandbox itself failed, which says nothing about the proposal. */
  | "unjudged";

/** What each fate of a proposal is worth. */
export interface ProposerRewards {
  learnability: LearnabilityShape;
  malformed: number;
  /**
   * Well formed but rejected by the executor. The paper counts validity as a
   * part of the format, -1; -0.5 tells a tiny model apart that the form was right.
   */
  invalid: number;
  /** A task that the buffer holds, or one input too many for its program. */
  duplicate: number;
}

/** The paper's values; it has no rule on duplicates, tiny models need one. */
export const PAPER_PROPOSER_REWARDS: ProposerRewards = {
  learnability: "paper",
  malformed: -1,
  invalid: -1,
  duplicate: -0.5,
};

/** The reward of one proposal; `solveRate` is needed only if it is valid. */
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
