/**
 * Validation of proposals: a task is accepted only if its program is allowed,
 * parses, terminates, returns a value that can be represented, and the same one
 * again (paper, section 3.3.3). A Python program runs twice, the second time with
 * other hashes and addresses (see `python_mirror.ts`); for JavaScript one run is
 * enough, since every run starts from the same bytes and nothing in reach varies.
 *
 * `auditDeterminism` measures whether runs are equal.
 */

import {
  checkEach,
  checkProgram,
  requireObject,
  requireOneOf,
  requireString,
} from "./checks.ts";
import { describeOutcome } from "./describe.ts";
import { type Reading, runWritten, type WrittenRun } from "./expressions.ts";
import type { Executor, Job, Outcome, Program } from "./outcome.ts";
import { checkPolicy, defaultPolicy, type Policy } from "./policy.ts";

/** A proposed program with one proposed input. */
export interface Proposal {
  program: Program;
  /** The arguments as the model wrote them, separated by commas. */
  argument: string;
}

/** The gold output of a valid proposal, or the named cause of refusal. */
export type ProposalVerdict =
  | {
    valid: true;
    /** The arguments as literals. */
    argument: string;
    output: string;
    canonical: string;
    fuel: number;
  }
  | { valid: false; cause: InvalidCause; reason: string };

/** The outcomes that are not a value. */
export type InvalidCause = Exclude<Outcome["kind"], "value">;

/** Validates proposals; verdicts in their order. A program that the policy forbids does not run. */
export async function validateProposals(
  executor: Executor,
  proposals: readonly Proposal[],
  policy: Policy = defaultPolicy,
  reading: Reading = "official",
): Promise<ProposalVerdict[]> {
  requireOneOf(reading, ["official", "strict"], "reading");
  checkEach(proposals, "proposals", (proposal, at) => {
    const { program, argument } = requireObject(proposal, at);
    checkProgram(program, `${at}.program`);
    requireString(argument, `${at}.argument`);
  });
  const policies = proposals.map(({ program }) => checkPolicy(program, policy));
  const jobs = proposals.filter((_, i) => policies[i].allowed)
    .map(({ program, argument }): Job => ({ program, argument, twice: true }));
  const runs = await runWritten(executor, jobs, reading, "program");
  let next = 0;
  return policies.map((verdict) =>
    verdict.allowed
      ? verdictOf(runs[next++])
      : { valid: false, cause: "policy", reason: verdict.reason }
  );
}

function verdictOf({ argument, outcome }: WrittenRun): ProposalVerdict {
  if (outcome.kind === "value") {
    const { literal, canonical, fuel } = outcome;
    return { valid: true, argument, output: literal, canonical, fuel };
  }
  return {
    valid: false,
    cause: outcome.kind,
    reason: describeOutcome(outcome),
  };
}

/**
 * Runs every job twice and returns the indices of jobs whose outcome or fuel differed;
 * none is expected. The second pass has the opposite order, so that a job that leaves
 * something behind would affect other jobs.
 */
export async function auditDeterminism(
  executor: Executor,
  jobs: readonly Job[],
): Promise<number[]> {
  const forward = await executor.runMany(jobs);
  const backward = (await executor.runMany(jobs.toReversed())).reverse();
  return jobs.flatMap((_, i) =>
    JSON.stringify(forward[i]) === JSON.stringify(backward[i]) ? [] : [i]
  );
}
