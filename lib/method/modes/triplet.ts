/**
 * Validation of (program, input) candidates, which deduction and abduction share.
 *
 * A candidate is valid if the policy allows the program, the input parses, and
 * two runs return the same representable value. That value is the gold output.
 */

import {
  type Executor,
  parseArguments,
  validateProposals,
} from "../../sandbox/mod.ts";
import type { Dialect } from "./dialect.ts";
import type { Candidate, CandidateVerdict } from "./mode.ts";

/** Verdicts on the candidates' first inputs, in order. */
export async function validateTriplets(
  executor: Executor,
  candidates: readonly Candidate[],
  dialect: Dialect,
): Promise<CandidateVerdict[]> {
  const items = candidates.map((candidate) => ({
    program: candidate.program,
    argument: candidate.arguments[0],
  }));
  const verdicts = await validateProposals(executor, items);
  return verdicts.map((verdict, i): CandidateVerdict => {
    if (!verdict.valid) {
      return { valid: false, cause: verdict.cause, reason: verdict.reason };
    }
    const { program, argument } = items[i];
    const example = {
      argument: compactArgument(argument, program.language),
      output: verdict.output,
    };
    const texts = [program.source, example.argument, example.output];
    if (texts.some((text) => dialect.isUnsafe(text))) {
      return {
        valid: false,
        cause: "markerInTask",
        reason: "a prompt could not show it without confusing its markers",
      };
    }
    return { valid: true, examples: [example] };
  });
}

/** An argument list in its one compact form, so that equal inputs are equal texts. */
export function compactArgument(
  argument: string,
  language: Candidate["program"]["language"],
): string {
  const parsed = parseArguments(argument, language);
  return parsed.ok ? parsed.literals.join(",") : argument.trim();
}
