/**
 * Intrinsic measures of this step's valid proposals: what kind of programs the
 * proposer writes. Logged always; part of the reward only where a coefficient
 * says so.
 *
 * How a program's text is measured is given from outside (`programMeasures`);
 * without it only the diversity of answers is known.
 */

import type { Buffers } from "../buffer/mod.ts";
import type { ModeName, Task } from "../modes/mod.ts";
import {
  answerDiversity,
  type IntrinsicMeasures,
  intrinsicTerms,
  withIntrinsicTerms,
} from "../reward/mod.ts";
import type { SelfPlayConfig } from "./config.ts";
import type { Proposal, Setting } from "./records.ts";

/** Sets the measures of every valid proposal and adds the enabled terms to its reward. */
export function addIntrinsicTerms(
  { config, programMeasures }: Setting,
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
      complexity: null,
      halstead: null,
      editDistance: null,
      ...(mode === "induction"
        ? null
        : programMeasures?.(task.program, references.map((r) => r.program))),
      answerDiversity: diversity.reduce((sum, d) => sum + d, 0) /
        diversity.length,
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
