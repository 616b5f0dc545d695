/**
 * The identity triplet: the only task that a run starts from (paper, figure 5).
 * The model has proposed every other task in the buffers.
 */

import type { Language } from "../../sandbox/mod.ts";
import type { DialectName } from "../modes/dialect.ts";
import type { ModeName, Task } from "../modes/task.ts";
import { modeOf } from "../modes/registry.ts";

/** Returns the tasks that a mode's buffer starts with: `f(x) = x` on one string, or none. */
export function identityTasks(
  mode: ModeName,
  language: Language,
  seed: number,
  dialect: DialectName = "chat",
): Task[] {
  const python = language === "python";
  // Language models that write Python get the paper's program and input. Tiny
  // models get the shortest form, in letters of their vocabulary: they spell the
  // paper's letter by letter, and then propose nothing that is valid.
  const paper = python && dialect !== "compact";
  const short = python ? "lambda x:x" : "x=>x";
  // The code dialect's asserts call `f`.
  const named = dialect === "code" ? "function f(a) {\n  return a;\n}" : short;
  const source = paper ? "def f(a):\n    return a" : named;
  const text = paper ? "'Hello world'" : '"abc"';
  const output = modeOf(mode).identityOutput(text);
  if (output === null) return [];
  return [{
    id: `identity-${mode}`,
    mode,
    program: { language, source },
    examples: [{ argument: text, output }],
    shownCount: 1,
    message: "",
    provenance: {
      source: "seed",
      parents: [],
      step: 0,
      seed,
      verdict: "valid",
      solveRate: null,
    },
  }];
}
