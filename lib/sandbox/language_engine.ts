/**
 * The interface of a language: an engine that runs inside a child process, and the
 * recipe by which the parent starts that child. The pool, the frames and the verdicts
 * use nothing else of a language.
 */

import type { JobOptions, Language, Limits, Outcome } from "./outcome.ts";

/** The options of a run besides the plain call of `f`. */
export interface RunSetting extends JobOptions {
  entry?: string;
  /** Shared code of a test; present in tests only, whose argument texts are the cases. */
  testSetup?: string;
}

/** Runs one program at a time, each from an identical state. Lives in a child process. */
export interface LanguageEngine {
  /**
   * Runs one program on several arguments, each with the outcome and the fuel of a run
   * by itself.
   *
   * @param language one of the recipe's languages
   * @param source the program, already within `limits.sourceChars`
   * @param argumentTexts for each run the comma-separated literals as a model wrote
   *   them, possibly none: parsed as data before anything of the guest runs
   * @param limits the executor's, with those of the job in their place
   * @returns the outcomes, in order, best as each is known; every cause that the
   *   program can bring about is an outcome, and an exception means the engine itself
   *   is broken
   */
  runEach(
    language: Language,
    source: string,
    argumentTexts: readonly string[],
    limits: Limits,
    setting?: RunSetting,
  ): Iterable<Outcome>;

  /** Whether a trap has ended a run since the last audit, so that one is due. */
  readonly isSuspect: boolean;

  /**
   * Compares the interpreter's state with the state at the start. Returns false where
   * it differs, or did before an instance was dropped. No outcome since the last audit
   * can then be trusted, and the engine continues with a new instance.
   */
  audit(): boolean;
}

/** Makes an engine inside the child, from the bytes that the parent sent on stdin. */
export type StartEngine = (
  payload: Uint8Array<ArrayBuffer>,
  limits: Limits,
) => Promise<LanguageEngine>;

/** A pinned module. */
export interface EngineIdentity {
  name: string;
  version: string;
  sha256: string;
}

/** Names of the engines, one child program each; see `child.ts`. */
export type EngineName = "quickjs" | "pyodide";

/** The recipe by which the parent starts children of one engine. */
export interface EngineRecipe {
  name: EngineName;
  languages: readonly Language[];
  /** The module that decides the verdicts, besides the limits; every run records it. */
  identity: EngineIdentity;
  /** Further modules that decide verdicts, by name. */
  parts?: Record<string, EngineIdentity>;
  /** Permission flags of the child, for example a read permission for its own files. */
  permissions: readonly string[];
  /** V8 flags of the child. */
  v8Flags: readonly string[];
  /** Sent once to every child at start: the metered module. Made once by the parent. */
  payload: Uint8Array<ArrayBuffer>;
}
