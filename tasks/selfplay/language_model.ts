/** What the command line knows of language models alone: their presets, and their evaluation. */

import { benchmarkNamed } from "../../lib/lab/benchmarks/benchmarks.ts";
import { benchmarksDuring } from "./during.ts";
import { readItems } from "../../lib/lab/benchmarks/file.ts";
import { programsHeldOut } from "./programs_held_out.ts";
import {
  functionEvaluation,
  FUNCTIONS_PLAN,
  functionsHeldOut,
  readFunctions,
} from "../language/functions.ts";
import {
  MODEL_PRESETS,
  type ModelPreset,
} from "../../lib/lab/model_presets.ts";
import { PRESETS } from "../../lib/lab/presets.ts";
import type { Program } from "../../lib/sandbox/mod.ts";
import { ArgumentError, type SelfPlayArguments } from "./arguments.ts";
import type { Plan } from "./plan.ts";

/** Returns a language model's preset, null for another one's. Throws where there is none of that name. */
export function modelPreset(name: string | null): ModelPreset | null {
  if (name === null || Object.hasOwn(PRESETS, name)) return null;
  if (Object.hasOwn(MODEL_PRESETS, name)) return MODEL_PRESETS[name];
  const known = [PRESETS, MODEL_PRESETS].flatMap(Object.keys);
  throw new RangeError(
    `no preset "${name}"; there are: ${known.join(", ")}`,
  );
}

/** Whether a run can be evaluated on the kit's functions: a language model, in Python. */
function readsFunctions(
  { preset, config }: Pick<Plan, "preset" | "config">,
): boolean {
  return preset === null && config.dialect !== "compact" &&
    config.language === "python";
}

/** The number of functions to evaluate on. A server is asked for no more than self-play unless told to. */
export function functionsFor(
  { evaluate }: SelfPlayArguments,
  plan: Pick<Plan, "preset" | "engine" | "config">,
): number {
  if (readsFunctions(plan)) {
    const isHere = plan.engine.engine === "local";
    return evaluate ?? (isHere ? FUNCTIONS_PLAN.functions : 0);
  }
  if (evaluate === null) return 0;
  throw new ArgumentError(
    "--evaluate is for language models that play in Python, and a preset's base " +
      "model is evaluated on its own world: leave --evaluate out",
  );
}

/** The benchmarks to evaluate on, and the folder of their files. Throws where they would not be used. */
export function benchmarksFor(
  { during, data }: SelfPlayArguments,
  { preset, config }: Pick<Plan, "preset" | "engine" | "config">,
): Pick<Plan, "during" | "data"> {
  const isModel = preset === null && config.dialect !== "compact";
  if (during !== null && !isModel) {
    throw new ArgumentError(
      "--during is for language models, and a preset's base model is evaluated on " +
        "its own world: leave --during out",
    );
  }
  if (data !== null && during === null) {
    throw new ArgumentError(
      "--data names the folder of the files of --during: give that too",
    );
  }
  return { during, data: data ?? "benchmarks" };
}

/** Reads the benchmarks of `--during`. Throws naming the file or the name that is not there. */
async function benchmarksOf({ during, data }: Plan) {
  const named = during?.split(",") ?? [];
  return await Promise.all(named.map(async (text) => {
    const [name, items] = text.split(":");
    if (items !== undefined && !/^[1-9]\d*$/.test(items)) {
      throw new ArgumentError(`--during: "${text}" has no number of items`);
    }
    const benchmark = benchmarkNamed(name);
    const limit = Number(items ?? Infinity);
    // No program of the file may be trained on, asked during the run or not.
    const isBarred = benchmark.program !== undefined;
    const known = await readItems(benchmark, data, isBarred ? Infinity : limit);
    return { benchmark, known, items: known.slice(0, limit) };
  }));
}

/** What a language model is evaluated on, what it may not train on, and the record of both. */
export async function evaluationOf(plan: Plan) {
  const { presetName, functions, during } = plan;
  const experiment = {
    ...(presetName !== null && { preset: presetName }),
    functions,
    ...(during !== null && { during }),
  };
  const chosen = await benchmarksOf(plan);
  const parts = chosen.length > 0 ? [benchmarksDuring(chosen)] : [];
  const isAsked = programsHeldOut(
    chosen.map(({ benchmark, known: items }) => ({ benchmark, items })),
  );
  if (!readsFunctions(plan)) {
    const barred = chosen.length > 0 && { heldOut: isAsked };
    return { experiment, ...barred, ...together(parts) };
  }
  const rows = readFunctions();
  const asked = {
    ...FUNCTIONS_PLAN,
    functions,
    during: Math.min(FUNCTIONS_PLAN.during, functions),
  };
  if (functions > 0) parts.unshift(functionEvaluation(rows, asked));
  const isFunction = functionsHeldOut(rows);
  const heldOut = (program: Program) => isFunction(program) || isAsked(program);
  return { experiment, heldOut, ...together(parts) };
}

/** One evaluation of several, whose rows stand one behind the other. */
function together(parts: readonly ReturnType<typeof benchmarksDuring>[]) {
  if (parts.length === 0) return {};
  const evaluate: typeof parts[number] = async (step, setting) => {
    const rows = [];
    for (const part of parts) rows.push(...await part(step, setting));
    return rows;
  };
  return { evaluate };
}
