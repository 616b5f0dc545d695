/**
 * Abduction: given a program and an output, find an input. Any input that gives
 * the output is right, not only the proposer's.
 */

import { verifyAbductions } from "../../sandbox/mod.ts";
import { verifyDistinct } from "./distinct.ts";
import type { Mode } from "./mode.ts";
import { validateTriplets } from "./triplet.ts";

/** Finds an input for an output. Deduction and abduction share their valid triplets as seeds. */
export const abduction: Mode = {
  name: "abduction",
  writesProgram: true,
  drawsFrom: ["abduction"],
  seededBy: ["deduction", "abduction"],
  identityOutput: (text) => text,
  shownCount: () => 1,
  answerIn: ({ argument }) => argument,
  validate: validateTriplets,
  verify(executor, attempts, judging) {
    return verifyDistinct(
      attempts,
      (distinct) =>
        verifyAbductions(
          executor,
          distinct.map(({ task, answer }) => ({
            program: task.program,
            gold: task.examples[0].output,
            answer,
          })),
          judging,
        ),
    );
  },
};
