/**
 * What a language model can do before and after self-play, on items that the study of
 * its arms does not ask (`data/language_model/skill.json`): pass@k on functions, the
 * shorter half of CRUXEval, arithmetic. Rows are kept as `PLAN/MODEL.parquet`, one an
 * item. Left out: sampling (tasks/language_skill.ts).
 */

import { join } from "node:path";
import { passAtK } from "../method/pass_at_k.ts";
import type { ModeName } from "../method/modes/task.ts";
import { RowReader } from "../run/packed/columns.ts";
import { ParquetColumns } from "../run/packed/parquet.ts";
import { parseLiteral } from "../sandbox/mod.ts";
import type { EvaluationResult } from "./evaluation/evaluate.ts";
import {
  bootstrapChange,
  type Interval,
  mean,
} from "./evaluation/statistics.ts";

/** What of a model is compared with the base: pass@k of a split and mode. */
export interface SkillFigure {
  split: string;
  mode: ModeName;
  k: number;
  /** Whether only values are right, no expressions that have the value; for greedy answers. */
  values?: boolean;
}

/** The comparisons, each `NAME.json` beside a folder NAME of rows. */
export const SKILL_PLANS = ["skill", "skill_values"] as const;
export type SkillPlanName = typeof SKILL_PLANS[number];

/** Returns the file of a model's rows. */
export function skillFile(
  folder: string,
  plan: SkillPlanName,
  model: string,
): string {
  return join(folder, plan, `${model}.parquet`);
}

/** Reads a model's rows; null where nothing is recorded. */
export function readSkill(
  folder: string,
  plan: SkillPlanName,
  model: string,
): EvaluationResult[] | null {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(skillFile(folder, plan, model));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
  const columns = new ParquetColumns(bytes);
  const reader = new RowReader(columns);
  return Array.from({ length: columns.rows }, (_, i) => reader.row(i));
}

/** pass@k of both models on the same items, and the change with its 95 % interval over the items. */
export interface SkillChange {
  base: number;
  after: number;
  change: Interval;
  items: number;
}

/** The rows of the untouched base and of a trained model. */
export interface SkillSides {
  base: readonly EvaluationResult[];
  after: readonly EvaluationResult[];
}

/** Compares pass@k of a split and mode. Throws where the models were asked other items. */
export function skillChange(
  sides: SkillSides,
  { split, mode, k, values = false }: SkillFigure,
): SkillChange {
  const [base, after] = [sides.base, sides.after].map((rows) =>
    rows.filter((row) => row.split === split && row.mode === mode)
  );
  const names = (rows: readonly EvaluationResult[]) =>
    rows.map(({ item }) => item).join();
  if (base.length === 0 || names(base) !== names(after)) {
    throw new RangeError(
      `${split}, ${mode}: the models' files hold other items than each other: ` +
        "record both again with one skill.json",
    );
  }
  const [from, to] = [base, after].map((rows) =>
    rows.map((row) =>
      values ? Number(isRightValue(row)) : passAtK(row.samples, row.correct, k)
    )
  );
  return {
    base: mean(from),
    after: mean(to),
    change: bootstrapChange(from, to, 0),
    items: base.length,
  };
}

/**
 * Tells whether a greedy deduction is right and its answer a value. The paper's reading also
 * takes an expression that has the value: `1 + 7` for 8, which needs no reckoning.
 */
export function isRightValue({ correct, response }: EvaluationResult): boolean {
  const [answer] = response.trim().split("\n");
  return correct > 0 && parseLiteral(answer, "python").ok;
}
