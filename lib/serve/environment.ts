/**
 * The environment without its server: what each request gives, from the kit's own
 * stages. A model is nowhere in it; the client samples.
 */

import { join } from "node:path";
import { checkConfig, type SelfPlayConfig } from "../method/config.ts";
import { proposalReward, solverRewards } from "../method/credit.ts";
import { dialectFor } from "../method/dialect_choice.ts";
import { checkExtras } from "../method/extras.ts";
import { gradeResponses } from "../method/grade.ts";
import type { Role } from "../method/modes/dialect.ts";
import { modeOf } from "../method/modes/registry.ts";
import type { ModeName, Task } from "../method/modes/task.ts";
import { solverReward } from "../method/reward/composite.ts";
import type { Setting, TextCodec } from "../method/setting.ts";
import type { Draft, Response } from "../method/stages.ts";
import { markDuplicates, validateProposals } from "../method/validate.ts";
import type { PooledExecutor } from "../sandbox/mod.ts";
import "../extras/mod.ts";
import { Journal } from "./journal.ts";
import { Once } from "./once.ts";
import { expectPrompts, Prompts } from "./prompts.ts";
import {
  type Answered,
  type PromptRow,
  type Proposed,
  RequestError,
  type RewardRow,
  type VerdictRow,
} from "./rows.ts";
import {
  BYTES,
  checkHead,
  NO_ENGINE,
  servedConfig,
} from "./served_settings.ts";
import {
  type Entry,
  EnvironmentState,
  type GivenPrompt,
  type KeptGrade,
  type KeptVerdict,
} from "./state.ts";

/** What an environment is made of. */
interface EnvironmentParts {
  config: SelfPlayConfig;
  executor: PooledExecutor;
  /** Measures prompts; default: bytes, of which no prompt has fewer than tokens. */
  tokenizer?: TextCodec;
  /** Folder of the journal. */
  folder: string;
}

export class Environment implements AsyncDisposable {
  readonly setting: Setting & { executor: PooledExecutor };
  readonly state: EnvironmentState;
  readonly #journal: Journal;
  readonly #proposals: Once<KeptVerdict>;
  readonly #answers: Once<KeptGrade>;
  readonly #prompts: Prompts;

  private constructor(
    setting: Environment["setting"],
    state: EnvironmentState,
    journal: Journal,
  ) {
    this.setting = setting;
    this.state = state;
    this.#journal = journal;
    this.#prompts = new Prompts(setting, state);
    this.#proposals = new Once(state.verdicts);
    this.#answers = new Once(state.grades);
  }

  /**
   * Opens an environment with what its folder's journal tells. Throws where the journal
   * is of another config, and a RangeError where no proposer's prompt fits the config.
   */
  static async open(parts: EnvironmentParts): Promise<Environment> {
    const { config, executor, tokenizer = BYTES, folder } = parts;
    checkConfig(config);
    checkExtras(config);
    const dialect = dialectFor(config, tokenizer);
    const setting = {
      ...{ config, executor, tokenizer, dialect, engine: NO_ENGINE },
    };
    const state = new EnvironmentState(config);
    expectPrompts(setting, state.buffers);
    const head = { format: "serve-1", config: servedConfig(config) };
    const path = join(folder, "journal.jsonl");
    const journal = await Journal.open(path, (entry, line) => {
      if (line === 1) checkHead(path, head, entry);
      else state.apply(entry as Entry);
    });
    if (journal.bytes === 0) journal.write([head]);
    const environment = new Environment(setting, state, journal);
    await environment.#commit([{ kind: "started" }]);
    return environment;
  }

  /** Number of bytes of the journal. */
  get journalBytes(): number {
    return this.#journal.bytes;
  }

  /** Draws prompts of a role from the live buffers: of one mode, or of each in turn. Fewer where there are no tasks. */
  async prompts(
    role: Role,
    count: number,
    mode?: ModeName,
  ): Promise<PromptRow[]> {
    const { rows, entries } = this.#prompts.draw(role, count, mode);
    await this.#commit(entries);
    return rows;
  }

  /** Judges proposals, in order. One whose key was judged before has its former verdict. */
  async judge(proposals: readonly Proposed[]): Promise<VerdictRow[]> {
    const drafts = proposals.map((proposal) => this.#draft(proposal));
    const keys = proposals.map(({ key }) => key);
    const kept = await this.#proposals.of(
      keys,
      (asked) =>
        this.#judgeDrafts(
          asked.map((i) => drafts[i]),
          asked.map((i) => keys[i]),
        ),
    );
    return kept.map((verdict) => this.#verdictRow(verdict));
  }

  /** Grades answers, in order. One whose key was graded before has its former grade. */
  async grade(answers: readonly Answered[]): Promise<RewardRow[]> {
    const tasks = answers.map(({ task }) => this.#task(task));
    const keys = answers.map(({ key }) => key);
    const kept = await this.#answers.of(keys, (asked) =>
      this.#gradeAnswers(
        asked.map((i) => ({ ...answers[i], task: tasks[i] })),
      ));
    return kept.map((grade) => this.#rewardRow(grade));
  }

