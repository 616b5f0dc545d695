/**
 * Verification of answers, for each mode (paper, section 3.3.4):
 * - deduction: the answered output equals the gold output, as values; no program runs;
 * - abduction: the program gives the gold output on the answered input, which need
 *   not be the original one;
 * - induction: the answered program gives the gold outputs on all hidden examples.
 *
 * Gold outputs stay on this side: the sandbox sees programs and inputs only, so no
 * program can read, guess by inspection or overload the comparison. An answer is
 * data or a program, never a piece of text inside another program; one that is an
 * expression is first evaluated to data, in a run of its own (`expressions.ts`).
 *
 * Values compare as Python's `==` does, by name also by their types
 * (`judging.ts`). The official code lets a program's own `__eq__` answer.
 */

import {
  checkEach,
  checkLanguage,
  checkProgram,
  requireObject,
  requireString,
} from "./checks.ts";
import {
  checkJudging,
  equalsGold,
  type GoldValue,
  goldValue,
  type Judging,
  PAPER_JUDGING,
} from "./judging.ts";
import { parseLiteral } from "./literals/literals.ts";
import type { Executor, Language, Outcome, Program } from "./outcome.ts";
import { describeOutcome } from "./describe.ts";
import { readValues, runWritten } from "./expressions.ts";

/** The cause of a verdict. `match` is the only correct one; `unparsable` answers have no value. */
export type AnswerCause =
  | "match"
  | "different"
  | "unparsable"
  | Exclude<Outcome["kind"], "value" | "badArgument">;

/** The verdict on an answer, with its cause by name. */
export interface AnswerVerdict {
  correct: boolean;
  cause: AnswerCause;
  detail?: string;
}

/** An induction verdict, with the number of hidden examples that matched. */
export interface InductionVerdict extends AnswerVerdict {
  matched: number;
  total: number;
}

/** A hidden example of an induction task. */
export interface HiddenExample {
  argument: string;
  output: string;
}

/** An answered input, with its program and the gold output. */
export interface AbductionAnswer {
  program: Program;
  /** Literal text of the gold output. */
  gold: string;
  /** The answered input. */
  answer: string;
}

/** An answered program, with the hidden examples. */
export interface InductionAnswer {
  /** The answered program. */
  program: Program;
  hidden: readonly HiddenExample[];
}

/** An answered output, with the gold output. */
export interface DeductionAnswer {
  /** Literal text of the gold output. */
  gold: string;
  /** The answered output. */
  answer: string;
  language: Language;
}

/** Compares an answered literal with the gold output. Nothing runs, even where `judging.reading` is `official`. */
export function verifyDeduction(
  goldLiteral: string,
  answerText: string,
  language: Language,
  judging: Judging = PAPER_JUDGING,
): AnswerVerdict {
  checkJudging(judging);
  checkDeduction({ gold: goldLiteral, answer: answerText, language }, "answer");
  const gold = goldValue(goldLiteral, language);
  const answer = parseLiteral(answerText, language);
  if (!answer.ok) {
    return { correct: false, cause: "unparsable", detail: answer.reason };
  }
  return compared(gold, answer, judging);
}

/** Compares many answers, in order. The sandbox evaluates answers that are expressions. */
export async function verifyDeductions(
  executor: Executor,
  answers: readonly DeductionAnswer[],
  judging: Judging = PAPER_JUDGING,
): Promise<AnswerVerdict[]> {
  checkJudging(judging);
  checkEach(answers, "answers", checkDeduction);
  const values = await readValues(
    executor,
    answers.map(({ answer, language }) => ({ text: answer, language })),
    judging.reading,
  );
  return answers.map(({ gold, language }, i) => {
    const value = values[i];
    if ("kind" in value) return failed(value);
    if (value.ok) return compared(goldValue(gold, language), value, judging);
    return { correct: false, cause: "unparsable", detail: value.reason };
  });
}

function checkDeduction(item: DeductionAnswer, at: string): void {
  checkLanguage(requireObject(item, at).language, `${at}.language`);
  requireString(item.gold, `${at}.gold`);
  requireString(item.answer, `${at}.answer`);
}

