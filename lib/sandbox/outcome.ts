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
}

/** One execution: a program and the literal text of its arguments. */
export interface Job {
  program: Program;
  /** Comma-separated literals, for example `[1,2],"ab"`. Parsed as data, never run. */
  argument: string;
}

/** Why a job ended as it did. `fuel` is the number of metered steps used. */
export type Outcome =
  /** Returned a value. `literal` is its compact source text, `canonical` its equality key. */
  | { kind: "value"; literal: string; canonical: string; fuel: number }
  /** The program threw, or defines no function `f`. */
  | { kind: "thrown"; name: string; message: string; fuel: number }
  /** Used up its fuel: does not terminate, by the kit's definition. */
  | { kind: "fuel"; fuel: number }
  /** Used up its memory. */
  | { kind: "memory"; fuel: number }
  /** Returned something that is not representable data (function, cycle, too large). */
  | { kind: "refused"; reason: string; fuel: number }
  /** The source does not parse. */
  | { kind: "syntax"; message: string }
  /** The argument text is not a list of literals. */
  | { kind: "badArgument"; reason: string }
  /** Forbidden by the static policy before anything ran. */
  | { kind: "policy"; reason: string }
  /** The sandbox failed twice, on this program alone too. Says nothing about the program. */
  | { kind: "infrastructure"; reason: string };

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
