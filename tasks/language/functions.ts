/**
 * Evaluation of language models on 300 small Python functions of this kit's own, in
 * all three modes and in the dialect that the model plays. The functions are
 * `data/language_model/functions.jsonl`, made by `tasks/make_functions.ts`; self-play
 * may not train on them.
 */

import { join } from "node:path";
import type { SelfPlayConfig } from "../../lib/method/config.ts";
import { MODE_NAMES, type Task } from "../../lib/method/modes/task.ts";
import type { EvaluationRow, Setting } from "../../lib/method/setting.ts";
import type { Program } from "../../lib/sandbox/mod.ts";
import type { FunctionsPlan } from "../../lib/lab/language_study.ts";
import { momentOf } from "../../lib/lab/evaluation_plan.ts";
import { normaliseText } from "../../lib/lab/world/held_out.ts";
import type { Split } from "../../lib/lab/world/splits.ts";
import {
  evaluateSplits,
  type EvaluationOptions,
} from "../../lib/lab/evaluation/evaluate.ts";

/** One function with calls of it. */
export interface FunctionRow {
  id: string;
  /** 1: one operation. 2: two. 3: a condition. 4: a loop. 5: a loop, a condition and an operation. */
  level: number;
  source: string;
  inputs: string[];
  outputs: string[];
}

/** The evaluation of a run where nothing else is asked for. */
export const FUNCTIONS_PLAN: FunctionsPlan = {
  ...{ functions: 50, during: 25, samples: 2, passFunctions: 0 },
};

/** The samples of an item from which pass@k is estimated. */
const PASS_SAMPLES = 64;
/** Seed of the evaluation's samples, the same in every run. */
const SEED = 7;
/** Examples that the solver of induction sees; the others are hidden. */
const SHOWN = 2;

const FILE = join(
  import.meta.dirname!,
  "../../data/language_model/functions.jsonl",
);

/** Reads the functions. */
export function readFunctions(file = FILE): FunctionRow[] {
  const lines = Deno.readTextFileSync(file).trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

/** Returns a split of functions for each mode. */
export function functionSplits(rows: readonly FunctionRow[]): Split[] {
  return MODE_NAMES.map((mode) => ({
    name: "functions",
    kind: mode,
    items: rows.map((row) => {
      const task = taskOf(row, mode);
      return {
        kind: mode,
        id: task.id,
        depth: row.level,
        operations: [],
        task,
      };
    }),
  }));
}

function taskOf(row: FunctionRow, mode: Task["mode"]): Task {
  const { id, source, inputs, outputs } = row;
  const examples = inputs.map((argument, i) => ({
    argument,
    output: outputs[i],
  }));
  const isInduction = mode === "induction";
  return {
    id: `${id}/${mode}`,
    mode,
    program: { language: "python", source },
    examples: isInduction ? examples : examples.slice(0, 1),
    shownCount: isInduction ? SHOWN : 1,
    message: "",
    provenance: {
      ...{ source: "file", parents: [], step: 0, seed: 0 },
      ...{ verdict: "valid", solveRate: null },
    },
  };
}

/** Returns what tells whether a program is one of the functions, however it is spaced. */
export function functionsHeldOut(
  rows: readonly FunctionRow[],
): (program: Program) => boolean {
  const sources = new Set(rows.map(({ source }) => normaliseText(source)));
  return ({ source }) => sources.has(normaliseText(source));
}

/** Returns the evaluation of a run: greedy, and before and after at temperature 1 too. */
export function functionEvaluation(
  rows: readonly FunctionRow[],
  plan: FunctionsPlan,
): (step: number, setting: Setting) => Promise<EvaluationRow[]> {
  return async (step, setting) => {
    const { config } = setting;
    const isDuring = momentOf(step, config) === "during";
    const common = { ...optionsOf(config), seed: SEED };
    const greedy = { ...common, temperature: 0, samples: 1 };
    const passes: [number, EvaluationOptions][] = isDuring
      ? [[plan.during, greedy]]
      : [
        [plan.functions, greedy],
        [plan.functions, {
          ...common,
          temperature: 1,
          samples: plan.samples,
        }],
        [plan.passFunctions, {
          ...common,
          temperature: 1,
          samples: PASS_SAMPLES,
        }],
      ];
    const found: EvaluationRow[] = [];
    for (const [count, options] of passes) {
      if (count === 0 || options.samples === 0) continue;
      const splits = functionSplits(rows.slice(0, count));
      found.push(
        ...(await evaluateSplits(setting, splits, options))
          .map((row) => ({ ...row })),
      );
    }
    return found;
  };
}

function optionsOf(
  config: SelfPlayConfig,
): Pick<EvaluationOptions, "maxNewTokens" | "judging" | "thinking"> {
  const { maxSolutionTokens, thinking } = config;
  return { maxNewTokens: maxSolutionTokens, judging: config, thinking };
}
