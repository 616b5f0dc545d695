/**
 * The interface of a mode: the facts that tell it from other modes, the check of its
 * proposals, and the check of its answers.
 *
 * Whatever depends on the mode stands here, so that the loop, the buffers and the
 * rewards need no case for any mode. Proposals and answers go to the executor in
 * one batch. The dialects write and read the texts.
 */

import type {
  AnswerVerdict,
  Executor,
  Judging,
  Program,
} from "../../sandbox/mod.ts";
import type { Dialect, InductionShape, ReadingRules } from "./dialect.ts";
import type { Example, ModeName, Task } from "./task.ts";

/** A well-formed proposal, before it has run. */
export interface Candidate {
  program: Program;
  arguments: string[];
  message: string;
}

/** The verdict on a candidate: a task with its gold outputs, or the cause why it is none. */
export type CandidateVerdict =
  | { valid: true; examples: Example[] }
  | { valid: false; cause: string; reason: string };

/** One answer to check. */
export interface Attempt {
  task: Task;
  answer: string;
}

/** The verdict on an answer; an induction's counts the hidden examples that matched. */
export type ModeVerdict = AnswerVerdict & { matched?: number; total?: number };

/** One way of reasoning about programs. */
export interface Mode {
  readonly name: ModeName;
  /** Whether the proposer writes the program. If not, it is shown one and writes inputs for it. */
  readonly writesProgram: boolean;
  /** The modes whose buffers hold the references of a proposer's prompt. */
  readonly drawsFrom: readonly ModeName[];
  /** The modes whose valid proposals fill this mode's buffer before the first step. */
  readonly seededBy: readonly ModeName[];
  /** Returns the output of `f(x) = x` on a text, in this mode's first task; null where the buffer starts empty. */
  identityOutput(text: string): string | null;
  /** Returns the number of examples that the solver is shown. */
  shownCount(shape: InductionShape): number;
  /** Returns the part of an example by which the rarity of an answer is measured. */
  answerIn(example: Example): string;
  /** Runs the candidates and says which of them are tasks, in order; by the paper's rules of reading if no others are given. */
  validate(
    executor: Executor,
    candidates: readonly Candidate[],
    dialect: Dialect,
    rules?: ReadingRules,
  ): Promise<CandidateVerdict[]>;
  /** Says which answers are right, in order; by the paper's rules if no others are given. */
  verify(
    executor: Executor,
    attempts: readonly Attempt[],
    judging?: Judging,
  ): Promise<ModeVerdict[]>;
}
