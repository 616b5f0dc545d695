/**
 * What the executor is asked and what it answers: the vocabulary of the sandbox.
 *
 * Every outcome has a name for its cause. No caller ever searches a message:
 * the official code decides success by looking for the substring "error" in a
 * status line, which is how its determinism filter came to reject nothing.
 */

/** The languages a program may be written in. */
export type Language = "javascript" | "typescript" | "python";

/**
 * A program: source text that defines a function named `f`, or that is one
 * function expression (`x=>x+1`, `lambda x: x+1`).
 */
export interface Program {
  language: Language;
  source: string;
  /**
   * What is called instead of `f`: another name, or a path such as
   * `Solution().twoSum`. {@link SCRIPT} runs the source and calls nothing.
   */
  entry?: string;
}

/** The entry of a program that is run as a script: its value is None or undefined. */
export const SCRIPT = "__main__";

/** What a job may ask for besides the plain call. */
export interface JobOptions {
  /** Standard input: Python's `input()` and `sys.stdin`; JavaScript's `readline()`. */
  stdin?: string;
  /** Whether the outcome brings what was printed, as {@link Details} says. */
  captureStdout?: boolean;
  /** Makes `random` and `Math.random` available, seeded; from 0 to 2³² − 1. */
  seed?: number;
  /** Bounds for this job alone. */
  limits?: JobLimits;
  /**
   * Whether a Python program runs a second time, with other hashes and addresses,
   * and ends as `nondeterministic` if its value differs. In JavaScript nothing
   * differs from run to run: there one run decides.
   */
  twice?: boolean;
}

/**
 * Bounds that a job may set for itself. For Python too `memoryBytes` is then what is
 * free to the program, to about a megabyte.
 */
export type JobLimits = Partial<Pick<Limits, "fuel" | "memoryBytes">>;

/** One execution: a program and the literal text of its arguments. */
export interface Job extends JobOptions {
  program: Program;
  /** Comma-separated literals, for example `[1,2],"ab"`. Parsed as data, never run. */
  argument: string;
}

/** What an outcome brings only where it was asked for. */
export interface Details {
  /** What was printed, at most `limits.stdoutChars`; of jobs with `captureStdout`. */
  stdout?: string;
  /** Present when more was printed than `stdout` holds. */
  stdoutCut?: true;
  /** Where in the test code a case failed; of cases that threw. Lines count from 1. */
  failedAt?: { text: "setup" | "case"; line: number };
}

/** Why a job ended as it did. */
export type Outcome = Ending & Details;

/** The causes. `fuel` is the number of metered steps used. */
type Ending =
  /** Returned a value. `literal` is its compact source text, `canonical` its equality key. */
  | { kind: "value"; literal: string; canonical: string; fuel: number }
  /** The program threw, or defines no function `f`. */
  | { kind: "thrown"; name: string; message: string; fuel: number }
  /** Used up its fuel: does not terminate, by the kit's definition. */
  | { kind: "fuel"; fuel: number }
  /** Used up its memory. */
  | { kind: "memory"; fuel: number }
  /** Returned what is no data (function, cycle, too large), or asked for what is not there. */
  | { kind: "refused"; reason: string; fuel: number }
  /** Gave two values in two runs; of jobs with `twice`. */
  | { kind: "nondeterministic"; reason: string; fuel: number }
  /** The source does not parse. */
  | { kind: "syntax"; message: string }
  /** The argument text is not a list of literals. */
  | { kind: "badArgument"; reason: string }
  /** Forbidden by the static policy before anything ran. */
  | { kind: "policy"; reason: string }
  /** The sandbox failed twice, on this program alone too. Says nothing about the program. */
  | { kind: "infrastructure"; reason: string };

/**
 * A program against test code. The program runs, then `setup`, then each case by
 * itself, from the state that the two left: no case sees what another did. In test
 * code `candidate` is the program's entry, where one is named, and a failed
 * `console.assert` throws.
 *
 * The expected values of a test are in the sandbox, next to the program, which can
 * look at them or replace what the test calls. To judge programs that may cheat,
 * run jobs and compare their values outside.
 */
export interface TestRun extends JobOptions {
  program: Program;
  /** Test code that the cases share: definitions. */
  setup?: string;
  cases: readonly string[];
}

/** What became of a test, case by case in their order. */
export interface TestReport {
  /** Whether all cases passed. */
  passed: boolean;
  cases: TestCase[];
}

/** One case. It passed if its code ran to its end. */
export interface TestCase {
  passed: boolean;
  /** Of a failed case the cause, with `failedAt` where the language tells. */
  outcome: Outcome;
}

/** Bounds on one execution. Part of every run's record: changing one can change a verdict. */
export interface Limits {
  /** Metered steps before a program counts as not terminating. */
  fuel: number;
  /**
   * Bytes of guest memory, of JavaScript and TypeScript. Python's is fixed: an
   * interpreter of 96 MiB, of which about 75 MiB are free to a program.
   */
  memoryBytes: number;
  /** Longest source accepted, in UTF-16 units. */
  sourceChars: number;
  /** Longest standard input accepted, in UTF-16 units. */
  stdinChars: number;
  /** Most of a program's output that its outcome keeps, in UTF-16 units. */
  stdoutChars: number;
  /** Longest literal text of an argument list or of a result. */
  literalChars: number;
  /** Most nodes in an argument or a result. */
  valueNodes: number;
  /** Deepest nesting in an argument or a result. */
  valueDepth: number;
  /** Wall-clock backstop for a batch; its firing is an infrastructure error, never a verdict. */
  wallMs: number;
}

/** What identifies an executor: stored with every run, since it decides verdicts. */
export interface ExecutorIdentity {
  engines: Record<string, { name: string; version: string; sha256: string }>;
  limits: Limits;
}

/** Runs programs on inputs, isolated from each other and from the caller. */
export interface Executor {
  readonly identity: ExecutorIdentity;
  run(job: Job): Promise<Outcome>;
  /** Results in the order of the jobs. Aborting rejects with the signal's reason. */
  runMany(
    jobs: readonly Job[],
    options?: { signal?: AbortSignal },
  ): Promise<Outcome[]>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
