/** The rows of `tasks.jsonl` and `rollouts.jsonl`. */

import type { Proposal, SolvedTask } from "../selfplay/mod.ts";

/** One proposal, with its fate. */
export interface TaskRow {
  step: number;
  id: string;
  mode: string;
  status: string;
  /** "valid", or the named cause of its failure. */
  cause: string;
  reason: string;
  program: string | null;
  arguments: string[];
  outputs: string[];
  message: string;
  /** Ids of the tasks that the prompt showed. */
  parents: string[];
  /** Ids of the tasks whose programs it had to build on. */
  parts: string[];
  solveRate: number | null;
  reward: number | null;
  intrinsic: Record<string, number | null> | null;
  /** What the model wrote. */
  response: string | null;
  responseTokens: number | null;
  /** Whether it was cut at the token limit; null without a response. */
  cut: boolean | null;
}

/** One solver response, with its grade. */
export interface RolloutRow {
  step: number;
  task: string;
  mode: string;
  fresh: boolean;
  trained: boolean;
  grade: string;
  cause: string;
  /** Whether it counts as right in its task's solve rate; see the setting `estimateForm`. */
  solves: boolean;
  thought: boolean;
  /** The answer that was checked; null where none was found. */
  answer: string | null;
  response: string;
  responseTokens: number;
  /** Whether it was cut at the token limit. */
  cut: boolean;
}

export function taskRow(proposal: Proposal): TaskRow {
  const { candidate, task, response } = proposal;
  return {
    step: proposal.step,
    id: proposal.id,
    mode: proposal.mode,
    status: proposal.status,
    cause: proposal.cause,
    reason: proposal.reason,
    program: candidate?.program.source ?? null,
    arguments: task?.examples.map(({ argument }) => argument) ??
      candidate?.arguments ?? [],
    outputs: task?.examples.map(({ output }) => output) ?? [],
    message: candidate?.message ?? "",
    parents: proposal.references.map(({ id }) => id),
    parts: proposal.parts.map(({ id }) => id),
    solveRate: proposal.solveRate,
    reward: proposal.reward,
    intrinsic: proposal.intrinsic && { ...proposal.intrinsic },
    response: response?.text ?? null,
    responseTokens: response?.sample.tokens.length ?? null,
    cut: response && response.sample.finish === "length",
  };
}

export function rolloutRows(step: number, solved: SolvedTask): RolloutRow[] {
  const { task, fresh, trained } = solved;
  return solved.rollouts.map((rollout) => ({
    step,
    task: task.id,
    mode: task.mode,
    fresh,
    trained,
    grade: rollout.grade,
    cause: rollout.cause,
    solves: rollout.solves,
    thought: rollout.thought,
    answer: rollout.answer,
    response: rollout.response.text,
    responseTokens: rollout.response.sample.tokens.length,
    cut: rollout.response.sample.finish === "length",
  }));
}
