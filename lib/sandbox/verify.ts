/**
 * Verification of answers, for each mode (paper, section 3.3.4):
 * - deduction: the answered output equals the gold output, as values; nothing runs;
 * - abduction: the program gives the gold output on the answered input, which need
 *   not be the original one;
 * - induction: the answered program gives the gold outputs on all hidden examples.
 *
 * Gold outputs stay on this side: the sandbox sees programs and inputs only, so no
 * program can read, guess by inspection or overload the comparison. An answer is
 * data or a program, never a piece of text inside another program.
 *
 * Values are equal if their canonical texts are: types count, so that in Python
 * `1`, `1.0` and `True` all differ. The official code compares with Python's `==`,
 * to which these are equal and which a program's own `__eq__` can answer.
 */

import { parseLiteral } from "./literals/literals.ts";
import type { Executor, Language, Outcome, Program } from "./outcome.ts";
import { describeOutcome } from "./validate.ts";

/** `match` is the only correct one; `unparsable` answers are not literals. */
export type AnswerCause =
  | "match"
  | "different"
  | "unparsable"
  | Exclude<Outcome["kind"], "value" | "badArgument">;

export interface AnswerVerdict {
  correct: boolean;
  cause: AnswerCause;
  detail?: string;
}

/** An induction verdict, with how many hidden examples held. */
export interface InductionVerdict extends AnswerVerdict {
  matched: number;
  total: number;
}

/** A hidden example of an induction task. */
export interface HiddenExample {
  argument: string;
  output: string;
}

export interface AbductionAnswer {
  program: Program;
  /** Literal text of the gold output. */
  gold: string;
  /** The answered input. */
  answer: string;
}

export interface InductionAnswer {
  /** The answered program. */
  program: Program;
  hidden: readonly HiddenExample[];
}

/** Compares an answered output with the gold one, as values. */
export function verifyDeduction(
  goldLiteral: string,
  answerText: string,
  language: Language,
): AnswerVerdict {
  const gold = goldCanonical(goldLiteral, language);
  const answer = parseLiteral(answerText, language);
  if (!answer.ok) {
    return { correct: false, cause: "unparsable", detail: answer.reason };
  }
  return answer.canonical === gold
    ? { correct: true, cause: "match" }
    : { correct: false, cause: "different", detail: answer.literal };
}

/** Runs the program on the answered input. */
export async function verifyAbduction(
  executor: Executor,
  program: Program,
  goldLiteral: string,
  answerText: string,
): Promise<AnswerVerdict> {
  const item = { program, gold: goldLiteral, answer: answerText };
  return (await verifyAbductions(executor, [item]))[0];
}

/** Many at once, in order. */
export async function verifyAbductions(
  executor: Executor,
  answers: readonly AbductionAnswer[],
): Promise<AnswerVerdict[]> {
  const golds = answers.map(({ gold, program }) =>
    goldCanonical(gold, program.language)
  );
  const outcomes = await executor.runMany(
    answers.map(({ program, answer }) => ({ program, argument: answer })),
  );
  return outcomes.map((outcome, i) => compare(outcome, golds[i]));
}

/** Runs an answered program on all hidden inputs; all must hold. */
export async function verifyInduction(
  executor: Executor,
  answerProgram: Program,
  hidden: readonly HiddenExample[],
): Promise<InductionVerdict> {
  const item = { program: answerProgram, hidden };
  return (await verifyInductions(executor, [item]))[0];
}

/** Many at once, in order. Throws when an answer has no hidden example to hold it to. */
export async function verifyInductions(
  executor: Executor,
  answers: readonly InductionAnswer[],
): Promise<InductionVerdict[]> {
  if (answers.some(({ hidden }) => hidden.length === 0)) {
    throw new RangeError("an induction task needs at least one hidden example");
  }
  const golds = answers.map(({ hidden, program }) =>
    hidden.map(({ output }) => goldCanonical(output, program.language))
  );
  const outcomes = await executor.runMany(
    answers.flatMap(({ program, hidden }) =>
      hidden.map(({ argument }) => ({ program, argument }))
    ),
  );
  let next = 0;
  return golds.map((expected) => {
    const verdicts = expected.map((gold) => compare(outcomes[next++], gold));
    const matched = verdicts.filter((verdict) => verdict.correct).length;
    const first = verdicts.find((verdict) => !verdict.correct) ?? verdicts[0];
    return { ...first, matched, total: verdicts.length };
  });
}

function compare(outcome: Outcome, gold: string): AnswerVerdict {
  if (outcome.kind === "value") {
    return outcome.canonical === gold
      ? { correct: true, cause: "match" }
      : { correct: false, cause: "different", detail: outcome.literal };
  }
  const cause = outcome.kind === "badArgument" ? "unparsable" : outcome.kind;
  return { correct: false, cause, detail: describeOutcome(outcome) };
}

/** A gold output comes from the executor: one that is no literal is the caller's error. */
function goldCanonical(gold: string, language: Language): string {
  const parsed = parseLiteral(gold, language);
  if (!parsed.ok) {
    throw new TypeError(
      `the gold output ${gold} is not a literal: ${parsed.reason}`,
    );
  }
  return parsed.canonical;
}
