/**
 * The checks of jobs and options before anything starts. Each throws with the field that
 * has a wrong type or value.
 */

import { parseEntry } from "./entry.ts";
import { checkLimits } from "./limits.ts";
import {
  type Job,
  type JobOptions,
  type Language,
  type Limits,
  type Program,
  SCRIPT,
  type TestRun,
} from "./outcome.ts";

export const LANGUAGES: readonly Language[] = [
  "javascript",
  "typescript",
  "python",
];
const JOB_LIMITS = ["fuel", "memoryBytes"];
const JOB_OPTIONS = ["stdin", "captureStdout", "seed", "limits", "twice"];
const LARGEST_SEED = 2 ** 32 - 1;

/** Throws a TypeError or RangeError that names the first wrong field of a job. */
export function checkJob(job: Job, limits: Limits, at: string): void {
  checkProgram(requireObject(job, at).program, `${at}.program`);
  requireString(job.argument, `${at}.argument`);
  requireFields(job, ["program", "argument", ...JOB_OPTIONS], at);
  checkJobOptions(job, limits, at);
  if (job.program.entry === SCRIPT && job.argument.trim() !== "") {
    throw new TypeError(
      `${at}.argument must be empty for the entry ${SCRIPT}: nothing is called`,
    );
  }
}

/** Throws a TypeError or RangeError that names the first wrong field of a test. */
export function checkTest(test: TestRun, limits: Limits, at: string): void {
  checkProgram(requireObject(test, at).program, `${at}.program`);
  requireFields(test, ["program", "setup", "cases", ...JOB_OPTIONS], at);
  if (test.setup !== undefined) requireString(test.setup, `${at}.setup`);
  if (!Array.isArray(test.cases) || test.cases.length === 0) {
    throw new TypeError(`${at}.cases must be a list of one text or more`);
  }
  test.cases.forEach((text, i) => requireString(text, `${at}.cases[${i}]`));
  for (const text of [test.setup ?? "", ...test.cases]) {
    if (text.length <= limits.sourceChars) continue;
    throw new RangeError(
      `${at}: test code longer than limits.sourceChars, ${limits.sourceChars}`,
    );
  }
  if (test.program.entry === SCRIPT) {
    throw new TypeError(`${at}.program.entry: a test calls no script`);
  }
  checkJobOptions(test, limits, at);
}

export function checkProgram(program: Program, at: string): void {
  checkLanguage(requireObject(program, at).language, `${at}.language`);
  requireString(program.source, `${at}.source`);
  requireFields(program, ["language", "source", "entry"], at);
  const { entry } = program;
  if (entry === undefined) return;
  requireString(entry, `${at}.entry`);
  if (parseEntry(entry) === null) {
    throw new TypeError(
      `${at}.entry must be a name or a path such as Solution().f, not ` +
        JSON.stringify(entry.slice(0, 80)),
    );
  }
}

export function checkLanguage(language: unknown, at: string): void {
  requireOneOf(language, LANGUAGES, at);
}

export function requireOneOf(
  value: unknown,
  names: readonly string[],
  at: string,
): void {
  if (names.includes(value as string)) return;
  throw new TypeError(
    `${at} must be one of ${names.join(", ")}, not ${shown(value)}`,
  );
}

/** A misspelt field is refused: it would do nothing. */
function requireFields(
  value: object,
  names: readonly string[],
  at: string,
): void {
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(
    `${at} has no field "${unknown}"; there are ${names.join(", ")}`,
  );
}

function checkJobOptions(options: JobOptions, limits: Limits, at: string) {
  const { stdin, captureStdout, seed, twice } = options;
  if (stdin !== undefined) {
    requireString(stdin, `${at}.stdin`);
    if (stdin.length > limits.stdinChars) {
      throw new RangeError(
        `${at}.stdin is longer than limits.stdinChars, ${limits.stdinChars}`,
      );
    }
  }
  for (const [name, value] of Object.entries({ captureStdout, twice })) {
    if (value === undefined || typeof value === "boolean") continue;
    throw new TypeError(
      `${at}.${name} must be true or false, not ${shown(value)}`,
    );
  }
  if (seed !== undefined) requireInteger(seed, 0, LARGEST_SEED, `${at}.seed`);
  if (options.limits !== undefined) {
    checkLimits(options.limits, `${at}.limits`, JOB_LIMITS);
  }
}

export function requireInteger(
  value: unknown,
  least: number,
  most: number,
  at: string,
): void {
  if (typeof value !== "number") {
    throw new TypeError(`${at} must be a number, not ${shown(value)}`);
  }
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `${at} must be an integer from ${least} to ${most}, not ${value}`,
  );
}

export function requireObject<T>(value: T, at: string): T {
  if (
    typeof value === "object" && value !== null && !Array.isArray(value)
  ) return value;
  throw new TypeError(`${at} must be an object, not ${shown(value)}`);
}

/** Checks each item of a list, holes among them, by its place. */
export function checkEach<T>(
  list: readonly T[],
  at: string,
  check: (item: T, at: string) => void,
): void {
  if (!Array.isArray(list)) {
    throw new TypeError(`${at} must be a list, not ${shown(list)}`);
  }
  for (const [i, item] of list.entries()) check(item, `${at}[${i}]`);
}

export function requireString(value: unknown, at: string): void {
  if (typeof value === "string") return;
  throw new TypeError(`${at} must be a string, not ${shown(value)}`);
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : `${value}`;
  return `${text.slice(0, 80)} (${value === null ? "null" : typeof value})`;
}
