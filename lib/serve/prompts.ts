/** The prompts of an environment, drawn from its live buffers as the kit's stages draw them. */

import type { Buffers } from "../method/buffer/buffers.ts";
import { sampleTasks } from "../method/buffer/sampler.ts";
import type { Role } from "../method/modes/dialect.ts";
import type { ModeName, Task } from "../method/modes/task.ts";
import { drawPrompt } from "../method/propose.ts";
import type { Setting } from "../method/setting.ts";
import type { Judged } from "../method/stages.ts";
import { randomStream } from "../random.ts";
import type { PromptRow } from "./rows.ts";
import { BYTES } from "./served_settings.ts";
import type { Entry, EnvironmentState } from "./state.ts";

/** Prompts, and the entries that remember them. */
interface DrawnPrompts {
  rows: PromptRow[];
  entries: Entry[];
}

/** Throws a RangeError that names a mode of which no proposer's prompt fits, not even of the first task. */
export function expectPrompts(setting: Setting, buffers: Buffers): void {
  const { modes, maxPromptTokens } = setting.config;
  const first = { step: 0, round: 0 };
  const without = modes.find((mode) =>
    drawPrompt(setting, buffers, mode, 0, first).prompt === null
  );
  if (without === undefined) return;
  const unit = setting.tokenizer === BYTES ? "bytes" : "tokens";
  throw new RangeError(
    `no proposer's prompt of ${without} fits maxPromptTokens, ` +
      `${maxPromptTokens} ${unit}: measure prompts in tokens of your model ` +
      "(--tokenizer FOLDER), or take a larger one (--set maxPromptTokens=4096)",
  );
}

export class Prompts {
  readonly #setting: Setting;
  readonly #state: EnvironmentState;
  /** Valid tasks that no client has been asked yet, per mode. */
  readonly #fresh = new Map<ModeName, Set<Task>>();
  #draws = 0;
  #names = 0;

  constructor(setting: Setting, state: EnvironmentState) {
    this.#setting = setting;
    this.#state = state;
  }

  /** Returns a name that no other start of the environment gives. */
  newName(kind: "prompt" | "task"): string {
    return `${kind}-${this.#state.starts}-${this.#names++}`;
  }

  /** Draws prompts of a role: of one mode, or of each that is played in turn. */
  draw(role: Role, count: number, mode?: ModeName): DrawnPrompts {
    const modes = mode === undefined ? this.#setting.config.modes : [mode];
    const wanted = new Map<ModeName, number>();
    for (let i = 0; i < count; i++) {
      const next = modes[(this.#draws + i) % modes.length];
      wanted.set(next, (wanted.get(next) ?? 0) + 1);
    }
    const drawn = [...wanted].map(([mode, count]) =>
      role === "solve"
        ? this.#ofSolver(mode, count)
        : this.#ofProposer(mode, count)
    );
    this.#draws += count;
    return {
      rows: drawn.flatMap(({ rows }) => rows),
      entries: drawn.flatMap(({ entries }) => entries),
    };
  }

  /** Returns a task as its solver is asked. */
  solverPrompt(task: Task): PromptRow {
    const { dialect } = this.#setting;
    const prompt = dialect.solverPrompt(task);
    const { solve: stop } = dialect.stopStrings;
    return { id: task.id, role: "solve", mode: task.mode, prompt, stop };
  }

  /** Notes the tasks that have just entered the buffers: they are asked first. */
  note(judged: readonly Judged[]): void {
    if (this.#setting.config.bufferAdmission !== "all") return;
    for (const { status, mode, task } of judged) {
      if (status !== "valid") continue;
      if (!this.#fresh.has(mode)) this.#fresh.set(mode, new Set());
      this.#fresh.get(mode)!.add(task!);
    }
  }

  #ofSolver(mode: ModeName, count: number): DrawnPrompts {
    const { sampler, seed } = this.#setting.config;
    const fresh = this.#fresh.get(mode) ?? new Set();
    const { tasks } = this.#state.buffers.of(mode);
    const pool = {
      fresh: [...fresh],
      past: fresh.size === 0 ? tasks : tasks.filter((task) => !fresh.has(task)),
    };
    const address = [this.#state.starts, this.#draws, mode];
    const stream = randomStream(seed, "served tasks", ...address);
    const drawn = sampleTasks(sampler, pool, count, stream);
    for (const task of drawn) fresh.delete(task);
    return { rows: drawn.map((task) => this.solverPrompt(task)), entries: [] };
  }

  #ofProposer(mode: ModeName, count: number): DrawnPrompts {
    const { buffers, starts } = this.#state;
    const { propose: stop } = this.#setting.dialect.stopStrings;
    const drawn: DrawnPrompts = { rows: [], entries: [] };
    for (let number = 0; number < count; number++) {
      const id = this.newName("prompt");
      const { prompt } = drawPrompt(this.#setting, buffers, mode, this.#names, {
        ...{ step: 0, round: starts },
      });
      if (prompt === null) continue;
      const idsOf = (tasks: readonly Task[]) => tasks.map(({ id }) => id);
      const [references, parts] = [prompt.references, prompt.parts].map(idsOf);
      drawn.rows.push({ id, role: "propose", mode, prompt: prompt.text, stop });
      drawn.entries.push({ kind: "prompt", id, mode, references, parts });
    }
    return drawn;
  }
}
