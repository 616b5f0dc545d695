/**
 * `deno task study:language --evaluate MODEL`: asks one model of a comparison of
 * skill (`data/language_model/skill.json`) its items and keeps a row an item. What was
 * answered before an interruption is kept in `--work` and not asked again.
 */

import { dirname, join } from "node:path";
import { openModel } from "../lib/engines/choice.ts";
import { ENGINES } from "../lib/engines/mod.ts";
import {
  cruxevalInput,
  cruxevalOutput,
} from "../lib/lab/benchmarks/cruxeval.ts";
import { readItems } from "../lib/lab/benchmarks/file.ts";
import { arithmeticRows } from "./language/arithmetic.ts";
import {
  evaluateSplits,
  type EvaluationResult,
} from "../lib/lab/evaluation/evaluate.ts";
import { functionSplits, readFunctions } from "./language/functions.ts";
import {
  SKILL_PLANS,
  skillFile,
  type SkillPlanName,
} from "../lib/lab/language_skill.ts";
import { readSkillPlan, type SkillPlan } from "./language/skill_plan.ts";
import { MODEL_PRESETS } from "../lib/lab/model_presets.ts";
import type { Split } from "../lib/lab/world/splits.ts";
import { dialectFor } from "../lib/method/dialect_choice.ts";
import { known } from "../lib/method/nearest.ts";
import type { Task } from "../lib/method/modes/task.ts";
import { columnsOf } from "../lib/run/packed/columns.ts";
import { parquetBytes } from "../lib/run/packed/parquet.ts";
import { readRows } from "../lib/run/read.ts";
import { startExecutor } from "../lib/sandbox/mod.ts";
import { machineNow } from "./machine.ts";
import { modelFolder } from "./model/folder.ts";
import { UsageError } from "./usage.ts";
import "../lib/extras/mod.ts";

/** Seed of the samples, the same for all models. */
const SEED = 7;
/** Items asked together; after each such part the rows are on disk. */
const TOGETHER = 10;

/** Where models, benchmarks and records are. */
export interface SkillPlaces {
  /** The comparison's name. */
  plan: string;
  /** The study's folder. */
  folder: string;
  /** A model's name or folder; the preset's own where it is left out. */
  model?: string;
  /** The folder of the benchmarks' files. */
  data: string;
  /** The folder of what is not finished. */
  work: string;
}

/** Returns the one of `names` that an option names. Throws `UsageError` where there is none. */
export function oneOf<Name extends string>(
  option: string,
  name: string,
  names: readonly Name[],
): Name {
  const found = names.find((one) => one === name);
  if (found !== undefined) return found;
  throw new UsageError(`${option} ${name}: there is ${known(name, names)}`);
}

/** Asks a model every item and writes its rows. Throws where a benchmark's file is missing. */
export async function recordSkill(
  name: string,
  { plan: asked, folder, model, data, work }: SkillPlaces,
): Promise<void> {
  const planName = oneOf("--plan", asked, SKILL_PLANS);
  const plan = readSkillPlan(folder, planName);
  oneOf("--evaluate", name, ["base", ...plan.models]);
  if (name !== "base" && model === undefined) {
    throw new UsageError(
      `--evaluate ${name} needs --model: the run's folder with its checkpoint`,
    );
  }
  const parts = await skillParts(plan, data);
  const { selfPlay: config, model: preset } = MODEL_PRESETS[plan.preset];
  const opened = await openModel({
    ...ENGINES.local,
    model: await modelFolder(model ?? preset),
  }, config.seed);
  await using executor = await startExecutor({ languages: [config.language] });
  const judging = { ...config, reading: plan.reading };
  const solver = {
    ...{ ...opened, executor },
    dialect: dialectFor(config, opened.tokenizer),
  };
  Deno.mkdirSync(work, { recursive: true });
  const file = join(work, `${planName}-${name}.jsonl`);
  const rows = kept(file);
  const begun = performance.now();
  for (const { split, samples } of parts) {
    const from = rows.length;
    const left = split.items.filter(({ id }) =>
      !rows.some((row) => row.split === split.name && row.item === id)
    );
    for (let at = 0; at < left.length; at += TOGETHER) {
      const items = left.slice(at, at + TOGETHER);
      const found = await evaluateSplits(solver, [{ ...split, items }], {
        ...{ temperature: samples > 1 ? 1 : 0, samples, seed: SEED },
        ...{ maxNewTokens: config.maxSolutionTokens, judging },
      });
      rows.push(...found);
      const lines = found.map((row) => `${JSON.stringify(row)}\n`).join("");
      Deno.writeTextFileSync(file, lines, { append: true });
    }
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    const right = rows.slice(from).reduce((sum, row) => sum + row.correct, 0);
    console.log(
      `${split.name}, ${split.kind}: ${right} right, ${seconds} s so far`,
    );
  }
  opened.engine.dispose();
  writeRecord(folder, planName, name, rows, (performance.now() - begun) / 1000);
}

