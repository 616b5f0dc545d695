/** Deduction: given a program and an input, predict the output. */

import { verifyDeduction } from "../../sandbox/mod.ts";
import type { Mode } from "./mode.ts";
import { validateTriplets } from "./triplet.ts";

export const deduction: Mode = {
  name: "deduction",
  validate: validateTriplets,
  /** Compared as data: nothing runs, and the answer is never evaluated. */
  verify(_executor, attempts, judging) {
    return Promise.resolve(
      attempts.map(({ task, answer }) =>
        verifyDeduction(
          task.examples[0].output,
          answer,
          task.program.language,
          judging,
        )
      ),
    );
  },
};
