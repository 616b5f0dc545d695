/**
 * Sums over proposals, from which their metrics are made, and over the tokens of a step.
 *
 * Seeding is counted round by round, and a run that is stopped in it keeps the
 * sums and not the responses. All sums run in the order of the proposals, so that
 * rounds counted one by one and all at once give the same bits.
 */

import type {
  CreditedSample,
  Reported,
  Response,
  SolvedTask,
} from "./stages.ts";

/** A number of values and their sum. As JSON, a sum that is no number is null. */
interface Sum {
  count: number;
  sum: number | null;
}

/** Sums over responses. */
export interface ResponseTally {
  responseTokens: Sum;
  promptTokens: Sum;
  /** Responses cut at the token limit. */
  cut: Sum;
  logProbs: Sum;
}

/** Sums over proposals of one mode, as JSON. */
export interface ProposerTally {
  proposals: number;
  statuses: Record<string, number>;
  /** Number of failures by cause. */
  failures: Record<string, number>;
  /** Texts of the distinct programs that ran. */
  programs: string[];
  programCharacters: Sum;
  /** Tasks whose output is their input. */
  identities: Sum;
  rewards: Sum;
  responses: ResponseTally;
  intrinsic: Record<string, Sum>;
}

/** The intrinsic measures that are averaged. */
export const INTRINSIC = [
  "complexity",
  "halstead",
  "editDistance",
  "answerDiversity",
] as const;

/** Returns the mean of what was summed; null of nothing. */
export function meanOf({ count, sum }: Sum): number | null {
  return count === 0 ? null : (sum ?? NaN) / count;
}

/** Adds responses to a tally of responses, by default to an empty one. */
export function tallyResponses(
  responses: readonly Response[],
  before?: ResponseTally,
): ResponseTally {
  const add = (name: keyof ResponseTally, values: readonly number[]) =>
    sumOf(values, before?.[name]);
  return {
    responseTokens: add(
      "responseTokens",
      responses.map(({ sample }) => sample.tokens.length),
    ),
    promptTokens: add(
      "promptTokens",
      responses.map(({ promptTokens }) => promptTokens.length),
    ),
    cut: add(
      "cut",
      responses.map(({ sample }) => sample.finish === "length" ? 1 : 0),
    ),
    logProbs: add(
      "logProbs",
      responses.flatMap(({ sample }) => sample.logProbs),
    ),
  };
}

/** Adds proposals of one mode to a tally, by default to an empty one. */
export function tallyProposals(
  proposals: readonly Reported[],
  before?: ProposerTally,
): ProposerTally {
  const tasks = proposals.flatMap(({ task }) => task ?? []);
  const failures = proposals.filter(({ status }) => status !== "valid");
  const measured = proposals.flatMap(({ intrinsic }) => intrinsic ?? []);
  const sources = tasks.map(({ program }) => program.source);
  return {
    proposals: (before?.proposals ?? 0) + proposals.length,
    statuses: countOf(proposals.map(({ status }) => status), before?.statuses),
    failures: countOf(failures.map(({ cause }) => cause), before?.failures),
    programs: [...new Set([...before?.programs ?? [], ...sources])],
    programCharacters: sumOf(
      sources.map(({ length }) => length),
      before?.programCharacters,
    ),
    identities: sumOf(
      tasks.map(({ examples }) =>
        examples.every((e) => e.argument === e.output) ? 1 : 0
      ),
      before?.identities,
    ),
    rewards: sumOf(
      proposals.flatMap(({ reward }) => reward ?? []),
      before?.rewards,
    ),
    responses: tallyResponses(
      proposals.flatMap(({ response }) => response ?? []),
      before?.responses,
    ),
    intrinsic: Object.fromEntries(
      INTRINSIC.map((name) => [
        name,
        sumOf(
          measured.flatMap((measures) => measures[name] ?? []),
          before?.intrinsic[name],
        ),
      ]),
    ),
  };
}

function sumOf(
  values: readonly number[],
  before: Sum = { count: 0, sum: 0 },
): Sum {
  return {
    count: before.count + values.length,
    sum: values.reduce((sum, value) => sum + value, before.sum ?? NaN),
  };
}

/** Counts names, in alphabetical order so that equal counts are equal texts. */
export function countOf(
  names: readonly string[],
  before: Record<string, number> = {},
): Record<string, number> {
  const counts = new Map(Object.entries(before));
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(
    [...counts].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0),
  );
}

/** Counts the tokens that were sampled in a step and those that trained. */
export function countTokens(
  proposals: readonly { response: Response | null }[],
  solved: readonly SolvedTask[],
  samples: readonly CreditedSample[],
): { sampledTokens: number; trainedTokens: number } {
  const count = (rows: readonly { response: Response | null }[]) =>
    rows.reduce((n, row) => n + (row.response?.sample.tokens.length ?? 0), 0);
  const rollouts = solved.flatMap(({ rollouts }) => rollouts);
  return {
    sampledTokens: count(proposals) + count(rollouts),
    trainedTokens: count(samples),
  };
}
