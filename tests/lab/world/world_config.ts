/** A world of all operations for the tests. */

import type { WorldConfig } from "../../../lib/lab/world/config.ts";

export const TEST_WORLD: WorldConfig = {
  language: "javascript",
  operations: [],
  inputWeights: { integer: .36, list: .36, string: .28 },
  loopShare: .1,
  depthWeights: [.1, .2, .24, .22, .14, .1],
  mixture: {
    deduction: .27,
    abduction: .24,
    induction: .18,
    proposeDeduction: .07,
    proposeAbduction: .07,
    proposeInduction: .05,
    maths: .12,
  },
  traceShare: { deduction: .3, abduction: .3, induction: .3, maths: .15 },
  wordShare: .4,
  mathsOperations: [2, 3, 4],
  mismatchedShare: .15,
  familiarDepths: [2, 3, 4],
  familiarInductionDepths: [1, 2, 3],
  deepDepths: [5, 6],
  largeDepths: [2, 3, 4],
  composedDepths: [3, 4],
  longerMathsOperations: [5],
  familiarItems: 60,
  otherItems: 40,
  splitSeed: 11,
};
