/** The rows of `tasks.jsonl` and `rollouts.jsonl`. */

import type {
  CreditedSample,
  Reported,
  Response,
  SolvedTask,
} from "../method/stages.ts";

/** The samples of a step, by the response that they train on. */
type SamplesByResponse = ReadonlyMap<Response, CreditedSample>;

/** A line of `tasks.jsonl`: a proposal with its verdict, reward and advantage. */
export interface TaskRow {
  step: number;
  id: string;
  mode: string;
  status: string;
  /** "valid", or the cause of the proposal's failure, by name. */
  cause: string;
  reason: string;
  program: string | null;
  arguments: string[];
  outputs: string[];
  message: string;
  /**
   * Ids of the tasks that the prompt showed. A triplet of the seeding that was given
   * to both deduction and abduction is `ID-MODE` where MODE did not propose it.
   */
  parents: string[];
  /** Ids of the tasks whose programs the proposal had to build on. */
  parts: string[];
  solveRate: number | null;
  /** Solve rate after the solver's update; only where `rewardValid` is `progress`. */
  solveRateAfter?: number | null;
  reward: number | null;
  /** Advantage by the config's estimator; null for a proposal that does not train. */
  advantage: number | null;
  intrinsic: Record<string, number | null> | null;
  /** The model's response. */
  response: string | null;
  responseTokens: number | null;
  /** Sum of the tokens' log-probabilities as sampled, in nats; null where they are not known. */
  logProb: number | null;
  /** Whether the response was cut at the token limit; null without a response. */
  cut: boolean | null;
}

/** A line of `rollouts.jsonl`: a solver response with its grade. */
export interface RolloutRow {
  step: number;
  task: string;
  mode: string;
  fresh: boolean;
  trained: boolean;
  grade: string;
  cause: string;
  /** Whether the response counts as right in the solve rate; see the setting `estimateForm`. */
  solves: boolean;
  /** Reward and advantage; null for a rollout that does not train. */
  reward: number | null;
  advantage: number | null;
  thought: boolean;
  /** The answer that was checked; null where none was found. */
  answer: string | null;
  response: string;
  responseTokens: number;
  /** Sum of the tokens' log-probabilities as sampled, in nats; null where they are not known. */
  logProb: number | null;
  /** Whether the response was cut at the token limit. */
  cut: boolean;
}

/** Returns the row of a proposal. Proposals of the seeding have no samples: the seeding does not train. */
export function taskRow(
  proposal: Reported,
  sampleOf: SamplesByResponse = new Map(),
): TaskRow {
  const { candidate, task, response } = proposal;
  const sample = response && sampleOf.get(response);
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
    solveRate: proposal.solveRate ?? null,
    ...(proposal.solveRateAfter !== undefined && {
      solveRateAfter: proposal.solveRateAfter,
    }),
    reward: proposal.reward ?? null,
    advantage: sample?.advantage ?? null,
    intrinsic: proposal.intrinsic ? { ...proposal.intrinsic } : null,
    response: response?.text ?? null,
    responseTokens: response?.sample.tokens.length ?? null,
    logProb: response && logProbOf(response),
    cut: response && response.sample.finish === "length",
  };
}

/** Returns the rows of a task's rollouts, in the order of sampling. */
export function rolloutRows(
  step: number,
  solved: SolvedTask,
  sampleOf: SamplesByResponse,
): RolloutRow[] {
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
    reward: sampleOf.get(rollout.response)?.reward ?? null,
    advantage: sampleOf.get(rollout.response)?.advantage ?? null,
    thought: rollout.thought,
    answer: rollout.answer,
    response: rollout.response.text,
    responseTokens: rollout.response.sample.tokens.length,
    logProb: logProbOf(rollout.response),
    cut: rollout.response.sample.finish === "length",
  }));
}

function logProbOf({ sample }: Response): number | null {
  const sum = sample.logProbs.reduce((total, value) => total + value, 0);
  return Number.isFinite(sum) ? sum : null;
}
