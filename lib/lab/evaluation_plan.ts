/**
 * Which evaluations a run makes: before, during and after self-play.
 *
 * Before and after: every split, greedy and at temperature 1. Before, also with
 * thinking forced: what the untouched base could do if only it thought is the
 * line against which self-play has to be read. During: greedy, few items. Before
 * and after, a few familiar items are also sampled many times, for pass@k.
 */

import {
  evaluateSplits,
  type EvaluationOptions,
  type EvaluationResult,
} from "./evaluation/evaluate.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import type { Solver } from "../method/grade.ts";
import type { SplitSet } from "./world/splits.ts";
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
  solver: Solver,
  { splits }: SplitSet,
  plan: EvaluationPlan,
  moment: EvaluationMoment,
  thinking: SelfPlayConfig["thinking"],
): Promise<EvaluationResult[]> {
  const familiar = splits.filter((split) => split.name === "familiar");
  const rows: EvaluationResult[] = [];
  for (const options of passesOf(plan, moment, thinking)) {
    const chosen = moment === "during" ? familiar : splits;
    rows.push(...await evaluateSplits(solver, chosen, options));
  }
  if (moment === "during" || plan.passItems === 0) return rows;
  for (const options of manySamples(plan, moment, thinking)) {
    const many = await evaluateSplits(solver, familiar, options);
    // One text out of 64 tells nothing and would double the log.
    rows.push(...many.map((row) => ({ ...row, response: "" })));
  }
  return rows;
}

/** The ways in which every split is sampled. */
function passesOf(
  plan: EvaluationPlan,
  moment: EvaluationMoment,
  thinking: SelfPlayConfig["thinking"],
): EvaluationOptions[] {
  const limit = moment === "during" ? plan.duringItems : plan.endItems;
  const greedy = {
    temperature: 0,
    samples: 1,
    seed: plan.seed,
    maxNewTokens: plan.maxNewTokens,
    thinking,
    limit: limit || undefined,
  };
  if (moment === "during") return [greedy];
  const sampled = plan.samples > 0
    ? [{ ...greedy, temperature: 1, samples: plan.samples }]
    : [];
  return withForced([greedy, ...sampled], moment);
}

/** The ways in which the items of pass@k are sampled. */
function manySamples(
  plan: EvaluationPlan,
  moment: EvaluationMoment,
  thinking: SelfPlayConfig["thinking"],
): EvaluationOptions[] {
  return withForced([{
    temperature: 1,
    samples: plan.passSamples,
    seed: plan.seed,
    maxNewTokens: plan.maxNewTokens,
    thinking,
    limit: plan.passItems,
  }], moment);
}

/** Before self-play, every pass is also made with thinking forced. */
function withForced(
  passes: EvaluationOptions[],
  moment: EvaluationMoment,
): EvaluationOptions[] {
  if (moment !== "before") return passes;
  const forced = passes.map((pass) => ({
    ...pass,
    thinking: "forced" as const,
  }));
  return [...passes, ...forced];
}

/** From this many samples on, an item was sampled for pass@k. */
const MANY_SAMPLES = 16;

/** Whether a row was sampled for pass@k and not for its accuracy. */
export function isForPassAtK(row: { samples: number }): boolean {
  return row.samples >= MANY_SAMPLES;
}
