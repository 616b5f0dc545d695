/**
 * Validation of (program, input) candidates, which deduction and abduction share.
 *
 * A candidate is valid if the policy allows the program, the input has a value, and
 * the program returns a representable one, the same each time: the gold output.
 */

import {
  defaultPolicy,
  type Executor,
  validateProposals,
} from "../../sandbox/mod.ts";
import { type Dialect, PAPER_READING, type ReadingRules } from "./dialect.ts";
import type { Candidate, CandidateVerdict } from "./mode.ts";

/** Returns the verdicts on the candidates with their first inputs, in order. */
export async function validateTriplets(
  executor: Executor,
  candidates: readonly Candidate[],
  dialect: Dialect,
  rules: ReadingRules = PAPER_READING,
): Promise<CandidateVerdict[]> {
  const items = candidates.map((candidate) => ({
    program: candidate.program,
    argument: candidate.arguments[0],
  }));
  const verdicts = await validateProposals(
    executor,
    items,
    defaultPolicy,
    rules.reading,
  );
  return verdicts.map((verdict, i): CandidateVerdict => {
    if (!verdict.valid) {
      return { valid: false, cause: verdict.cause, reason: verdict.reason };
    }
    const { program } = items[i];
    const example = { argument: verdict.argument, output: verdict.output };
    const texts = [program.source, example.argument, example.output];
    if (texts.some((text) => dialect.isUnsafe(text, rules))) {
      return {
        valid: false,
        cause: "markerInTask",
        reason: "a prompt could not show it without confusing its markers",
      };
    }
    return { valid: true, examples: [example] };
  });
}
