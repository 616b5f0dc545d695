/**
 * The world's configuration: one flat, serialisable record.
 *
 * Two configurations that are equal as JSON give the same programs, documents,
 * splits and vocabulary.
 */

import type { WorldLanguage } from "./operations.ts";
import type { ValueType } from "./value.ts";

/** The kinds of pretraining document. */
export type DocumentKind =
  | "deduction"
  | "abduction"
  | "induction"
  | "proposeDeduction"
  | "proposeAbduction"
  | "proposeInduction"
  | "maths";

/** The kinds whose answers may be traced. */
export type SolverKind = "deduction" | "abduction" | "induction" | "maths";

/** The config of a world: its programs, documents and splits. Shares lie between 0 and 1. */
export interface WorldConfig {
  /** Language of programs in documents, splits and self-play. */
  language: WorldLanguage;
  /**
   * Relative frequency of documents in each language, for worlds with two languages.
   * Absent: all are in `language`. The other language has splits of its own.
   */
  languageWeights?: Record<WorldLanguage, number>;
  /** Names of operations (operations.ts); empty for all. */
  operations: readonly string[];
  /** Relative frequency of input types. */
  inputWeights: Record<ValueType, number>;
  /** Share of list and integer programs that start with a loop. */
  loopShare: number;
  /** Relative frequency of corpus programs of depth 1, 2, 3, … */
  depthWeights: readonly number[];
  /** Relative frequency of document kinds. */
  mixture: Record<DocumentKind, number>;
  /** Share of traced answers, the same at every depth. */
  traceShare: Record<SolverKind, number>;
  /**
   * Share, from 0 to 1, of the traced deductions and abductions whose trace is a
   * sketch: the operations without their values. Such a trace helps less, so
   * self-play can learn to write full ones. Absent: 0.
   */
  sketchShare?: number;
  /**
   * Share, from 0 to 1, of a trace's steps, the last excepted, whose values are left
   * out of traced deductions and abductions. People write their steps down as
   * incompletely. Absent: 0. A curriculum has a share of its own.
   */
  hastyShare?: Partial<Record<SolverKind, number>>;
  /**
   * Form of the traces of deduction and abduction: "steps" (trace.ts) names each
   * operation with its value, "states" (states.ts) rewrites all that is left.
   * Absent: "steps".
   */
  traceForm?: "steps" | "states";
  /**
   * Share, from 0 to 1, of deductions and abductions that are cut, as a long text is at
   * the limit of a context: programs of `cutDepths` whose thought in states ends after 1
   * to `cutSteps` steps. They show how a step is taken, and no answer. Absent: 0.
   */
  cutShare?: number;
  cutDepths?: readonly number[];
  /** Most steps of a cut thought; absent: 1. */
  cutSteps?: number;
  /** Form of the traces of induction; absent: "forwards", on the first example. */
  inductionTrace?: "forwards" | "search";
  /** Share of word problems among maths documents. */
  wordShare: number;
  /** Numbers of operations in the corpus' maths questions. */
  mathsOperations: readonly number[];
  /** Share of proposals whose input is drawn independently of its program. */
  mismatchedShare: number;
  /** Depths of the familiar split, drawn uniformly; [] leaves the split out. */
  familiarDepths: readonly number[];
  /** Depths of the familiar split's induction, which is much harder at equal depth; [] leaves induction out of every split. */
  familiarInductionDepths: readonly number[];
  deepDepths: readonly number[];
  /**
   * So many ordered pairs of operations, drawn by `splitSeed`, are not applied one after
   * the other in the corpus, in generated tasks, in self-play or in any other split. The
   * split `pairs` has programs of `depths` that apply one. Absent: none.
   */
  heldOutPairs?: { count: number; depths: readonly number[] };
  largeDepths: readonly number[];
  /** Depths of the two programs chained in the composed split. */
  composedDepths: readonly number[];
  /** Numbers of operations in the longer maths split's questions; [] leaves the split out. */
  longerMathsOperations: readonly number[];
  /** Items per mode in the familiar split; `otherItems` in each other split. */
  familiarItems: number;
  otherItems: number;
  /** Seed of the splits, independent of the run's seed. */
  splitSeed: number;
}

/** Returns the languages of a world, `language` first. */
export function worldLanguages(
  { language, languageWeights }: WorldConfig,
): WorldLanguage[] {
  const weights = Object.entries(languageWeights ?? {});
  const others = weights.filter(([name, weight]) =>
    name !== language && weight > 0
  );
  return [language, ...others.map(([name]) => name as WorldLanguage)];
}