function kept(file: string): EvaluationResult[] {
  try {
    return readRows<EvaluationResult>(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function writeRecord(
  folder: string,
  plan: SkillPlanName,
  name: string,
  rows: readonly EvaluationResult[],
  seconds: number,
): void {
  const file = skillFile(folder, plan, name);
  Deno.mkdirSync(dirname(file), { recursive: true });
  Deno.writeFileSync(file, parquetBytes(columnsOf(rows), { single: false }));
  const record = {
    command: `deno task study:language --evaluate ${name}` +
      (plan === "skill" ? "" : ` --plan ${plan}`),
    seconds: Math.round(seconds),
    ...machineNow(),
    threads: Deno.env.get("TF_NUM_INTEROP_THREADS") ?? "all",
    deno: Deno.version.deno,
  };
  const log = file.replace(/parquet$/, "json");
  Deno.writeTextFileSync(log, `${JSON.stringify(record, null, 2)}\n`);
  console.log(file);
}

/** Items of one split and mode, with the samples of each. */
interface Part {
  split: Split;
  samples: number;
}

/** Returns what is asked, the quick parts first. */
export async function skillParts(
  { functions, cruxeval, arithmetic }: SkillPlan,
  data: string,
): Promise<Part[]> {
  const sums = functionSplits(
    arithmeticRows(arithmetic.items, arithmetic.seed),
  ).filter(({ kind }) => kind === "deduction")
    .map((split) => ({ ...split, name: "arithmetic" }));
  const halves = await Promise.all(
    [cruxevalOutput, cruxevalInput].map(async (benchmark) => {
      const items = await readItems(benchmark, data, cruxeval.of);
      const tasks = shorterHalf(items.map(({ task }) => task))
        .slice(0, cruxeval.items);
      const kind = benchmark === cruxevalOutput ? "deduction" : "abduction";
      return taskSplit("cruxeval", kind, tasks);
    }),
  );
  const many = functionSplits(readFunctions().slice(0, functions.items))
    .filter(({ kind }) => functions.modes.some((mode) => mode === kind));
  return [
    ...[...sums, ...halves].map((split) => ({ split, samples: 1 })),
    ...many.map((split) => ({ split, samples: functions.samples })),
  ];
}

/** Returns the half of the tasks with the shorter programs, in their order; of equal lengths the first. */
export function shorterHalf(tasks: readonly Task[]): Task[] {
  const order = tasks.map((_, i) => i).sort((a, b) =>
    tasks[a].program.source.length - tasks[b].program.source.length || a - b
  );
  const chosen = new Set(order.slice(0, Math.floor(tasks.length / 2)));
  return tasks.filter((_, i) => chosen.has(i));
}

function taskSplit(
  name: string,
  kind: "deduction" | "abduction",
  tasks: readonly Task[],
): Split {
  const items = tasks.map((task) => ({
    ...{ kind, id: `${task.id}/${kind}`, depth: 0, operations: [] },
    task: { ...task, mode: kind },
  }));
  return { name, kind, items };
}