  /** Returns the verdicts on proposals by their keys, with the rewards that are known by now. */
  verdicts(keys: readonly string[]): VerdictRow[] {
    return keys.map((key) => {
      const verdict = this.state.verdicts.get(key);
      if (verdict) return this.#verdictRow(verdict);
      throw new RequestError(`no proposal has the id "${key}"`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#journal.close();
  }

  /** Writes entries to the journal, makes their changes, and resolves once they cannot be lost. */
  #commit(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return Promise.resolve();
    this.#journal.write(entries);
    for (const entry of entries) this.state.apply(entry);
    return this.#journal.durable();
  }

  #task(id: string): Task {
    const task = this.state.task(id);
    if (task) return task;
    throw new RequestError(
      `there is no task "${id}": take the id of a solver's prompt`,
    );
  }

  /** Makes a proposal a draft, as the kit's proposer makes it. */
  #draft({ prompt, mode, response, step }: Proposed): Draft {
    const given = this.#given(prompt, mode);
    return {
      ...given,
      id: `${this.#prompts.newName("task")}-${given.mode}`,
      step,
      source: "proposed",
      response: this.#response("propose", response),
      given: null,
    };
  }

  #given(prompt: string | null, mode: ModeName | null): GivenPrompt {
    if (prompt !== null) {
      const given = this.state.prompts.get(prompt);
      if (given) return given;
      throw new RequestError(
        `there is no prompt "${prompt}": take the id of a proposer's prompt`,
      );
    }
    if (mode !== null && modeOf(mode).writesProgram) {
      return { mode, references: [], parts: [] };
    }
    throw new RequestError(
      `a proposal of ${mode} needs "prompt", the id of a proposer's prompt: ` +
        "it holds inputs for the program of that prompt",
    );
  }

  /** Returns a client's text as a response. What follows the dialect's stop is not read, as it would not be sampled. */
  #response(role: Role, written: string): Response {
    const ends = this.setting.dialect.stopStrings[role].flatMap((stop) => {
      const at = written.indexOf(stop);
      return at < 0 ? [] : [at + stop.length];
    });
    const text = written.slice(0, Math.min(written.length, ...ends));
    const sample = { tokens: [], logProbs: [], finish: "stop" as const };
    return { promptTokens: [], sample, text, bannedTokens: [] };
  }

  /** Judges drafts. Duplicates are told again at the end, where no other request is between verdict and buffer. */
  async #judgeDrafts(
    drafts: readonly Draft[],
    keys: readonly (string | null)[],
  ): Promise<KeptVerdict[]> {
    const { setting, state } = this;
    const { buffers } = state;
    const first = await validateProposals(setting, buffers, drafts);
    const judged = setting.config.duplicates === "penalise"
      ? markDuplicates(buffers, first)
      : first;
    const entries = judged.map((proposal, i): Entry & { kind: "proposal" } => {
      const task = proposal.status === "valid" ? proposal.task : null;
      const { status, cause, reason } = proposal;
      const verdict = { status, cause, reason, task: task?.id ?? null };
      return { kind: "proposal", key: keys[i], verdict, task };
    });
    const written = this.#commit(entries);
    this.#prompts.note(judged);
    await written;
    return entries.map(({ verdict }) => verdict);
  }

  async #gradeAnswers(
    answers: readonly (Omit<Answered, "task"> & { task: Task })[],
  ): Promise<KeptGrade[]> {
    const { setting: { config, dialect, executor }, state } = this;
    const ignored = config.estimateForm === "ignored";
    const rollouts = await gradeResponses(
      { executor, dialect },
      answers.map(({ task }) => ({
        question: { task },
        anyForm: ignored && state.isWaiting(task.id),
      })),
      answers.map(({ response }) => [this.#response("solve", response)]),
      config,
    );
    const entries = answers.map((
      { key, task: { id: task } },
      i,
    ): Entry & { kind: "answer" } => {
      const { grade, cause, solves } = rollouts[i][0];
      return { kind: "answer", key, task, grade: { grade, cause, solves } };
    });
    // An answer without a name to a task that waits for none changes nothing.
    await this.#commit(
      entries.filter(({ key, task }) => key !== null || state.isWaiting(task)),
    );
    return entries.map(({ grade }) => grade);
  }

  #verdictRow({ task: id, ...verdict }: KeptVerdict): VerdictRow {
    const { config } = this.setting;
    const task = id === null ? undefined : this.state.task(id);
    const solveRate = id === null ? null : this.state.solveRate(id);
    const missing = id === null ? 0 : this.state.missing(id);
    // Every solve rate earns the same under this shape, so none is waited for.
    const rate = solveRate ?? (config.learnability === "uniform" ? 0 : null);
    const known = verdict.status !== "valid" || rate !== null;
    const { status } = verdict;
    return {
      ...verdict,
      reward: known
        ? proposalReward(config, { status, solveRate: rate })
        : null,
      task: task ? this.#prompts.solverPrompt(task) : null,
      ...{ missing, solveRate },
    };
  }

  #rewardRow(grade: KeptGrade): RewardRow {
    const rewards = solverRewards(this.setting.config);
    return {
      ...grade,
      reward: grade.grade === "unjudged"
        ? null
        : solverReward(grade.grade, rewards),
    };
  }
}
