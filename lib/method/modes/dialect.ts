/**
 * The interface of a dialect: the words in which tasks are asked and answered.
 *
 * A dialect belongs to a model: `compact` to tiny ones trained on its markers, `chat`
 * to language models, `code` (lib/extras) to small and untuned ones. It only writes and
 * reads text. What is then true of a program or an answer is for the executor to say.
 */

import type { Judging, Language } from "../../sandbox/mod.ts";
import type { ModeName, Task } from "./task.ts";

export type DialectName = "compact" | "chat" | "code";

/** The tokens of a language model's turns, which an encoder would read as such in a prompt. */
export const SPECIAL_TOKEN =
  /<[|｜][^<>\n]*[|｜]>|<\/?(?:s|bos|eos|pad|unk)>|_of_turn>/;

/** The rules by which responses are read. */
export interface ReadingRules {
  /** `official`: as the official code reads them. `strict`: the form that the prompt asks for. */
  reading: Judging["reading"];
  /** Whether an induction task may have the same input twice: the official code lets it, so that a hidden pair can be a shown one. */
  repeatedInputs: "admit" | "drop";
}

/** The rules by which answers are read. */
export type AnswerRules = Pick<ReadingRules, "reading">;

/** The rules of the paper's runs. */
export const PAPER_READING: ReadingRules = {
  reading: "official",
  repeatedInputs: "admit",
};

/** The numbers of inputs of an induction task. */
export interface InductionShape {
  /** Inputs the proposer is asked for. */
  asked: number;
  /** Valid inputs a task needs at least. */
  minimum: number;
  /** Examples the solver sees; the others are hidden and must all match. */
  shown: number;
}

/** A proposal as text, before anything has run. `program` is null for induction. */
export type ProposalReading =
  | { ok: true; program: string | null; arguments: string[]; message: string }
  | { ok: false; cause: string };

/** A solver's answer as text. */
export type AnswerReading =
  | { ok: true; answer: string; trace: string | null }
  | { ok: false; cause: string; thought: boolean };

/** Functions that a proposed program has to build on: their names, and their source. */
export interface BuildingBlocks {
  names: string[];
  source: string;
}

/** The role of the model that responds. */
export type Role = "propose" | "solve";

/** The words in which a model is asked and answers. Where no rules of reading are given, they are the paper's. */
export interface Dialect {
  readonly name: DialectName;
  readonly induction: InductionShape;
  /** Whether responses are decoded with their special tokens before reading. */
  readonly keepsSpecialTokens: boolean;
  /** The token that opens the trace of a solver's response; null where the prompt opens it. */
  readonly thinkToken: string | null;
  /** A response of either role ends with the first of its strings (at most four: servers know no more), or with the model's end token. */
  readonly stopStrings: Record<Role, readonly string[]>;
  /**
   * Returns the proposer's prompt. Where the proposer writes no program,
   * `references` is the one task whose program is to be given inputs. The program
   * has to build on `blocks`, if there are any (chat dialect only).
   */
  proposerPrompt(
    mode: ModeName,
    references: readonly Task[],
    language: Language,
    blocks?: BuildingBlocks,
  ): string;
  solverPrompt(task: Task): string;
  /** Returns the prompt of a question in words; used in evaluation only. */
  questionPrompt(question: string): string;
  readProposal(
    mode: ModeName,
    responseText: string,
    language: Language,
    rules?: ReadingRules,
  ): ProposalReading;
  readAnswer(
    mode: ModeName,
    responseText: string,
    language: Language,
    rules?: AnswerRules,
  ): AnswerReading;
  /**
   * Returns the answer in a response whose form may be wrong, or null where there is
   * none at all: how the official code reads the rollouts of an estimate.
   */
  findAnswer(
    mode: ModeName,
    responseText: string,
    language: Language,
    rules?: AnswerRules,
  ): string | null;
  /** Whether a text would be mistaken for the dialect's own markers inside a prompt. */
  isUnsafe(text: string, rules?: AnswerRules): boolean;
}
