/**
 * Deduction: given a program and an input, predict the output. The program is not
 * run again, and an answer that is an expression does not see it.
 */

import { verifyDeductions } from "../../sandbox/mod.ts";
import { verifyDistinct } from "./distinct.ts";
import type { Mode } from "./mode.ts";
import { validateTriplets } from "./triplet.ts";

/** Predicts the output of a call. Deduction and abduction share their valid triplets as seeds. */
export const deduction: Mode = {
  name: "deduction",
  writesProgram: true,
  drawsFrom: ["deduction"],
  seededBy: ["deduction", "abduction"],
  identityOutput: (text) => text,
  shownCount: () => 1,
  answerIn: ({ output }) => output,
  validate: validateTriplets,
  verify(executor, attempts, judging) {
    return verifyDistinct(
      attempts,
      (distinct) =>
        verifyDeductions(
          executor,
          distinct.map(({ task, answer }) => ({
            gold: task.examples[0].output,
            answer,
            language: task.program.language,
          })),
          judging,
        ),
    );
  },
};
