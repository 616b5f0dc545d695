/**
 * Evaluation: one row per item, so that anyone can recompute every figure.
 *
 * Items are solved and graded by the function that self-play uses, in the model's
 * own dialect and on any engine. Left out: averaging (statistics.ts).
 */

import type { ModeName } from "../../method/modes/task.ts";
import {
  type Question,
  solveAndGrade,
  type Solver,
} from "../../method/grade.ts";
import { derivedSeed } from "../../random.ts";
import type { Judging } from "../../sandbox/mod.ts";
import type { EvaluationItem, Split } from "../world/splits.ts";

/** Types count and only literals do, as in the training of the kit's tiny models. */
const TINY_JUDGING: Judging = {
  equality: "typed",
  floatTolerance: 0,
  reading: "strict",
};

/** How an evaluation samples. */
export interface EvaluationOptions {
  /** 0 is greedy. */
  temperature: number;
  /** Samples per item; 1 is enough when greedy. */
  samples: number;
  seed: number;
  maxNewTokens: number;
  /** Whether the model chooses to think (default), has to, or cannot. */
  thinking?: EvaluationResult["thinking"];
  /** What counts as right. Default: types count, as in the training of tiny models. */
  judging?: Judging;
  /** Only the first so many items of the split. */
  limit?: number;
}

/** One item's result. */
export interface EvaluationResult {
  split: string;
  mode: ModeName | "maths";
  item: string;
  depth: number;
  temperature: number;
  thinking: "free" | "forced" | "banned";
  samples: number;
  /** Samples that were right, opened with a trace, and were not well formed. */
  correct: number;
  thought: number;
  malformed: number;
  /** Mean response tokens, a forced opening included. */
  tokens: number;
  /** The first sample. */
  response: string;
}

/** Evaluates the items of a split. */
export function evaluate(
  solver: Solver,
  split: Split,
  options: EvaluationOptions,
): Promise<EvaluationResult[]> {
  return evaluateSplits(solver, [split], options);
}

/** Evaluates several splits together, which samples in larger batches. */
export async function evaluateSplits(
  solver: Solver,
  splits: readonly Split[],
  options: EvaluationOptions,
): Promise<EvaluationResult[]> {
  const { temperature, samples, seed, thinking = "free" } = options;
  const chosen = splits.flatMap((split) =>
    split.items.slice(0, options.limit).map((item) => ({
      split: split.name,
      item,
    }))
  );
  const graded = await solveAndGrade(
    solver,
    chosen.map(({ item }) => ({
      question: questionOf(item),
      count: samples,
      seed: derivedSeed(seed, "evaluation", item.id),
    })),
    { judging: TINY_JUDGING, ...options },
  );
  const openingTokens = thinking === "forced" ? 1 : 0;
  return chosen.map(({ split, item }, i) => {
    const rollouts = graded[i];
    const count = (holds: (rollout: typeof rollouts[number]) => boolean) =>
      rollouts.filter(holds).length;
    const tokens = rollouts.reduce(
      (sum, { response }) => sum + response.sample.tokens.length,
      0,
    );
    return {
      split,
      mode: item.kind,
      item: item.id,
      depth: item.depth,
      temperature,
      thinking,
      samples,
      correct: count(({ grade }) => grade === "right"),
      thought: count(({ thought }) => thought),
      malformed: count(({ grade }) => grade === "malformed"),
      tokens: tokens / samples + openingTokens,
      response: rollouts[0].response.text,
    };
  });
}

/** Returns what an item asks of the solver. */
export function questionOf(item: EvaluationItem): Question {
  return item.kind === "maths"
    ? { question: item.question, answer: item.answer }
    : { task: item.task };
}
