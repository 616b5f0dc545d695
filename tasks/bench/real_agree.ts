/**
 * Compares the sandbox with CPython on real programs, and names the cause of every
 * difference.
 *
 * A call agrees if both give a value and the two are equal with their types, or if
 * both raise an error of the same name. Calls that CPython itself does not repeat
 * under two hash seeds are counted apart. A test agrees if it passes.
 */

import {
  describeOutcome,
  type Outcome,
  parseLiteral,
  runWritten,
} from "../../lib/sandbox/mod.ts";
import type { PooledExecutor } from "../../lib/sandbox/executor.ts";
import type { RealCase, Reference } from "./real_cases.ts";

/** A case on which the two do not agree. */
export interface Disagreement {
  id: string;
  cause: string;
}

/** The count of one file. */
export interface Agreement {
  /** Cases that CPython repeats, and of these those on which both agree. */
  of: number;
  agree: number;
  percent: number;
  /** Among those that agree: both raise the same error. */
  raised: number;
  /** Not counted: CPython gives other results under another hash seed. */
  unrepeated: number;
  rows: Disagreement[];
}

/** Limits that the data sets need: long arguments, and loops of 10⁸ steps. */
export const REAL_LIMITS = {
  fuel: 2_000_000_000,
  sourceChars: 131_072,
  literalChars: 131_072,
  valueNodes: 100_000,
};

/** Returns the outcome of every case in the sandbox. */
export async function sandboxOutcomes(
  executor: PooledExecutor,
  cases: readonly RealCase[],
): Promise<Outcome[]> {
  const calls = cases.filter(({ test }) => test === undefined);
  const runs = await runWritten(
    executor,
    calls.map(({ source, entry, argument }) => ({
      program: { language: "python", source, entry },
      argument,
      seed: 0,
    })),
    "official",
    "program",
  );
  let next = 0;
  return await Promise.all(cases.map(async ({ source, entry, test }) => {
    if (test === undefined) return runs[next++].outcome;
    const report = await executor.test({
      program: { language: "python", source, entry },
      setup: test,
      cases: ["check(candidate)"],
      seed: 0,
    });
    return report.cases[0].outcome;
  }));
}

/** Returns the counts of each file, given what CPython made of the cases under two hash seeds. */
export function agreements(
  cases: readonly RealCase[],
  outcomes: readonly Outcome[],
  [references, others]: readonly (readonly Reference[])[],
  cpython: string,
): Record<string, Agreement> {
  const files: Record<string, Agreement> = {};
  cases.forEach((item, i) => {
    const count = files[item.file] ??= {
      ...{ of: 0, agree: 0, percent: 0, raised: 0, unrepeated: 0, rows: [] },
    };
    if (JSON.stringify(references[i]) !== JSON.stringify(others[i])) {
      count.unrepeated++;
      return;
    }
    count.of++;
    const cause = disagreement(item, outcomes[i], references[i], cpython);
    if (cause !== null) count.rows.push({ id: item.id, cause });
    else if ("error" in references[i]) count.raised++;
  });
  for (const count of Object.values(files)) {
    count.agree = count.of - count.rows.length;
    count.percent = Number((100 * count.agree / count.of).toFixed(2));
  }
  return files;
}

/** Returns the cause of a disagreement; null where there is none. */
function disagreement(
  { recorded, source }: RealCase,
  outcome: Outcome,
  reference: Reference,
  cpython: string,
): string | null {
  if ("error" in reference) return errorCause(outcome, reference.error);
  if (outcome.kind !== "value") return outcomeCause(outcome);
  const expected = parseLiteral(recorded ?? reference.value, "python");
  if (!expected.ok) return `CPython's value is no literal: ${expected.reason}`;
  if (expected.canonical === outcome.canonical) return null;
  return valueCause(outcome.literal, expected.literal, source, cpython);
}

function errorCause(outcome: Outcome, error: string): string | null {
  if (outcome.kind === "thrown" && outcome.name === error) return null;
  if (outcome.kind === "memory" && error === "MemoryError") return null;
  if (outcome.kind === "syntax" && error === "SyntaxError") return null;
  if (outcome.kind === "fuel" && error === "Timeout") return null;
  const here = outcome.kind === "thrown" ? outcome.name : outcome.kind;
  return `CPython raises ${error}; here ${here}`;
}

/** Returns an error's name alone: its message may quote the data set. */
function outcomeCause(outcome: Exclude<Outcome, { kind: "value" }>): string {
  const missing = outcome.kind === "thrown" &&
    /^No module named '([\w.]+)'/.exec(outcome.message)?.[1];
  if (missing) return `a package that the sandbox has not: ${missing}`;
  const about = outcome.kind === "thrown"
    ? outcome.name
    : outcome.kind === "refused"
    ? outcome.reason
    : outcome.kind === "badArgument"
    ? "an argument that has no value outside the program"
    : describeOutcome(outcome);
  return `${outcome.kind}: ${about.slice(0, 120)}`;
}

const NUMBER = /-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf|nan)/g;

/** Returns in what two literals differ, with the part of the program that is known to cause it. */
function valueCause(
  here: string,
  there: string,
  source: string,
  cpython: string,
): string {
  const parts = (text: string) => text.split(/[\s,[\](){}]+/).sort().join();
  if (parts(here) === parts(there)) {
    return "the order of a set or of what was made from one";
  }
  if (/\bgetsizeof\b/.test(source)) {
    return "sys.getsizeof: objects are smaller in a 32-bit CPython";
  }
  if (here.replace(NUMBER, "0") !== there.replace(NUMBER, "0")) {
    return "another value";
  }
  const ours = here.match(NUMBER)?.map(Number) ?? [];
  const theirs = there.match(NUMBER)?.map(Number) ?? [];
  const worst = Math.max(
    ...ours.map((x, i) =>
      Math.abs(x - theirs[i]) / Math.max(1, Math.abs(theirs[i]))
    ),
  );
  if (worst > 1e-9) return "another number";
  const isOld = Number(cpython.split(".")[1]) < 12;
  return isOld && /\bsum\(|\bfmean\b|\bmean\(/.test(source)
    ? `sum of floats is compensated since CPython 3.12, and this is ${cpython}`
    : `floats differ by ${worst.toExponential(0)}`;
}
