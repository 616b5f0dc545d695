/**
 * Induction: given some input-output pairs (and a message), write the program.
 * All hidden pairs must match; the shown ones need not be checked, since a
 * program that only repeats them fails the hidden ones.
 *
 * The first half of the inputs is shown and the second hidden, in the paper and
 * in the official code. That code takes equal inputs for different ones, so that
 * a hidden pair may be a shown one (in up to a tenth of its published seeds); by
 * the rule `repeatedInputs` they can be kept distinct.
 */

import { type Executor, verifyInductions } from "../../sandbox/mod.ts";
import { verifyDistinct } from "./distinct.ts";
import { type Dialect, PAPER_READING, type ReadingRules } from "./dialect.ts";
import type { Candidate, CandidateVerdict, Mode } from "./mode.ts";
import type { Example } from "./task.ts";
import { validateTriplets } from "./triplet.ts";

/**
 * Runs the program on every input at once. Invalid inputs are dropped, and where
 * the rules say so repeated ones; the candidate is a task if enough are left.
 */
async function validateInputs(
  executor: Executor,
  candidates: readonly Candidate[],
  dialect: Dialect,
  rules: ReadingRules = PAPER_READING,
): Promise<CandidateVerdict[]> {
  const calls = candidates.flatMap((candidate, owner) =>
    candidate.arguments.map((argument) => ({
      owner,
      candidate: { ...candidate, arguments: [argument] },
    }))
  );
  const verdicts = await validateTriplets(
    executor,
    calls.map(({ candidate }) => candidate),
    dialect,
    rules,
  );
  const { minimum, asked } = dialect.induction;
  return candidates.map((candidate, owner): CandidateVerdict => {
    if (dialect.isUnsafe(candidate.message, rules)) {
      return {
        valid: false,
        cause: "markerInTask",
        reason: "the message holds markers of the prompt",
      };
    }
    const mine = verdicts.filter((_, i) => calls[i].owner === owner);
    const valid = mine.flatMap((verdict) =>
      verdict.valid ? verdict.examples : []
    );
    const kept = rules.repeatedInputs === "drop" ? distinct(valid) : valid;
    const examples = kept.slice(0, asked);
    if (examples.length >= minimum) return { valid: true, examples };
    const failure = mine.find((verdict) => !verdict.valid);
    return {
      valid: false,
      cause: "tooFewInputs",
      reason: `${examples.length} valid inputs, ${minimum} needed` +
        (failure && !failure.valid ? `; first failure: ${failure.cause}` : ""),
    };
  });
}

/** Returns the first example of each input. */
function distinct(examples: readonly Example[]): Example[] {
  const places = new Map(
    examples.toReversed().map((example) => [example.argument, example]),
  );
  return examples.filter((example) => places.get(example.argument) === example);
}

/** Writes a program from examples. Its tasks take their programs from deduction and abduction. */
export const induction: Mode = {
  name: "induction",
  writesProgram: false,
  drawsFrom: ["deduction", "abduction"],
  seededBy: ["induction"],
  identityOutput: () => null,
  shownCount: ({ shown }) => shown,
  answerIn: ({ output }) => output,
  validate: validateInputs,
  verify(executor, attempts, judging) {
    return verifyDistinct(
      attempts,
      (distinct) =>
        verifyInductions(
          executor,
          distinct.map(({ task, answer }) => ({
            program: { language: task.program.language, source: answer },
            hidden: task.examples.slice(task.shownCount),
          })),
          judging,
        ),
    );
  },
};
