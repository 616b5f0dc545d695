/**
 * Intrinsic measures of this step's valid proposals: what kind of programs the
 * proposer writes. Logged always; part of the reward only where a coefficient
 * says so.
 *
 * Programs are measured as the official code does, with its constants; against
 * the references by its sequence ratio, since a tree edit distance takes 30 times
 * as long (0.2 s for a pair of 60 lines) for much the same number.
 */

import type { Buffers } from "./buffer/mod.ts";
import {
  officialComplexityScore,
  officialEditDistance,
  officialHalsteadScore,
} from "../extras/complexity/mod.ts";
import type { ModeName, Task } from "./modes/mod.ts";
import {
  answerDiversity,
  type IntrinsicMeasures,
  intrinsicTerms,
  withIntrinsicTerms,
} from "./reward/mod.ts";
import type { SelfPlayConfig } from "./config.ts";
import type { Proposal, Setting } from "./records.ts";

/** Sets the measures of every valid proposal and adds the enabled terms to its reward. */
export function addIntrinsicTerms(
  { config }: Setting,
  buffers: Buffers,
  proposals: readonly Proposal[],
): void {
  const seen = new Map(
    config.modes.map((mode) => [mode, countAnswers(buffers.of(mode).tasks)]),
  );
  for (const proposal of proposals) {
    const { status, task, mode, references } = proposal;
    if (status !== "valid" || !task) continue;
    const diversity = answersOf(task).map((answer) =>
      answerDiversity(answer, seen.get(mode)!)
    );
    const measures: IntrinsicMeasures = {
      ...programMeasures(task, references),
      answerDiversity: mean(diversity),
    };
    proposal.intrinsic = measures;
    proposal.reward = withIntrinsicTerms(
      proposal.reward!,
      intrinsicTerms(
        measures,
        coefficientsFor(config, mode),
        config.intrinsicCap,
      ),
      config.intrinsicCombination,
    );
  }
}

/** An induction proposer writes no program, so only its inputs can be rewarded. */
function coefficientsFor(config: SelfPlayConfig, mode: ModeName) {
  const writesProgram = mode !== "induction";
  return {
    complexity: writesProgram ? config.complexityCoefficient : 0,
    halstead: writesProgram ? config.halsteadCoefficient : 0,
    editDistance: writesProgram ? config.editDistanceCoefficient : 0,
    answerDiversity: config.answerDiversityCoefficient,
  };
}

/** What the solver would have to find: inputs for abduction, else outputs. */
function answersOf({ mode, examples }: Task): string[] {
  return examples.map(({ argument, output }) =>
    mode === "abduction" ? argument : output
  );
}

function countAnswers(tasks: readonly Task[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const answer of tasks.flatMap(answersOf)) {
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  return counts;
}

/** What the program's text decides; nothing where the proposer did not write it. */
function programMeasures(
  { mode, program }: Task,
  references: readonly Task[],
): Omit<IntrinsicMeasures, "answerDiversity"> {
  if (mode === "induction") {
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
