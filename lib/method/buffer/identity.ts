/**
 * The identity triplet: the only task a run starts from (paper, figure 5).
 * Everything else in the buffers has been proposed by the model.
 */

import type { Language } from "../../sandbox/mod.ts";
import {
  type DialectName,
  type ModeName,
  NO_ERROR,
  type Task,
} from "../modes/mod.ts";

/** `f(x) = x` on one string, as a task of the given mode. */
export function identityTask(
  mode: Exclude<ModeName, "induction">,
  language: Language,
  seed: number,
  dialect: DialectName = "chat",
): Task {
  const python = language === "python";
  // The paper's program and input for language models that write Python; the
  // shortest form otherwise, in letters that a tiny vocabulary has: a tiny model
  // shown the paper's, spelt letter by letter, proposes nothing that is valid.
  const paper = python && dialect === "chat";
  const short = python ? "lambda x:x" : "x=>x";
  const source = paper ? "def f(a):\n    return a" : short;
  const text = paper ? "'Hello world'" : '"abc"';
  return {
    id: `identity-${mode}`,
    mode,
    program: { language, source },
    examples: [{ argument: text, output: mode === "error" ? NO_ERROR : text }],
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
  };
}
