/**
 * What a mode must offer: which proposals are valid and which answers right.
 *
 * Both questions go to the executor in one batch. Prompts and parsing are the
 * dialect's.
 */

import type {
  AnswerVerdict,
  Executor,
  Judging,
  Program,
  Reading,
} from "../../sandbox/mod.ts";
import type { Dialect } from "./dialect.ts";
import type { Example, ModeName, Task } from "./task.ts";

/** A well-formed proposal: what is to be tried. */
export interface Candidate {
  program: Program;
  arguments: string[];
  message: string;
}

/** Whether a candidate makes a task, with its gold outputs or the cause why not. */
export type CandidateVerdict =
  | { valid: true; examples: Example[] }
  | { valid: false; cause: string; reason: string };

/** One answer to check. */
export interface Attempt {
  task: Task;
  answer: string;
}

export interface Mode {
  readonly name: ModeName;
  /** Runs the candidates and says which of them are tasks, in order; `reading` is "official" if not given. */
  validate(
    executor: Executor,
    candidates: readonly Candidate[],
    dialect: Dialect,
    reading?: Reading,
  ): Promise<CandidateVerdict[]>;
  /** Says which answers are right, in order; by the paper's rules if no others are given. */
  verify(
    executor: Executor,
    attempts: readonly Attempt[],
    judging?: Judging,
  ): Promise<AnswerVerdict[]>;
}
