/**
 * The held-out items of every preset and study in words, as `data/experiment/items.parquet`:
 * what each was asked and which answer is right. Recorded rows name an item by split, mode
 * and number, and the generator makes it anew from the preset; the file is what that
 * generator made when the runs were recorded.
 */

import { compactDialect } from "../../lib/method/modes/compact.ts";
import { questionPrompt } from "../../lib/method/grade.ts";
import { questionOf } from "../../lib/lab/evaluation/evaluate.ts";
import { type Preset, PRESETS } from "../../lib/lab/presets.ts";
import { armPreset, STUDIES } from "../../lib/lab/studies.ts";
import {
  buildSplits,
  type EvaluationItem,
} from "../../lib/lab/world/splits.ts";
import { columnsOf, RowReader } from "../../lib/run/packed/columns.ts";
import { parquetBytes, ParquetColumns } from "../../lib/run/packed/parquet.ts";

/** One item, with the presets, studies or arms ("transfer/python") that it is evaluated in. */
export interface ItemRow {
  used: string;
  split: string;
  mode: string;
  item: number;
  depth: number;
  /** Names of the program's operations, joined by commas. */
  operations: string;
  prompt: string;
  /** The answer; of an abduction, one that is right. */
  answer: string;
  /** Inputs and outputs of an induction, those that are hidden included, as JSON. */
  examples: string | null;
}

/** Returns the items of presets and studies by name; equal sets of items stand there once. */
export function itemRows(names: readonly string[]): ItemRow[] {
  const sets = new Map<string, { used: string[]; rows: object[] }>();
  const worlds = new Map<string, string>();
  for (const { used, world } of names.flatMap(worldsOf)) {
    const key = JSON.stringify(world);
    if (!worlds.has(key)) {
      const rows = rowsOf(world);
      const set = JSON.stringify(rows);
      worlds.set(key, set);
      if (!sets.has(set)) sets.set(set, { used: [], rows });
    }
    sets.get(worlds.get(key)!)!.used.push(used);
  }
  return [...sets.values()].flatMap(({ used, rows }) =>
    rows.map((row) => ({ used: used.join(", "), ...row } as ItemRow))
  );
}

/** Returns the items as a Parquet file. */
export function itemsFile(names: readonly string[]): Uint8Array {
  return parquetBytes(columnsOf(itemRows(names)), { single: false });
}

/** Reads the rows of such a file. */
export function readItems(path: string): ItemRow[] {
  const columns = new ParquetColumns(Deno.readFileSync(path));
  const reader = new RowReader(columns);
  return Array.from({ length: columns.rows }, (_, i) => reader.row<ItemRow>(i));
}

/** Returns the worlds of a preset or of a study's arms; arms of one world together, by the study's name. */
function worldsOf(name: string): { used: string; world: Preset["world"] }[] {
  if (name in PRESETS) return [{ used: name, world: PRESETS[name].world }];
  const study = STUDIES[name];
  const worlds = study.arms.map((arm) => ({
    used: `${name}/${arm.name}`,
    world: armPreset(study, arm).world,
  }));
  const distinct = new Set(worlds.map(({ world }) => JSON.stringify(world)));
  return distinct.size > 1 ? worlds : [{ ...worlds[0], used: name }];
}

function rowsOf(world: Preset["world"]): object[] {
  return buildSplits(world).splits.flatMap(({ name, kind, items }) =>
    items.map((item, number) => ({
      split: name,
      mode: kind,
      item: number,
      depth: item.depth,
      operations: item.kind === "maths" ? "" : item.operations.join(","),
      prompt: questionPrompt(compactDialect, questionOf(item)),
      ...answerOf(item),
    }))
  );
}

function answerOf(item: EvaluationItem): Pick<ItemRow, "answer" | "examples"> {
  if (item.kind === "maths") return { answer: item.answer, examples: null };
  const { program, examples } = item.task;
  const [{ argument, output }] = examples;
  return item.kind === "induction"
    ? { answer: program.source, examples: JSON.stringify(examples) }
    : {
      answer: item.kind === "deduction" ? output : argument,
      examples: null,
    };
}
