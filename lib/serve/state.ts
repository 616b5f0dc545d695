/**
 * What an environment knows: its buffers, the prompts it gave out, the verdicts and
 * the attempts at its tasks. Every change is an entry of the journal, and the same
 * entries in the same order give the same state.
 */

import { Buffers } from "../method/buffer/buffers.ts";
import type { SelfPlayConfig } from "../method/config.ts";
import { admits } from "../method/admission.ts";
import type { ModeName, Task } from "../method/modes/task.ts";
import { solveRate } from "../method/solve.ts";
import type { Judged, Rollout } from "../method/stages.ts";

/** A proposer's prompt as it was given out: its mode, and the tasks that it shows. */
export interface GivenPrompt {
  mode: ModeName;
  references: Task[];
  parts: Task[];
}

/** The verdict on a proposal, as it is kept. A task is named by its id. */
export interface KeptVerdict {
  status: Judged["status"];
  cause: string;
  reason: string;
  task: string | null;
}

/** The grade of an answer, as it is kept. */
export type KeptGrade = Pick<Rollout, "grade" | "cause" | "solves">;

/** One line of the journal. `key` is the client's name for what it sent, or null. */
export type Entry =
  | { kind: "started" }
  | {
    kind: "prompt";
    id: string;
    mode: ModeName;
    references: string[];
    parts: string[];
  }
  | {
    kind: "proposal";
    key: string | null;
    verdict: KeptVerdict;
    task: Task | null;
  }
  | { kind: "answer"; key: string | null; task: string; grade: KeptGrade };

/** Most prompts, tasks and verdicts that are kept each; the oldest leave first. */
const MOST_KEPT = 100_000;

/** A map that forgets its oldest entries. */
class Recent<Value> extends Map<string, Value> {
  override set(key: string, value: Value): this {
    super.set(key, value);
    if (this.size > MOST_KEPT) this.delete(this.keys().next().value!);
    return this;
  }
}

export class EnvironmentState {
  readonly buffers: Buffers;
  readonly prompts = new Recent<GivenPrompt>();
  readonly verdicts = new Recent<KeptVerdict>();
  readonly grades = new Recent<KeptGrade>();
  /** Attempts at each proposed task, from which its solve rate is estimated. */
  readonly attempts = new Recent<KeptGrade[]>();
  /** Number of times that the environment was opened: names and draws differ between them. */
  starts = 0;
  readonly #tasks = new Recent<Task>();
  readonly #config: SelfPlayConfig;

  constructor(config: SelfPlayConfig) {
    const { bufferCapacity: capacity, inputsPerProgram } = config;
    const { language, seed, modes, dialect } = config;
    const limits = { capacity, inputsPerProgram };
    this.#config = config;
    this.buffers = Buffers.fromIdentity(limits, language, seed, modes, dialect);
    for (const mode of this.buffers.modes) {
      for (const task of this.buffers.of(mode).tasks) {
        this.#tasks.set(task.id, task);
      }
    }
  }

  /** Returns a task by its id, or undefined where it is unknown or forgotten. */
  task(id: string): Task | undefined {
    return this.#tasks.get(id) ??
      this.buffers.modes.flatMap((mode) => this.buffers.of(mode).tasks)
        .find((task) => task.id === id);
  }

  /** Tells whether a task still lacks attempts for its solve rate. */
  isWaiting(id: string): boolean {
    const attempts = this.attempts.get(id);
    return attempts !== undefined && this.missing(id) > 0;
  }

  /** Returns how many attempts a proposed task lacks. */
  missing(id: string): number {
    const judged = (this.attempts.get(id) ?? [])
      .filter(({ grade }) => grade !== "unjudged").length;
    return Math.max(0, this.#config.rolloutsPerTask - judged);
  }

  /** Returns the solve rate of a proposed task, or null while it lacks attempts. */
  solveRate(id: string): number | null {
    const attempts = this.attempts.get(id);
    return attempts === undefined || this.missing(id) > 0
      ? null
      : solveRate(attempts);
  }

  /** Makes the change of an entry. */
  apply(entry: Entry): void {
    switch (entry.kind) {
      case "started":
        this.starts++;
        return;
      case "prompt":
        return this.#givePrompt(entry);
      case "proposal":
        return this.#keepVerdict(entry);
      case "answer":
        return this.#keepGrade(entry);
    }
  }

  #givePrompt(
    { id, mode, references, parts }: Extract<Entry, { kind: "prompt" }>,
  ): void {
    const known = (ids: string[]) => ids.flatMap((id) => this.task(id) ?? []);
    const shown = { references: known(references), parts: known(parts) };
    this.prompts.set(id, { mode, ...shown });
  }

  #keepVerdict(
    { key, verdict, task }: Extract<Entry, { kind: "proposal" }>,
  ): void {
    // What could not be judged may be sent again.
    const judged = verdict.status !== "unjudged";
    if (key !== null && judged) this.verdicts.set(key, verdict);
    if (task === null) return;
    this.#tasks.set(task.id, task);
    this.attempts.set(task.id, []);
    if (this.#config.bufferAdmission === "all") this.#join(task);
  }

  #keepGrade({ key, task, grade }: Extract<Entry, { kind: "answer" }>): void {
    const judged = grade.grade !== "unjudged";
    if (key !== null && judged) this.grades.set(key, grade);
    if (!this.isWaiting(task)) return;
    this.attempts.get(task)!.push(grade);
    const rate = this.solveRate(task);
    const proposed = this.#tasks.get(task);
    if (rate === null || proposed === undefined) return;
    if (this.#config.bufferAdmission === "all") return;
    const provenance = { ...proposed.provenance, solveRate: rate };
    this.#join({ ...proposed, provenance });
  }

  #join(task: Task): void {
    if (admits(this.#config, task)) this.buffers.of(task.mode).add([task]);
  }
}
