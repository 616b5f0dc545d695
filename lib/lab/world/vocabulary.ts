/**
 * The vocabulary of a world as a Hugging Face `tokenizer.json`.
 *
 * Whole operations, whole numbers up to 99 and the phrases of word problems are
 * one token each; every printable ASCII character is there as well, so that any
 * output of a program can be written. A regular expression with the longest
 * pieces first splits a text greedily; a WordLevel model numbers the pieces.
 * The file opens unchanged in Python's `tokenizers`.
 */

import { END_TOKEN, SPECIAL_TOKENS } from "../../method/modes/compact_words.ts";
import { type WorldConfig, worldLanguages } from "./config.ts";
import { ProgramGenerator } from "./generator.ts";
import { WORD_PIECES } from "./maths.ts";
import type { Operation, WorldLanguage } from "./operations.ts";
import { FRAMES } from "./program.ts";
import { wordTokenizerJson } from "./word_tokenizer.ts";

/** Stands for any character outside the vocabulary. */
const UNKNOWN_TOKEN = "<unk>";

/** The largest whole number with a token of its own. */
const LARGEST_NUMBER_TOKEN = 99;

/** Returns the pieces of a world in vocabulary order, markers first. */
export function worldPieces(config: WorldConfig): string[] {
  const { operations } = new ProgramGenerator(config);
  const numbers = Array.from(
    { length: LARGEST_NUMBER_TOKEN + 1 },
    (_, number) => String(number),
  );
  const printable = Array.from(
    { length: 95 },
    (_, offset) => String.fromCharCode(32 + offset),
  );
  const pieces = [
    ...SPECIAL_TOKENS,
    UNKNOWN_TOKEN,
    ...worldLanguages(config).flatMap((language) => [
      ...framePieces(language),
      ...operations.flatMap((operation) =>
        operationPieces(operation, language)
      ),
    ]),
    ...numbers,
    ...WORD_PIECES,
    ...printable,
    "\n",
  ];
  return [...new Set(pieces)].filter((piece) => piece !== "");
}

/** Returns the tokenizer of a world, as the object that belongs in `tokenizer.json`. */
export function worldTokenizerJson(config: WorldConfig): object {
  const pieces = worldPieces(config);
  const special: string[] = [...SPECIAL_TOKENS, UNKNOWN_TOKEN];
  return wordTokenizerJson({
    pieces,
    special: special.length,
    pattern: splitPattern(pieces.slice(special.length)),
    unknown: UNKNOWN_TOKEN,
  });
}

/** Returns the companion `tokenizer_config.json`. */
export function worldTokenizerConfig(): object {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    clean_up_tokenization_spaces: false,
    pad_token: SPECIAL_TOKENS[0],
    eos_token: END_TOKEN,
    unk_token: UNKNOWN_TOKEN,
  };
}

/** Longest pieces first: the first alternative that matches is the longest. */
function splitPattern(pieces: readonly string[]): string {
  return pieces.toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
    .join("|");
}

function framePieces(language: WorldLanguage): string[] {
  return Object.values(FRAMES[language]);
}

function operationPieces(
  operation: Operation,
  language: WorldLanguage,
): string[] {
  if (operation.form === "loop") {
    const { header, body } = operation.rendering[language];
    return [header, body];
  }
  const { before, after } = operation.rendering[language];
  return [before, after];
}
