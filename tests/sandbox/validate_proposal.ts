/** Validating one proposal, which most tests do. */

import {
  type Executor,
  type Program,
  validateProposals,
} from "../../lib/sandbox/mod.ts";
import type { ProposalVerdict } from "../../lib/sandbox/validate.ts";

/** Returns the verdict on a program with one proposed input, by the default policy. */
export async function validateProposal(
  executor: Executor,
  program: Program,
  argument: string,
): Promise<ProposalVerdict> {
  return (await validateProposals(executor, [{ program, argument }]))[0];
}
