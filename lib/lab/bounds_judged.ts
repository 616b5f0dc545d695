/** What the recorded scores of a study make of its bounds, seed by seed and item by item. */

import { passAtK } from "../method/reward/pass_at_k.ts";
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

  /** Returns the values of the chosen items in the rows of one seed at its first or last step. */
  values(
    rows: readonly ScoreRow[],
    choice: ItemChoice,
    measure: Measure,
    arm: string,
  ): number[] {
    const forced = arm === FORCED_BASE;
    const step = forced ? 0 : Math.max(...rows.map(({ step }) => step));
    const temperature = measure === "greedy" ? 0 : 1;
    return rows.filter((row) =>
      row.step === step && row.temperature === temperature &&
      (row.thinking === "forced") === forced &&
      choice.splits.includes(row.split) && choice.modes.includes(row.mode)
    ).flatMap((row) => this.#valuesOf(row, choice, measure));
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
