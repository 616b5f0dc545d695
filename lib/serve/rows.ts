/** What goes in and out of an environment: prompts, proposals, answers, verdicts, rewards. */

import type { Role } from "../method/modes/dialect.ts";
import type { ModeName } from "../method/modes/task.ts";
import type { KeptGrade, KeptVerdict } from "./state.ts";

/** A request that cannot be met as it is; the message says why, and the cure. */
export class RequestError extends Error {
  override name = "RequestError";
}

/** A prompt for the client's model. `stop` ends a response to it. */
export interface PromptRow {
  /** What a response to it names: the prompt for a proposal, the task for an answer. */
  id: string;
  role: Role;
  mode: ModeName;
  prompt: string;
  stop: readonly string[];
}

/** A proposal: a response to a prompt, or with a mode alone to none. */
export interface Proposed {
  key: string | null;
  prompt: string | null;
  mode: ModeName | null;
  response: string;
  step: number;
}

/** An answer: a response to the prompt of a task. */
export interface Answered {
  key: string | null;
  task: string;
  response: string;
}

/** The verdict on a proposal. The reward is null while its task lacks attempts, or where it has none. */
export interface VerdictRow extends Omit<KeptVerdict, "task"> {
  reward: number | null;
  /** The solver's prompt of a valid proposal. */
  task: PromptRow | null;
  /** Attempts that the reward waits for. */
  missing: number;
  solveRate: number | null;
}

/** The grade of an answer. The reward is null where the sandbox itself failed. */
export interface RewardRow extends KeptGrade {
  reward: number | null;
}
