/** What the command line knows of language models alone: their presets, and their evaluation. */

import {
  functionEvaluation,
  FUNCTIONS_PLAN,
  functionsHeldOut,
  readFunctions,
} from "../../lib/lab/evaluation/functions.ts";
import {
  MODEL_PRESETS,
  type ModelPreset,
} from "../../lib/lab/model_presets.ts";
import { PRESETS } from "../../lib/lab/presets.ts";
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

/** What a language model is evaluated on, what it may not train on, and the record of both. */
export function evaluationOf(plan: Plan) {
  const { presetName, functions } = plan;
  const experiment = {
    ...(presetName !== null && { preset: presetName }),
    functions,
  };
  if (!readsFunctions(plan)) return { experiment };
  const rows = readFunctions();
  const asked = {
    ...FUNCTIONS_PLAN,
    functions,
    during: Math.min(FUNCTIONS_PLAN.during, functions),
  };
  return {
    experiment,
    heldOut: functionsHeldOut(rows),
    ...(functions > 0 && { evaluate: functionEvaluation(rows, asked) }),
  };
}
