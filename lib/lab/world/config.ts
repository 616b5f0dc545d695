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

export interface WorldConfig {
  /** Language of programs in documents, splits and self-play. */
  language: WorldLanguage;
  /**
   * How often documents are written in each language, for worlds with two;
   * absent: always in `language`. The other one has splits of its own.
   */
  languageWeights?: Record<WorldLanguage, number>;
  /** Names from the operation catalogue; empty means all. */
  operations: readonly string[];
  /** How often each input type is drawn. */
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
  /** How traces of induction are written; absent: forwards, the first example. */
  inductionTrace?: "forwards" | "search";
  /** Share of word problems among maths documents. */
  wordShare: number;
  /** Operations in a maths question of the corpus. */
  mathsOperations: readonly number[];
  /** Share of proposals whose input is drawn without regard to its program. */
  mismatchedShare: number;
  /** Depths, drawn uniformly, of the evaluation splits; [] leaves a split out. */
  familiarDepths: readonly number[];
  /** The same for induction, which is much harder at equal depth. */
  familiarInductionDepths: readonly number[];
  deepDepths: readonly number[];
  largeDepths: readonly number[];
  /** Depths of the two programs chained in the composed split. */
  composedDepths: readonly number[];
  /** Operations in the questions of the longer maths split; [] leaves it out. */
  longerMathsOperations: readonly number[];
  /** Items per mode: in the familiar split, and in each other one. */
  familiarItems: number;
  otherItems: number;
  /** Seed of the splits, independent of the run's seed. */
  splitSeed: number;
}

/** The languages of a world, `language` first. */
export function worldLanguages(
  { language, languageWeights }: WorldConfig,
): WorldLanguage[] {
  const weights = Object.entries(languageWeights ?? {});
  const others = weights.filter(([name, weight]) =>
    name !== language && weight > 0
  );
  return [language, ...others.map(([name]) => name as WorldLanguage)];
}
