/**
 * Intrinsic measures of the programs of a step's valid proposals. They are always logged
 * and change the reward where a coefficient is not 0.
 *
 * Programs are measured as in the official code, with its constants. The distance
 * to the references is its sequence ratio: a tree edit distance takes 30 times as
 * long (0.2 s for a pair of 60 lines) and gives much the same number.
 */

import type { Buffers } from "../method/buffer/buffers.ts";
import type { IntrinsicMeasures, Judged } from "../method/stages.ts";
import { registerExtra } from "../method/extras.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import type { Setting } from "../method/setting.ts";
import type { ModeName, Task } from "../method/modes/task.ts";
import { modeOf } from "../method/modes/registry.ts";
import {
  officialComplexityScore,
  officialEditDistance,
  officialHalsteadScore,
} from "./complexity/official.ts";
import {
  answerDiversity,
  intrinsicTerms,
  withIntrinsicTerms,
} from "./intrinsic_terms.ts";

/** Measures every valid proposal against its references and the buffers; null for the others. */
function intrinsicMeasures(
  { config }: Setting,
  buffers: Buffers,
  proposals: readonly Judged[],
): (IntrinsicMeasures | null)[] {
  const seen = new Map(
    config.modes.map((mode) => [mode, countAnswers(buffers.of(mode).tasks)]),
  );
  return proposals.map((proposal) => {
    if (proposal.status !== "valid") return null;
    const { task, mode, references } = proposal;
    const diversity = answersOf(task).map((answer) =>
      answerDiversity(answer, seen.get(mode)!)
    );
    return {
      ...programMeasures(task, references),
      answerDiversity: mean(diversity),
    };
  });
}

/** Adds the enabled terms to the reward of a valid proposal. */
function addIntrinsic(
  reward: number,
  config: SelfPlayConfig,
  mode: ModeName,
  measures: IntrinsicMeasures,
): number {
  // A proposer that writes no program can be rewarded for its inputs only.
  const written = modeOf(mode).writesProgram ? 1 : 0;
  const terms = intrinsicTerms(measures, {
    complexity: written * config.complexityCoefficient,
    halstead: written * config.halsteadCoefficient,
    editDistance: written * config.editDistanceCoefficient,
    answerDiversity: config.answerDiversityCoefficient,
  }, config.intrinsicCap);
  return withIntrinsicTerms(reward, terms, config.intrinsicCombination);
}

/** Returns what the solver would have to find in each example. */
function answersOf({ mode, examples }: Task): string[] {
  return examples.map((example) => modeOf(mode).answerIn(example));
}

function countAnswers(tasks: readonly Task[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const answer of tasks.flatMap(answersOf)) {
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  return counts;
}

/** Measures the program's text, if the proposer wrote it. */
function programMeasures(
  { mode, program }: Task,
  references: readonly Task[],
): Omit<IntrinsicMeasures, "answerDiversity"> {
  if (!modeOf(mode).writesProgram) {
    return { complexity: null, halstead: null, editDistance: null };
  }
  const distances = references.map((reference) =>
    officialEditDistance(program, reference.program)
  );
  return {
    complexity: officialComplexityScore(program),
    halstead: officialHalsteadScore(program),
    editDistance: distances.length === 0 ? 0 : mean(distances),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

registerExtra("intrinsic", {
  measure: intrinsicMeasures,
  addTo: addIntrinsic,
});
