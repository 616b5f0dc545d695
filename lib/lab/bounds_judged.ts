/** What the recorded scores of a study make of its bounds, seed by seed and item by item. */

import { passAtK } from "../method/pass_at_k.ts";
import { holm, pOfEquality, pValue } from "./evaluation/over_seeds.ts";
import { mean } from "./evaluation/statistics.ts";
import {
  type Bound,
  FORCED_BASE,
  type ItemChoice,
  type Measure,
} from "./bounds.ts";
import { buildSplits, type EvaluationItem } from "./world/splits.ts";
import type { ScoreRow } from "./scores.ts";
import type { Study } from "./studies.ts";
import type { StudyScores } from "./study_scores.ts";

/** Finds the items of a choice in score rows: which values of a row count. */
export class ItemFinder {
  readonly #items: Map<string, readonly EvaluationItem[]>;
  readonly #leftOut: ReadonlySet<string>;

  constructor(study: Study) {
    const { splits } = buildSplits(study.base.world);
    this.#items = new Map(
      splits.map(({ name, kind, items }) => [`${name}/${kind}`, items]),
    );
    this.#leftOut = new Set(
      study.arms.flatMap(({ change }) =>
        change.generated?.withoutOperations ?? []
      ),
    );
  }

  /** Returns a value for each chosen item in the rows of one seed, at its first, its last or all later steps. */
  values(
    rows: readonly ScoreRow[],
    choice: ItemChoice,
    measure: Measure,
    arm: string,
  ): number[] {
    const forced = arm === FORCED_BASE;
    const last = Math.max(...rows.map(({ step }) => step));
    const counts = (step: number) =>
      forced ? step === 0 : choice.overSteps ? step > 0 : step === last;
    const temperature = measure === "greedy" ? 0 : 1;
    const chosen = rows.filter((row) =>
      counts(row.step) && row.temperature === temperature &&
      (row.thinking === "forced") === forced &&
      choice.splits.includes(row.split) && choice.modes.includes(row.mode)
    );
    const ofSplits = Map.groupBy(chosen, (row) => `${row.split}/${row.mode}`);
    return [...ofSplits.values()].flatMap((steps) => {
      const values = steps.map((row) => this.#valuesOf(row, choice, measure));
      return values[0].map((_, i) => mean(values.map((step) => step[i])));
    });
  }

  #valuesOf(row: ScoreRow, choice: ItemChoice, measure: Measure): number[] {
    const items = this.#items.get(`${row.split}/${row.mode}`) ?? [];
    const [, k] = measure.split("@");
    return row.correct.filter((_, i) => this.#chosen(items[i], choice))
      .map((right) =>
        k ? passAtK(row.samples, right, Number(k)) : right / row.samples
      );
  }

  #chosen(item: EvaluationItem, { depths, leftOut }: ItemChoice): boolean {
    if (depths && !depths.includes(item.depth)) return false;
    if (leftOut === undefined || item.kind === "maths") return true;
    const holds = item.operations.some((name) => this.#leftOut.has(name));
    return holds === leftOut;
  }
}

/** Returns `better − worse` of each item in each seed that both have; empty without such seeds. */
export function boundValues(
  study: Study,
  scores: StudyScores,
  finder: ItemFinder,
  { endpoint, better, worse }: Bound,
): number[][] {
  const choice = study.bounds!.endpoints[endpoint];
  const of = (arm: string) =>
    scores.get(arm === FORCED_BASE ? study.reference : arm);
  const [ours, theirs] = [of(better), of(worse)];
  const seeds = [...ours?.keys() ?? []].filter((seed) => theirs?.has(seed));
  return seeds.map((seed) => {
    const at = (scores: Map<number, ScoreRow[]>, arm: string) =>
      finder.values(scores.get(seed)!, choice, choice.measure, arm);
    const [a, b] = [at(ours!, better), at(theirs!, worse)];
    if (a.length !== b.length || a.length === 0) {
      throw new Error(
        `bound "${study.name}: ${better} − ${worse}" has ${a.length} and ` +
          `${b.length} items in seed ${seed}: it needs the same ones, at least one`,
      );
    }
    return a.map((value, i) => value - b[i]);
  });
}

/** A bound with its measured difference, corrected p-value and verdict. */
export interface JudgedBound extends Bound {
  values: number[][];
  /** Holm's p-value among the study's bounds. */
  p: number;
  verdict: "met" | "missed" | "equal within the margin" | "cannot tell";
}

/** Judges the bounds of a study on the seeds that are recorded. */
export function judgeBounds(
  study: Study,
  scores: StudyScores,
): JudgedBound[] {
  const finder = new ItemFinder(study);
  const list = study.bounds?.list ?? [];
  const values = list.map((bound) => boundValues(study, scores, finder, bound));
  const corrected = holm(list.map((bound, i) => boundP(bound, values[i])));
  const tests = corrected.filter((p) => !Number.isNaN(p)).length;
  return list.map((bound, i) => ({
    ...bound,
    values: values[i],
    p: corrected[i],
    verdict: verdictOn(bound, values[i], corrected[i], tests),
  }));
}

/** Returns the p-value of a bound: two-sided, or of the two one-sided tests of equality. */
function boundP({ above = 0, within }: Bound, values: number[][]): number {
  if (values.length < 2) return NaN;
  return within === undefined
    ? pValue(values, above)
    : pOfEquality(values, within);
}

function verdictOn(
  { above = 0, within, equal }: Bound,
  values: number[][],
  p: number,
  tests: number,
): JudgedBound["verdict"] {
  if (values.length < 2) return "cannot tell";
  if (!(p < .05)) {
    return equal !== undefined && pOfEquality(values, equal) < .05 / tests
      ? "equal within the margin"
      : "cannot tell";
  }
  if (within !== undefined) return "met";
  return mean(values.map(mean)) > above ? "met" : "missed";
}
