/** The parts of a run of self-play: config, models, tokenizer, executor and dialect. */

import type { Engine } from "./engine.ts";
import type { Executor, Program } from "../sandbox/mod.ts";
import type { SelfPlayConfig } from "./config.ts";
import type { Candidate } from "./modes/mode.ts";
import type { Dialect } from "./modes/dialect.ts";
import type { ModeName } from "./modes/task.ts";

/** The part of a tokenizer that self-play needs. */
export interface TextCodec {
  /** Token ids of a prompt, with what the model expects before it. */
  encodePrompt(text: string): number[];
  decode(
    tokens: readonly number[],
    options?: { skipSpecial?: boolean },
  ): string;
  /** Returns the id of a token that is written out, such as `<t>`. */
  id(token: string): number;
  /**
   * Returns the text of a conversation that begins with a question, up to the opening
   * of its answer, by the model's own chat template. Throws where there is none.
   */
  asChat(question: string): string;
  readonly eosId: number;
  /** All ids that end a response. */
  readonly endIds: readonly number[];
}

/**
 * Generates `count` candidates of a mode without a model. `batch` is the number of
 * the step; the rounds of seeding have the numbers -1, -2 and so on.
 */
export type CandidateGenerator = (
  mode: ModeName,
  count: number,
  batch: number,
) => Candidate[] | Promise<Candidate[]>;

/** One row of an evaluation, as JSON. */
export type EvaluationRow = Record<string, unknown>;

/** Everything a run of self-play works with. */
export interface Setting {
  config: SelfPlayConfig;
  engine: Engine;
  /** The model that proposes where the config's `policies` are "separate", and only there. */
  proposerEngine?: Engine;
  tokenizer: TextCodec;
  executor: Executor;
  dialect: Dialect;
  /** Tells whether an example of a program belongs to an evaluation and may not be trained on. */
  heldOut?: (program: Program, argument: string, output: string) => boolean;
  /** Needed where the config's `taskSource` is "generated". */
  generateTasks?: CandidateGenerator;
  /**
   * Called before the first step, every `evaluateEvery` steps and after the last, with
   * the run's own models. Null where it was given up: it is made when the run goes on.
   */
  evaluate?: (
    step: number,
    setting: Setting,
  ) => Promise<EvaluationRow[] | null>;
}
