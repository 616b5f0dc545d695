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
import { extraOf } from "../../method/extras.ts";
import type { Rollout } from "../../method/stages.ts";
import { derivedSeed } from "../../random.ts";
import type { Judging } from "../../sandbox/mod.ts";
import type { EvaluationItem, Split } from "../world/splits.ts";

/** Judging of the kit's tiny models: types count, and answers are literals. */
const TINY_JUDGING: Judging = {
  equality: "typed",
  floatTolerance: 0,
  reading: "strict",
};

/** The sampling and judging of an evaluation. */
export interface EvaluationOptions {
  /** Sampling temperature; 0 is greedy. */
  temperature: number;
  /** Samples per item; 1 is enough when greedy. */
  samples: number;
  seed: number;
  maxNewTokens: number;
  /** "free" (default): the model may open with a trace. "forced": it has to. "banned": it cannot. */
  thinking?: EvaluationResult["thinking"];
  /** Rules by which answers are right. Default: types count, as in the training of tiny models. */
  judging?: Judging;
  /** Number of items to evaluate, from the first of the split; default: all. */
  limit?: number;
  /**
   * An item's one answer is the commonest of so many samples at temperature 1; equal
   * values are one answer, and of equally common ones the first wins. Default: no vote.
   */
  votes?: number;
}

/** The result of one item. */
export interface EvaluationResult {
  split: string;
  mode: ModeName | "maths";
  item: string;
  depth: number;
  temperature: number;
  thinking: "free" | "forced" | "banned";
  /** Number of samples. */
  samples: number;
  /** Number of right samples. */
  correct: number;
  /** Number of samples that open with a trace. */
  thought: number;
  /** Number of samples that are not well formed. */
  malformed: number;
  /** Mean tokens of a response, a forced opening included; of all responses together after a vote. */
  tokens: number;
  /** Text of the first sample. */
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

/** Evaluates several splits together, in larger batches than one by one. Returns a row per item, in order. */
export async function evaluateSplits(
  solver: Solver,
  splits: readonly Split[],
  options: EvaluationOptions,
): Promise<EvaluationResult[]> {
  const { temperature, samples, seed, thinking = "free", votes } = options;
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
      count: votes ?? samples,
      seed: derivedSeed(seed, "evaluation", item.id),
    })),
    { judging: TINY_JUDGING, ...options, ...votes && { temperature: 1 } },
  );
  const openingTokens = thinking === "forced" ? votes ?? 1 : 0;
  return chosen.map(({ split, item }, i) => {
    const rollouts = votes ? [elected(graded[i], item)] : graded[i];
    const count = (holds: (rollout: typeof rollouts[number]) => boolean) =>
      rollouts.filter(holds).length;
    const tokens = graded[i].reduce(
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

/** Returns the response whose answer is the commonest; the first one where none can be read. */
function elected(rollouts: readonly Rollout[], item: EvaluationItem): Rollout {
  const answered = rollouts.filter(({ answer }) => answer !== null);
  if (answered.length === 0) return rollouts[0];
  const verdicts = extraOf("ungrounded").agree(
    answered.map(({ answer }) => answer!),
    item.kind === "maths" ? "python" : item.task.program.language,
  );
  return answered[verdicts.findIndex(({ correct }) => correct)];
}

/** Returns the question of an item. */
export function questionOf(item: EvaluationItem): Question {
  return item.kind === "maths"
    ? { question: item.question, answer: item.answer }
    : { task: item.task };
}
