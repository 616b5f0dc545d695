/**
 * What a language has to bring: an engine that runs inside a child process, and
 * the recipe by which the parent starts such a child.
 *
 * The pool, the frames and the verdicts know nothing else about a language.
 */

import type { JobOptions, Language, Limits, Outcome } from "./outcome.ts";

/** How to run, where it is not a plain call of `f`. */
export interface RunSetting extends JobOptions {
  entry?: string;
  /** Present for a test: its shared code. The argument texts are then cases. */
  testSetup?: string;
}

/** Runs one program at a time, each from an identical state. Lives in a child process. */
export interface LanguageEngine {
  /**
   * One program on several arguments, each as if it had run alone: same outcome,
   * same fuel.
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
   * Compares all that could stay behind with the state at the start. False: it
   * differs, or did before an instance was thrown away, and no outcome since the
   * last audit can be trusted; the engine goes on with a new instance.
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

/** How the parent starts children of one engine. */
export interface EngineRecipe {
  name: EngineName;
  languages: readonly Language[];
  /** Stored with every run: what decides the verdicts, besides the limits. */
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
