/**
 * The evaluations of a run: before, during and after self-play.
 *
 * Before and after self-play every split is evaluated, greedy and at temperature 1.
 * Before self-play each is also evaluated with thinking forced, where the dialect has a
 * token for that: a gain up to that accuracy was already in the base model. During
 * self-play few items are evaluated, greedy unless the plan says how often each is
 * sampled. Before and after, some items are sampled many times, for pass@k.
 */

import {
  evaluateSplits,
  type EvaluationOptions,
  type EvaluationResult,
} from "./evaluation/evaluate.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import type { Solver } from "../method/grade.ts";
import type { SplitSet } from "./world/splits.ts";
import { writingEveryValue } from "./evaluation/every_value.ts";
import type { WorldConfig } from "./world/config.ts";

/** The number of items and samples of each evaluation. */
export interface EvaluationPlan {
  /** Items per split before and after self-play; 0 for all. */
  endItems: number;
  /** Items per split during self-play; 0 for all. */
  duringItems: number;
  /** Names of the splits that are evaluated during self-play; absent: familiar. */
  duringSplits?: readonly string[];
  /** Samples per item at temperature 1 during self-play; absent: one greedy answer instead. */
  duringSamples?: number;
  /** Samples per item at temperature 1, before and after; 0 for none. */
  samples: number;
  /** Items per mode of the familiar split whose pass@k is measured, before and after; 0 for none. */
  passItems: number;
  /** Samples per item for pass@k, at temperature 1: the largest k. */
  passSamples: number;
  /** Names of the splits whose pass@k is measured; absent: familiar. */
  passSplits?: readonly string[];
  /** Whether nothing is measured before self-play, as another arm has the same base. Absent: false. */
  skipsBase?: boolean;
  /**
   * What the base made to think is made to do: open a trace, which is the default, or
   * write the value of every step of a deduction or abduction as well.
   */
  forcedTrace?: "opening" | "every-value";
  /**
   * Samples at temperature 1 of the base made to think whose commonest answer stands in
   * for its greedy one, in deduction and abduction alone. Absent: no vote.
   */
  votes?: number;
  maxNewTokens: number;
  /** Seed of the evaluation's samples, the same in every run. */
  seed: number;
}

/** The moment of an evaluation, relative to self-play. */
type EvaluationMoment = "before" | "during" | "after";

/** Tells whether a step is before, during or after self-play. */
export function momentOf(
  step: number,
  config: SelfPlayConfig,
): EvaluationMoment {
  if (step === 0) return "before";
  return step >= config.steps ? "after" : "during";
}

/** The kinds of item on which the base made to think may vote. */
const VOTED: readonly string[] = ["deduction", "abduction"];

/** Runs the evaluations of one moment. Returns their rows in a fixed order. */
export async function evaluateMoment(
  solver: Solver,
  { splits }: SplitSet,
  { evaluation: plan, world }: {
    evaluation: EvaluationPlan;
    world: WorldConfig;
  },
  moment: EvaluationMoment,
  thinking: SelfPlayConfig["thinking"],
): Promise<EvaluationResult[]> {
  if (moment === "before" && plan.skipsBase) return [];
  const { passSplits = ["familiar"], duringSplits = ["familiar"] } = plan;
  const followed = splits.filter(({ name }) => duringSplits.includes(name));
  const rows: EvaluationResult[] = [];
  const solverOf = ({ thinking }: EvaluationOptions): Solver =>
    thinking === "forced" && plan.forcedTrace === "every-value"
      ? {
        ...solver,
        engine: writingEveryValue(solver.engine, solver.tokenizer, world),
      }
      : solver;
  const canForce = solver.dialect.thinkToken !== null;
  const passes = (of: typeof passesOf) =>
    of(plan, moment, thinking).filter(({ thinking }) =>
      canForce || thinking !== "forced"
    );
  for (const options of passes(passesOf)) {
    const chosen = options.votes
      ? splits.filter(({ kind }) => VOTED.includes(kind))
      : moment === "during"
      ? followed
      : splits;
    rows.push(...await evaluateSplits(solverOf(options), chosen, options));
  }
  if (moment === "during" || plan.passItems === 0) return rows;
  const passed = splits.filter(({ name }) => passSplits.includes(name));
  for (const options of passes(manySamples)) {
    const many = await evaluateSplits(solverOf(options), passed, options);
    // One text out of 64 is no evidence and would double the log.
    rows.push(...many.map((row) => ({ ...row, response: "" })));
  }
  return rows;
}

/** Returns the ways in which every split is sampled. */
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
  const { duringSamples } = plan;
  if (moment === "during") {
    return duringSamples === undefined
      ? [greedy]
      : [{ ...greedy, temperature: 1, samples: duringSamples }];
  }
  const sampled = plan.samples > 0
    ? [{ ...greedy, temperature: 1, samples: plan.samples }]
    : [];
  return withForced([greedy, ...sampled], moment).map((pass) =>
    plan.votes && pass.thinking === "forced" && pass.temperature === 0
      ? { ...pass, votes: plan.votes }
      : pass
  );
}

/** Returns the ways in which the items of pass@k are sampled. */
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

/** Adds to every pass before self-play the same pass with thinking forced. */
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

/** Fewest samples per item of a row that was sampled for pass@k. */
const MANY_SAMPLES = 16;

/** Tells whether a row was sampled for pass@k and not for its accuracy. */
export function isForPassAtK(row: { samples: number }): boolean {
  return row.samples >= MANY_SAMPLES;
}
