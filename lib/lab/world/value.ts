/**
 * Values of the little world: whole numbers, lists of them, and short strings.
 *
 * A value range says which inputs are drawn and how large any intermediate
 * result may become. Documents only hold values inside the corpus range; the
 * large range is for out-of-distribution evaluation. Left out: negative
 * numbers and nested lists (the language has them, the generator avoids them,
 * which also keeps `%` the same in JavaScript and Python).
 */

import type { RandomStream } from "../../random.ts";

export type ValueType = "integer" | "list" | "string";

export type Value = number | number[] | string;

/** Bounds on inputs (drawn) and on every result along the way (checked). */
export interface ValueRange {
  integerInput: readonly [low: number, high: number];
  /** Integer inputs of programs that count up to them in a loop. */
  loopInput: readonly [low: number, high: number];
  listLengths: readonly number[];
  elementInput: readonly [low: number, high: number];
  stringLengths: readonly number[];
  largestInteger: number;
  largestElement: number;
  longestList: number;
  longestString: number;
}

/** The range of all values in pretraining documents. */
export const CORPUS_RANGE: ValueRange = {
  integerInput: [0, 20],
  loopInput: [0, 5],
  listLengths: [1, 2, 3, 3],
  elementInput: [0, 9],
  stringLengths: [1, 2, 3, 3, 4],
  largestInteger: 60,
  largestElement: 40,
  longestList: 5,
  longestString: 8,
};

/** Larger inputs than any document holds, for out-of-distribution splits. */
export const LARGE_RANGE: ValueRange = {
  integerInput: [21, 45],
  loopInput: [6, 9],
  listLengths: [3, 4, 4],
  elementInput: [10, 25],
  stringLengths: [5, 6],
  largestInteger: 99,
  largestElement: 60,
  longestList: 6,
  longestString: 12,
};

/** Letters of string inputs. */
const LETTERS = ["a", "b", "c"] as const;

/** Writes the compact literal of a value: the same text in JavaScript and Python. */
export function literal(value: Value): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return `"${value}"`;
  return `[${value.join(",")}]`;
}

/** Tells whether a result may occur in a document of this range. */
export function withinRange(value: Value, range: ValueRange): boolean {
  if (typeof value === "number") {
    return value >= 0 && value <= range.largestInteger;
  }
  if (typeof value === "string") return value.length <= range.longestString;
  return value.length <= range.longestList &&
    value.every((element) => element >= 0 && element <= range.largestElement);
}

/** Draws an input of a type. `loop`: the program counts up to it. */
export function drawInput(
  type: ValueType,
  range: ValueRange,
  random: RandomStream,
  loop: boolean,
): Value {
  if (type === "integer") {
    const [low, high] = loop ? range.loopInput : range.integerInput;
    return random.integer(low, high);
  }
  if (type === "string") {
    const length = random.choice(range.stringLengths);
    return Array.from({ length }, () => random.choice(LETTERS)).join("");
  }
  const [low, high] = range.elementInput;
  const length = random.choice(range.listLengths);
  return Array.from({ length }, () => random.integer(low, high));
}
