/**
 * A task: what a proposal becomes once the executor has accepted it.
 *
 * A task holds literal texts only (program source, argument lists, outputs), so
 * it can be written to JSON, compared and shown as it is. How a task turns into
 * a prompt is a dialect's business (`compact.ts`, `chat.ts`); how its answer is
 * checked is its mode's.
 */

import type { Program } from "../../sandbox/mod.ts";

/**
 * The three ways of reasoning about a triplet (program, input, output): predict
 * the output, find an input, or write the program (paper, section 3.2); and
 * predicting how a call ends, which the paper tried without gain (appendix D.1).
 */
export type ModeName = "deduction" | "abduction" | "induction" | "error";

/** The three modes of the paper's runs, in the order in which a step proposes them. */
export const MODE_NAMES: readonly ModeName[] = [
  "deduction",
  "abduction",
  "induction",
];

/** One observed call, as literal texts: `argument` is an argument list. */
export interface Example {
  argument: string;
  output: string;
}

/** Where a task comes from and what has been learnt about it. */
export interface Provenance {
  /**
   * `seed`: the identity triplet. `proposed`: the model. `generated`: a program
   * generator. `file`: a line of a file. `chained`: two programs of the buffers, one
   * after the other.
   */
  source: "seed" | "proposed" | "generated" | "file" | "chained";
  /** Ids of the reference tasks in the proposer's prompt. */
  parents: string[];
  /** Ids of the tasks whose programs it builds on, if it is composite or chained. */
  composedOf?: string[];
  /** The step that made it; 0 for seeding. */
  step: number;
  /** Seed of the run. */
  seed: number;
  /** The executor's verdict on the proposal. */
  verdict: string;
  /** Share of solver rollouts that were right when it was proposed; null if never tried. */
  solveRate: number | null;
}

/** A validated task of one mode. */
export interface Task {
  id: string;
  mode: ModeName;
  program: Program;
  /** One example, or for induction several: the first `shownCount` are shown, the rest hidden. */
  examples: Example[];
  shownCount: number;
  /** The proposer's description of the program (induction in the chat dialect), or "". */
  message: string;
  provenance: Provenance;
}

/** What two tasks must share to count as the same: the program and the inputs, per mode. */
export function taskKey(
  task: Pick<Task, "mode" | "program" | "examples">,
): string {
  return JSON.stringify([
    task.mode,
    task.program.language,
    task.program.source,
    task.examples.map((example) => example.argument),
  ]);
}
