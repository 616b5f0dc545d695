/**
 * Which evaluations a run makes: before, during and after self-play.
 *
 * Before and after: every split, greedy and at temperature 1. Before, also with
 * thinking forced: what the untouched base could do if only it thought is the
 * line against which self-play has to be read. During: greedy, few items.
 */

import {
  evaluateSplits,
  type EvaluationResult,
  type Evaluator,
} from "../evaluation/mod.ts";
import type { SelfPlayConfig } from "../selfplay/mod.ts";
import type { SplitSet } from "../world/mod.ts";
import type { EvaluationPlan } from "./presets.ts";

/** When an evaluation is made. */
export type EvaluationMoment = "before" | "during" | "after";

/** Whether a step is before, during or after self-play. */
export function momentOf(
  step: number,
  config: SelfPlayConfig,
): EvaluationMoment {
  if (step === 0) return "before";
  return step >= config.steps ? "after" : "during";
}

/** Makes the evaluations of one moment; rows in a fixed order. */
export async function evaluateMoment(
  evaluator: Evaluator,
  { splits }: SplitSet,
  plan: EvaluationPlan,
  moment: EvaluationMoment,
  thinking: SelfPlayConfig["thinking"],
): Promise<EvaluationResult[]> {
  const { seed, maxNewTokens } = plan;
  const greedy = {
    temperature: 0,
    samples: 1,
    seed,
    maxNewTokens,
    banThinking: thinking === "banned",
  };
  const passes = moment === "during"
    ? [{ ...greedy, limit: plan.duringItems }]
    : [{ ...greedy, limit: plan.endItems || undefined }];
  if (moment !== "during" && plan.samples > 0) {
    passes.push({ ...passes[0], temperature: 1, samples: plan.samples });
  }
  const forced = moment === "before"
    ? passes.map((pass) => ({
      ...pass,
      banThinking: false,
      forceThinking: true,
    }))
    : [];
  const chosen = moment === "during"
    ? splits.filter((split) => split.name === "familiar")
    : splits;
  const rows: EvaluationResult[] = [];
  for (const options of [...passes, ...forced]) {
    rows.push(...await evaluateSplits(evaluator, chosen, options));
  }
  return rows;
}
