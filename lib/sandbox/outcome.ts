/**
 * The requests to the executor and its answers.
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
   * Name of the function to call, or a path such as `Solution().twoSum`; default: `f`.
   * {@link SCRIPT} runs the source and calls nothing.
   */
  entry?: string;
}

/** The entry of a program that is run as a script: its value is None or undefined. */
export const SCRIPT = "__main__";

/** The options of a job besides the plain call. */
export interface JobOptions {
  /** Standard input: Python's `input()` and `sys.stdin`; JavaScript's `readline()`. */
  stdin?: string;
  /** Whether the outcome holds the printed text, as {@link Details} says. */
  captureStdout?: boolean;
  /** Seed, from 0 to 2³² − 1, of `random` and `Math.random`, which are absent without a seed. */
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

/** A program to execute once, and the literal text of its arguments. */
export interface Job extends JobOptions {
  program: Program;
  /** Comma-separated literals, for example `[1,2],"ab"`. Parsed as data, never run. */
  argument: string;
}

/** The parts of an outcome that a job has to ask for. */
export interface Details {
  /** Printed text, at most `limits.stdoutChars` UTF-16 units; of jobs with `captureStdout`. */
  stdout?: string;
  /** Present where the program printed more than `stdout` holds. */
  stdoutCut?: true;
  /** Text and line, from 1, of the test code at which a case threw. */
  failedAt?: { text: "setup" | "case"; line: number };
}

/** The outcome of a job: the cause of its end, by name, and its details. */
export type Outcome = Ending & Details;

/** The causes of a job's end. `fuel` is the number of metered steps used. */
type Ending =
  /** Returned a value. `literal` is its compact source text, `canonical` its equality key. */
  | { kind: "value"; literal: string; canonical: string; fuel: number }
  /** The program threw, or defines no function `f`. */
  | { kind: "thrown"; name: string; message: string; fuel: number }
  /** Used up its fuel, which is the kit's definition of a program that does not terminate. */
  | { kind: "fuel"; fuel: number }
  /** Used up its memory. */
  | { kind: "memory"; fuel: number }
  /** Returned a value that is no data (function, cycle, too large), or used something that is absent. */
  | { kind: "refused"; reason: string; fuel: number }
  /** Gave two values in two runs; of jobs with `twice`. */
  | { kind: "nondeterministic"; reason: string; fuel: number }
  /** The source does not parse. */
  | { kind: "syntax"; message: string }
  /** The argument text is not a list of literals. */
  | { kind: "badArgument"; reason: string }
  /** Forbidden by the static policy before anything ran. */
  | { kind: "policy"; reason: string }
  /** The sandbox failed again on this job alone, which says nothing about the program. */
  | { kind: "infrastructure"; reason: string };

/**
 * A program with test code. The program runs, then `setup`. Each case then runs from the
 * state after `setup`, so that no case affects another. In test code `candidate` is the
 * program's entry, where one is named, and a failed `console.assert` throws.
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

/** The result of a test, with its cases in their order. */
export interface TestReport {
  /** Whether all cases passed. */
  passed: boolean;
  cases: TestCase[];
}

/** The result of a case, which passes if its code runs to the end. */
export interface TestCase {
  passed: boolean;
  /** Outcome of the case; a failed case has `failedAt` where the language gives the line. */
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

/** The engines and limits of an executor. Every run records them, because they decide verdicts. */
export interface ExecutorIdentity {
  engines: Record<string, { name: string; version: string; sha256: string }>;
  limits: Limits;
}

/** Runs programs on inputs, isolated from each other and from the caller. */
export interface Executor {
  readonly identity: ExecutorIdentity;
  /** Runs a job. A program's fault is an outcome and never throws. */
  run(job: Job): Promise<Outcome>;
  /** Runs jobs; outcomes in the order of the jobs. Throws the signal's reason when it is aborted. */
  runMany(
    jobs: readonly Job[],
    options?: { signal?: AbortSignal },
  ): Promise<Outcome[]>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
