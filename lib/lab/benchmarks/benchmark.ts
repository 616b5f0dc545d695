/**
 * What a benchmark offers: how a row of its public file is read, what is asked, what
 * the reference answers, and which responses are right.
 */

import type { PooledExecutor } from "../../sandbox/mod.ts";
import type { Dialect } from "../../method/modes/dialect.ts";
import type { Fields } from "./fields.ts";

/** How a question is put to a model. */
export interface Prompt {
  text: string;
  /** Strings that end a response. */
  stops: readonly string[];
  /** Whether the special tokens of a response are part of its text; default: no. */
  keepsSpecialTokens?: boolean;
}

/** The turns of a chat, written by the template that a model was published with. */
export type ChatTemplate = (
  turns: readonly { role: "system" | "user"; content: string }[],
) => string;

/** What became of a response. */
export interface Verdict {
  correct: boolean;
  /** `match`, or the named cause of its failure. */
  cause: string;
  /** What happened, for a person: the case or the line that failed, or the answer. */
  detail: string;
}

/** A response to an item. */
export interface Attempt<Item> {
  item: Item;
  response: string;
}

/** One benchmark. */
export interface Benchmark<Item extends { id: string } = { id: string }> {
  name: string;
  /** Names under which its file is looked for, the usual one first. */
  files: readonly string[];
  /** Where its file comes from, and on what terms. */
  source: string;
  /** Who may have seen the items before. */
  caution: string;
  /** Reads one row. Throws naming the field that is missing or wrong. */
  read(row: Fields): Item;
  /** What is asked; in chat turns where the model has a template. */
  prompt(item: Item, template: ChatTemplate | null): Prompt;
  /** The same asked in another dialect; only where it is asked as in self-play. */
  inDialect?(dialect: Dialect): Benchmark<Item>;
  /** The response that the reference gives; null where the file has none. */
  reference(item: Item): string | null;
  /** The Python program that an item shows or asks for: a run that is measured by it may not train on it. */
  program?(item: Item): string;
  /** Responses to the items by blind guesses, each by a name that tells what is guessed. */
  guesses?(items: readonly Item[]): Record<string, string[]>;
  /** Which responses are right, in order. */
  grade(
    executor: PooledExecutor,
    attempts: readonly Attempt<Item>[],
  ): Promise<Verdict[]>;
}

/** The verdict on a response without an answer. */
export const NO_ANSWER: Verdict = {
  correct: false,
  cause: "noAnswer",
  detail: "",
};
