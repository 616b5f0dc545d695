/** The request to a source of tasks, and its result. */

import type { ModeName } from "./modes/task.ts";
import type { Draft } from "./stages.ts";

/** A request for drafts. */
export interface TaskRequest {
  /** Number of drafts wanted per mode. */
  wanted: ReadonlyMap<ModeName, number>;
  /** The step; 0 for seeding. */
  step: number;
  /** The round of seeding, from 1; 0 in a step. */
  round: number;
  /** Ends the request, when aborted, with the signal's reason. */
  stop?: AbortSignal;
}

/** The numbers of prompts that were too long: drawn again, and dropped. */
export interface PromptCounts {
  promptsRedrawn: number;
  promptsDropped: number;
}

/** The drafts of a request. */
export interface Drawn extends PromptCounts {
  proposals: Draft[];
}

/** Asks for the same number of drafts of each mode. */
export function evenly(
  modes: readonly ModeName[],
  count: number,
  step: number,
  round = 0,
): TaskRequest {
  return { wanted: new Map(modes.map((mode) => [mode, count])), step, round };
}

/** Returns the id, step and mode of the draft of a number. */
export function draftPlace(
  mode: ModeName,
  number: number,
  { step, round }: TaskRequest,
): Pick<Draft, "id" | "step" | "mode"> {
  const place = step === 0 ? `seed${round}` : `${step}`;
  return { id: `${place}-${mode}-${number}`, step, mode };
}
