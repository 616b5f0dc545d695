/**
 * A task: what a proposal becomes once the executor has accepted it.
 *
 * A task holds texts only (program, argument lists, outputs), so that it can be
 * written to JSON, compared and shown as it is. A dialect turns the task into a
 * prompt (`compact.ts`, `chat.ts`, `code.ts`); its mode checks the answers.
 */

import type { Program } from "../../sandbox/mod.ts";

/**
 * The name of a mode. Three ways of reasoning about a triplet (program, input,
 * output): predict the output, find an input, write the program (paper, section
 * 3.2). A fourth, predicting how a call ends, is an extra (paper, appendix D.1).
 */
export type ModeName = "deduction" | "abduction" | "induction" | "error";

/** The names of the paper's three modes, in the order in which a step proposes them. */
export const MODE_NAMES: readonly ModeName[] = [
  "deduction",
  "abduction",
  "induction",
];

/** One observed call, as literal texts: `argument` is an argument list. Only the `output` of a leaked task may be empty, until it is solved. */
export interface Example {
  argument: string;
  output: string;
}

/** The origin of a task, and its solve rate. */
export interface Provenance {
  /**
   * `seed`: the identity triplet. `proposed`: the model. `generated`: a program
   * generator. `file`: a line of a file. `chained`: two programs of the buffers, one
   * after the other.
   */
  source: "seed" | "proposed" | "generated" | "file" | "chained";
  /** Ids of the reference tasks in the proposer's prompt. */
  parents: string[];
  /** Ids of the tasks whose programs the task builds on, if it is composite or chained. */
  composedOf?: string[];
  /** The step that made the task; 0 for seeding. */
  step: number;
  /** Seed of the run. */
  seed: number;
  /** The executor's verdict on the proposal: `valid`, or `leaked` where the gate let a refused one pass. */
  verdict: string;
  /** Solve rate in the step that proposed the task; null if nobody tried. */
  solveRate: number | null;
}

/** A validated task of one mode. */
export interface Task {
  id: string;
  mode: ModeName;
  program: Program;
  /** One example, or several for induction: the first `shownCount` are shown, the others hidden. */
  examples: Example[];
  shownCount: number;
  /** The proposer's description of the program (induction in the chat dialect), or "". */
  message: string;
  provenance: Provenance;
}

/** Returns a key that is equal for tasks of the same mode, program and inputs. */
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