function checkAbduction(item: AbductionAnswer, at: string): void {
  checkProgram(requireObject(item, at).program, `${at}.program`);
  requireString(item.gold, `${at}.gold`);
  requireString(item.answer, `${at}.answer`);
}

function checkInduction(item: InductionAnswer, at: string): void {
  checkProgram(requireObject(item, at).program, `${at}.program`);
  checkEach(item.hidden, `${at}.hidden`, (example, at) => {
    requireString(requireObject(example, at).argument, `${at}.argument`);
    requireString(example.output, `${at}.output`);
  });
}

function compared(
  gold: GoldValue,
  value: { literal: string; canonical: string },
  judging: Judging,
): AnswerVerdict {
  return equalsGold(gold, value, judging)
    ? { correct: true, cause: "match" }
    : { correct: false, cause: "different", detail: value.literal };
}

/** Runs the program on the answered input and compares its output with the gold output. */
export async function verifyAbduction(
  executor: Executor,
  program: Program,
  goldLiteral: string,
  answerText: string,
  judging: Judging = PAPER_JUDGING,
): Promise<AnswerVerdict> {
  const item = { program, gold: goldLiteral, answer: answerText };
  return (await verifyAbductions(executor, [item], judging))[0];
}

/** Judges many answered inputs, in order. */
export async function verifyAbductions(
  executor: Executor,
  answers: readonly AbductionAnswer[],
  judging: Judging = PAPER_JUDGING,
): Promise<AnswerVerdict[]> {
  checkJudging(judging);
  checkEach(answers, "answers", checkAbduction);
  const golds = answers.map(({ gold, program }) =>
    goldValue(gold, program.language)
  );
  const runs = await runWritten(
    executor,
    answers.map(({ program, answer }) => ({ program, argument: answer })),
    judging.reading,
    "nothing",
  );
  return runs.map(({ outcome }, i) => compare(outcome, golds[i], judging));
}

/** Runs an answered program on all hidden inputs. It is correct where all outputs equal the gold ones. */
export async function verifyInduction(
  executor: Executor,
  answerProgram: Program,
  hidden: readonly HiddenExample[],
  judging: Judging = PAPER_JUDGING,
): Promise<InductionVerdict> {
  const item = { program: answerProgram, hidden };
  return (await verifyInductions(executor, [item], judging))[0];
}

/** Judges many answered programs, in order. Throws where an answer has no hidden example. */
export async function verifyInductions(
  executor: Executor,
  answers: readonly InductionAnswer[],
  judging: Judging = PAPER_JUDGING,
): Promise<InductionVerdict[]> {
  checkJudging(judging);
  checkEach(answers, "answers", checkInduction);
  if (answers.some(({ hidden }) => hidden.length === 0)) {
    throw new RangeError("an induction task needs at least one hidden example");
  }
  const golds = answers.map(({ hidden, program }) =>
    hidden.map(({ output }) => goldValue(output, program.language))
  );
  const runs = await runWritten(
    executor,
    answers.flatMap(({ program, hidden }) =>
      hidden.map(({ argument }) => ({ program, argument }))
    ),
    judging.reading,
    "program",
  );
  let next = 0;
  return golds.map((expected) => {
    const verdicts = expected.map((gold) =>
      compare(runs[next++].outcome, gold, judging)
    );
    const matched = verdicts.filter((verdict) => verdict.correct).length;
    const first = verdicts.find((verdict) => !verdict.correct) ?? verdicts[0];
    return { ...first, matched, total: verdicts.length };
  });
}

function compare(
  outcome: Outcome,
  gold: GoldValue,
  judging: Judging,
): AnswerVerdict {
  return outcome.kind === "value"
    ? compared(gold, outcome, judging)
    : failed(outcome);
}

function failed(outcome: Exclude<Outcome, { kind: "value" }>): AnswerVerdict {
  const cause = outcome.kind === "badArgument" ? "unparsable" : outcome.kind;
  return { correct: false, cause, detail: describeOutcome(outcome) };
}
