/**
 * Grades again what a trainer sent to a server, by the kit's own stages and without the
 * server: the rewards have to be those that the trainer was given.
 */

import { proposalReward, solverRewards } from "../../lib/method/credit.ts";
import { dialectFor } from "../../lib/method/dialect_choice.ts";
import { gradeResponses } from "../../lib/method/grade.ts";
import type { SelfPlayConfig } from "../../lib/method/config.ts";
import type { Role } from "../../lib/method/modes/dialect.ts";
import { solverReward } from "../../lib/method/reward/composite.ts";
import type { Setting, TextCodec } from "../../lib/method/setting.ts";
import type { Draft, Response } from "../../lib/method/stages.ts";
import { validateProposals } from "../../lib/method/validate.ts";
import type { PooledExecutor } from "../../lib/sandbox/mod.ts";
import { BYTES, NO_ENGINE } from "../../lib/serve/served_settings.ts";
import { type Entry, EnvironmentState } from "../../lib/serve/state.ts";
import "../../lib/extras/mod.ts";

/** A response with the reward that the trainer was given. */
interface RewardedRow {
  role: Role;
  /** Of the task, or of the proposer's prompt. */
  id: string;
  response: string;
  reward: number | null;
}

/** One call of a reward function: its rows, and the attempts at tasks that it proposed. */
export interface RewardCall {
  rows: RewardedRow[];
  attempts: { task: string; response: string }[];
}

/** A reward that is not the kit's own. */
export interface OtherReward {
  row: RewardedRow;
  own: number | null;
}

export class Regrader {
  readonly #setting: Setting & { executor: PooledExecutor };
  readonly #state: EnvironmentState;
  /** Ids that the server gave to tasks of proposals, in the order of the proposals. */
  readonly #taskIds: (string | null)[];
  readonly #prompts: Extract<Entry, { kind: "prompt" }>[];

  /** `journal` is the server's: the prompts that it gave out, and the names of tasks. */
  constructor(
    config: SelfPlayConfig,
    executor: PooledExecutor,
    journal: readonly Entry[],
    tokenizer: TextCodec = BYTES,
  ) {
    const dialect = dialectFor(config, tokenizer);
    const parts = { config, executor, dialect, tokenizer };
    this.#setting = { ...parts, engine: NO_ENGINE };
    this.#state = new EnvironmentState(config);
    this.#taskIds = journal.flatMap((entry) =>
      entry.kind === "proposal" ? [entry.verdict.task] : []
    );
    this.#prompts = journal.flatMap((entry) =>
      entry.kind === "prompt" ? [entry] : []
    );
  }

  /** Returns the rewards of a call that are other ones. Calls come in their order. */
  async otherRewards({ rows, attempts }: RewardCall): Promise<OtherReward[]> {
    const own = new Map<RewardedRow, number | null>();
    const answers = rows.filter(({ role }) => role === "solve");
    const graded = await this.#grade(
      answers.map(({ id: task, response }) => ({ task, response })),
    );
    answers.forEach((row, i) => own.set(row, graded[i]));
    const proposals = rows.filter(({ role }) => role === "propose");
    const judged = await this.#judge(proposals);
    await this.#grade(attempts);
    proposals.forEach((row, i) => own.set(row, this.#earned(judged[i])));
    return rows.flatMap((row) =>
      own.get(row) === row.reward ? [] : [{ row, own: own.get(row)! }]
    );
  }

  async #grade(
    answers: readonly { task: string; response: string }[],
  ): Promise<number[]> {
    const { config } = this.#setting;
    const rollouts = await gradeResponses(
      this.#setting,
      answers.map(({ task }) => ({
        question: { task: this.#state.task(task)! },
      })),
      answers.map(({ response }) => [this.#response("solve", response)]),
      config,
    );
    return rollouts.map(([{ grade, cause, solves }], i) => {
      const { task } = answers[i];
      const kept = { grade, cause, solves };
      this.#state.apply({ kind: "answer", key: null, task, grade: kept });
      if (grade === "unjudged") throw new Error(`${task} was not judged`);
      return solverReward(grade, solverRewards(config));
    });
  }

  async #judge(rows: readonly RewardedRow[]) {
    const drafts = rows.map((row) => this.#draft(row));
    const { buffers } = this.#state;
    const judged = await validateProposals(this.#setting, buffers, drafts);
    for (const { status, cause, reason, task: made } of judged) {
      const task = status === "valid" ? made : null;
      const verdict = { status, cause, reason, task: task?.id ?? null };
      this.#state.apply({ kind: "proposal", key: null, verdict, task });
    }
    return judged;
  }

  #draft({ id, response }: RewardedRow): Draft {
    const prompt = this.#prompts.find((given) => given.id === id)!;
    const tasks = (ids: string[]) => ids.map((id) => this.#state.task(id)!);
    return {
      ...{ id: this.#taskIds.shift() ?? "no task", mode: prompt.mode, step: 0 },
      ...{ references: tasks(prompt.references), parts: tasks(prompt.parts) },
      ...{ source: "proposed", given: null },
      response: this.#response("propose", response),
    };
  }

  #earned(
    { status, task }: Awaited<ReturnType<typeof validateProposals>>[number],
  ): number | null {
    const isValid = status === "valid";
    const solveRate = isValid ? this.#state.solveRate(task!.id) : null;
    return isValid && solveRate === null
      ? null
      : proposalReward(this.#setting.config, { status, solveRate });
  }

  /** Cuts a response after the first of the dialect's stop strings in it. */
  #response(role: Role, written: string): Response {
    const cuts = this.#setting.dialect.stopStrings[role]
      .filter((stop) => written.includes(stop))
      .map((stop) => written.indexOf(stop) + stop.length);
    const text = written.slice(0, Math.min(written.length, ...cuts));
    const sample = { tokens: [], logProbs: [], finish: "stop" as const };
    return { promptTokens: [], sample, text, bannedTokens: [] };
  }
}
