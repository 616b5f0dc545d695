/**
 * The words of the compact dialect: its markers, and the prompts made of them. The
 * table of prompts and responses is in `compact.ts`.
 */

import type { Example } from "./task.ts";

/** Every marker of the dialect, in vocabulary order (`<pad>` is token 0). */
export const SPECIAL_TOKENS = [
  "<pad>",
  "<eos>",
  "<PD>",
  "<PA>",
  "<PI>",
  "<SD>",
  "<SA>",
  "<SI>",
  "<f>",
  "<i>",
  "<o>",
  "<r>",
  "<q>",
  "<a>",
  "<t>",
] as const;

/** Ends every response. */
export const END_TOKEN = "<eos>";
/** Opens the trace of a response that thinks first. */
export const THINK_TOKEN = "<t>";
/** Opens the answer. */
export const ANSWER_TOKEN = "<a>";

/** Inputs an induction proposal is asked for (paper: 10; tiny models: 6). */
export const INDUCTION_INPUTS = 6;
/** Distinct valid inputs an induction task needs at least. */
export const INDUCTION_MINIMUM = 5;
/** Examples shown to the solver; the others are hidden and must all match. */
export const INDUCTION_SHOWN = 3;

/** A past task as the proposer is shown it. */
export interface Reference {
  program: string;
  argument: string;
  output: string;
}

/** Asks for the output of a call. */
export function deductionPrompt(program: string, argument: string): string {
  return `<SD>${program}<i>${argument}<o>`;
}

/** Asks for an input that gives the output. */
export function abductionPrompt(program: string, output: string): string {
  return `<SA>${program}<o>${output}<i>`;
}

/** Asks for the program behind the examples that are shown. */
export function inductionPrompt(examples: readonly Example[]): string {
  const pairs = examples.map(({ argument, output }) =>
    `<i>${argument}<o>${output}`
  );
  return `<SI>${pairs.join("")}<f>`;
}

/** Asks for a program and an input, after K references; K may be 0. */
export function proposePrompt(
  mode: "deduction" | "abduction",
  references: readonly Reference[],
): string {
  const shown = references.map(({ program, argument, output }) =>
    `<r>${program}<i>${argument}<o>${output}`
  );
  return `${mode === "deduction" ? "<PD>" : "<PA>"}${shown.join("")}<f>`;
}

/** Asks for inputs to a given program. */
export function proposeInductionPrompt(program: string): string {
  return `<PI>${program}<i>`;
}

/** Asks a question in words or figures; used in evaluation, never in self-play. */
export function mathsPrompt(question: string): string {
  return `<q>${question}<o>`;
}

/** Tells whether a text holds a marker, so that no prompt can show it. */
export function containsMarker(text: string): boolean {
  return SPECIAL_TOKENS.some((token) => text.includes(token));
}
