/**
 * The rows that pass from stage to stage of a step.
 *
 * | stage | row of a proposal | row of a response |
 * |---|---|---|
 * | propose | `Draft` | `Response` |
 * | validate | `Judged` | |
 * | solve | `Attempted` | `Rollout`, gathered by task in `SolvedTask` |
 * | reward | `Rewarded` | `PolicySample` |
 * | advantage | | `CreditedSample` |
 *
 * Each stage returns new rows and changes none, so that the type of a row says
 * which stage it has passed.
 */

import type { Role } from "./advantage/sample.ts";
import type { OptimiserConfig, Sample, TrainReport } from "./engine.ts";
import type { ImportanceWeights } from "./importance.ts";
import type { Candidate } from "./modes/mode.ts";
import type { ModeName, Provenance, Task } from "./modes/task.ts";
import type { Grade } from "./reward/composite.ts";

/** A prompt and its sampled response. */
export interface Response {
  promptTokens: number[];
  sample: Sample;
  /** The response as the dialect reads it. */
  text: string;
  /** Tokens that could not be sampled. The probabilities are those without these tokens. */
  bannedTokens: readonly number[];
}

/** A proposal before it has been read. */
export type Draft =
  & {
    /** Also the id of the task it may become: `step-mode-number`. */
    id: string;
    step: number;
    mode: ModeName;
    source: Provenance["source"];
    /** Tasks that the prompt showed. */
    references: Task[];
    /** Tasks whose programs the proposal has to build on. */
    parts: Task[];
  }
  & (
    /** A model's response. */
    | { response: Response; given: null }
    /** A candidate that no model proposed. */
    | { response: null; given: Candidate }
  );

/** The verdict of validation on a proposal. */
export type Verdict =
  & {
    /** Named cause of any status but `valid`, else "valid". */
    cause: string;
    /** The cause in words, or "". */
    reason: string;
  }
  & (
    | {
      /** `heldOut`: the task belongs to an evaluation. Both others are as in a buffer's `judge`. */
      status: "valid" | "duplicate" | "heldOut";
      candidate: Candidate;
      task: Task;
    }
    | {
      /** `unjudged`: the sandbox itself failed, which says nothing about the proposal. */
      status: "malformed" | "invalid" | "unjudged";
      /** The program and inputs, if they could be read. */
      candidate: Candidate | null;
      /** The task, if only the attempts at it could not be judged. */
      task: Task | null;
    }
  );

/** A proposal that has been read and run. */
export type Judged = Draft & Verdict;

/** A proposal whose task, if it is valid, has been attempted. */
export type Attempted = Judged & {
  /** Share of the solver's rollouts that solve the task; null where there is none. */
  solveRate: number | null;
  /** Solve rate after the solver's update; only where `rewardValid` is `progress`. */
  solveRateAfter?: number | null;
};

/** The intrinsic measures of one valid proposal; each is >= 0, or null if not measured. */
export interface IntrinsicMeasures {
  /** Cognitive complexity / 15, as the official code scales it (may exceed 1). */
  complexity: number | null;
  /** Mix of Halstead effort, volume and cyclomatic complexity, in [0, 1]. */
  halstead: number | null;
  /** Mean syntax-tree distance to the references, in [0, 1]. */
  editDistance: number | null;
  /** 1 - the share of the buffer's tasks that have the same answer, in [0, 1]. */
  answerDiversity: number;
}

/** A proposal with its reward. */
export type Rewarded = Attempted & {
  /** Intrinsic measures of a valid proposal. */
  intrinsic: IntrinsicMeasures | null;
  /** Null where the proposal says nothing about the proposer: held out or unjudged. */
  reward: number | null;
};

/** A proposal as metrics and logs take it: from seeding, or at the end of a step. */
export type Reported = Judged & Partial<Rewarded>;

/** One solver response, graded. */
export interface Rollout {
  response: Response;
  /** `unjudged`: the sandbox itself failed; the rollout counts nowhere. */
  grade: Grade | "unjudged";
  /** Named cause of the grade: "match", "different", "noAnswer" and so on. */
  cause: string;
  /**
   * Whether the rollout counts as right in its task's solve rate. That is a rollout
   * graded right or, where the form is ignored, a malformed one with a right answer.
   */
  solves: boolean;
  /** Whether the response opens with a trace. */
  thought: boolean;
  /** Share of the hidden examples that came out right; inductions alone have it. */
  share?: number;
  /** The answer that was checked, if one was found. */
  answer: string | null;
}

/** A task given to the solver in a step. */
export interface SolvedTask {
  task: Task;
  /** Whether the task was proposed in this step and its solve rate is wanted. */
  fresh: boolean;
  /** Whether the rollouts train the solver. */
  trained: boolean;
  rollouts: Rollout[];
  /** Share of the judged rollouts that solve the task; 0 where none could be judged. */
  solveRate: number;
}

/** Tells whether at least one rollout of a task could be judged; if not, its solve rate says nothing. */
export function wasJudged({ rollouts }: Pick<SolvedTask, "rollouts">): boolean {
  return rollouts.some(({ grade }) => grade !== "unjudged");
}

/** A response with its reward. */
export interface PolicySample {
  role: Role;
  mode: ModeName;
  /** Id of the proposal, or of the task and its place in the batch. */
  promptGroup: string;
  response: Response;
  reward: number;
}

/** A response with its reward and its advantage. */
export type CreditedSample = PolicySample & { advantage: number };

/** The reports of an update, null for a model that was not trained. */
export interface PolicyUpdate {
  solver: TrainReport | null;
  proposer: TrainReport | null;
  optimiser: OptimiserConfig;
  /** Sequences handed to the engine after merging equal ones. */
  sequences: number;
  /** The solver's correction, or that of the only model, where the config has a cap. */
  importance?: ImportanceWeights;
}

/** The report of a step's update, with the tokens of the step. */
export interface UpdateReport extends PolicyUpdate {
  /** Tokens sampled in this step, and those of them that trained. */
  sampledTokens: number;
  trainedTokens: number;
}
