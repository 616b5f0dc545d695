/**
 * Induction: given some input-output pairs (and a message), write the program.
 * All hidden pairs must match; the shown ones need not be checked, since a
 * program that only repeats them fails the hidden ones.
 *
 * The first half of the inputs is shown and the second hidden, in the paper and
 * in the official code. That code takes equal inputs for different ones, so that
 * a hidden pair may be a shown one (in up to a tenth of its published seeds);
 * here they are distinct.
 */

import {
  type Executor,
  type Reading,
  verifyInductions,
} from "../../sandbox/mod.ts";
import { verifyDistinct } from "./distinct.ts";
import type { Dialect } from "./dialect.ts";
import type { Candidate, CandidateVerdict, Mode } from "./mode.ts";
import type { Example } from "./task.ts";
import { validateTriplets } from "./triplet.ts";

/**
 * Runs the program on every input at once. Invalid inputs and repeated ones are
 * dropped; the candidate is a task if enough are left.
 */
async function validateInputs(
  executor: Executor,
  candidates: readonly Candidate[],
  dialect: Dialect,
  reading: Reading = "official",
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
    reading,
  );
  const { minimum, asked } = dialect.induction;
  return candidates.map((candidate, owner): CandidateVerdict => {
    if (dialect.isUnsafe(candidate.message)) {
      return {
        valid: false,
        cause: "markerInTask",
        reason: "the message holds markers of the prompt",
      };
    }
    const mine = verdicts.filter((_, i) => calls[i].owner === owner);
    const found = new Map<string, Example>();
    for (const verdict of mine) {
      if (!verdict.valid) continue;
      const [example] = verdict.examples;
      found.set(example.argument, found.get(example.argument) ?? example);
    }
    const examples = [...found.values()].slice(0, asked);
    if (examples.length >= minimum) return { valid: true, examples };
    const failure = mine.find((verdict) => !verdict.valid);
    return {
      valid: false,
      cause: "tooFewInputs",
      reason: `${examples.length} distinct valid inputs, ${minimum} needed` +
        (failure && !failure.valid ? `; first failure: ${failure.cause}` : ""),
    };
  });
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
      ({ task, answer }) => JSON.stringify([task.program, task.id, answer]),
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
