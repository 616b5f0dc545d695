/**
 * Whether two answers are the same maths, by @cortex-js/compute-engine.
 *
 * Values are equal if they are the same expression, or if they agree at five points for
 * every letter in them. (The library's own `isEqual` takes 1e-12 and 0 for equal.) Whole
 * numbers are compared exactly, others to a millionth of the right one. Lists without brackets and sets have no order.
 */

import { ComputeEngine } from "@cortex-js/compute-engine";
import { type AnswerShape, answerShape } from "./answer_text.ts";

/** An answer beside the right one, as LaTeX. */
export interface AnswerPair {
  right: string;
  answer: string;
}

/** `match` is the only right one; `unparsable` has no meaning to the library. */
export type Comparison = "match" | "different" | "unparsable";

/** Longest answer that is read; the longest gold answer of MATH500 has 53 characters. */
const LONGEST = 500;
const TOLERANCE = 1e-6;
/** Values put for letters, which are taken for positive: no root, no period and no whole number among them. */
const POINTS = [0.7390851, 1.6180339, 2.2360679, 11.3137085, 47.1238898];
/** Points at which both have to have a value. */
const FEWEST = 3;

const engine = new ComputeEngine();
type Expression = NonNullable<ReturnType<typeof engine.parse>>;

/** Compares an answer with the right one. */
export function sameAnswer(right: string, answer: string): Comparison {
  if (answer.length > LONGEST) return "unparsable";
  return sameShape(answerShape(right), answerShape(answer));
}

function sameShape(right: AnswerShape, answer: AnswerShape): Comparison {
  if (right.kind === "value" && answer.kind === "value") {
    return sameValue(right.latex, answer.latex);
  }
  if (right.kind !== "parts" && answer.kind !== "parts") {
    return wordsOf(right) === wordsOf(answer) ? "match" : "different";
  }
  if (right.kind !== "parts" || answer.kind !== "parts") return "different";
  if (
    right.form !== answer.form || right.parts.length !== answer.parts.length
  ) return "different";
  return right.isOrdered
    ? sameInOrder(right.parts, answer.parts)
    : sameInAnyOrder(right.parts, answer.parts);
}

function wordsOf(shape: Exclude<AnswerShape, { kind: "parts" }>): string {
  return shape.kind === "words" ? shape.words : shape.latex.toLowerCase();
}

function sameInOrder(
  right: readonly AnswerShape[],
  answer: readonly AnswerShape[],
): Comparison {
  const found = right.map((part, i) => sameShape(part, answer[i]));
  return found.find((one) => one !== "match") ?? "match";
}

function sameInAnyOrder(
  right: readonly AnswerShape[],
  answer: readonly AnswerShape[],
): Comparison {
  const left = [...answer];
  for (const part of right) {
    const at = left.findIndex((one) => sameShape(part, one) === "match");
    if (at < 0) return "different";
    left.splice(at, 1);
  }
  return "match";
}

function sameValue(right: string, answer: string): Comparison {
  const squeezed = (text: string) => text.replace(/\s/g, "");
  if (squeezed(right) === squeezed(answer)) return "match";
  const sides = [right, answer].map((text) => text.split("="));
  if (sides.every(({ length }) => length === 2)) return sameEquation(sides);
  const [gold, given] = [parsed(right), parsed(answer)];
  if (given === null) return "unparsable";
  if (gold === null) return "different";
  if (gold.isSame(given)) return "match";
  return agrees(gold, given) ? "match" : "different";
}

function parsed(latex: string): Expression | null {
  if (latex === "") return null;
  const expression = engine.parse(latex);
  return expression.isValid ? expression : null;
}

/** Whether two equations, as left and right sides, say the same: their differences are in one proportion. */
function sameEquation(sides: readonly string[][]): Comparison {
  const [gold, given] = sides.map(([left, right]) =>
    parsed(`(${left})-(${right})`)
  );
  if (given === null) return "unparsable";
  if (gold === null) return "different";
  const ratios = valuesAt(gold, given).map(([[a, aIm], [b, bIm]]) =>
    aIm === 0 && bIm === 0 ? a / b : NaN
  );
  const [first] = ratios;
  const isOne = ratios.length > 0 &&
    ratios.every((ratio) =>
      ratio !== 0 && Math.abs(ratio - first) <= TOLERANCE * Math.abs(first)
    );
  return isOne ? "match" : "different";
}

/** Whether two expressions have the same value at every point. */
function agrees(gold: Expression, given: Expression): boolean {
  const values = valuesAt(gold, given);
  return values.length > 0 && values.every(([a, b]) => isClose(a, b));
}

/**
 * Returns the values of two expressions at the points where they have any, with the
 * same numbers put for the letters; none where the points are too few, or where one has
 * a value and the other not.
 */
function valuesAt(gold: Expression, given: Expression): [Complex, Complex][] {
  const letters = [...new Set([...gold.unknowns, ...given.unknowns])].sort();
  const points = letters.length === 0 ? [0] : POINTS;
  const values = points.map((point) => {
    const at = Object.fromEntries(
      letters.map((letter, i) => [letter, point + i / 7]),
    );
    return [gold, given].map((one) => numberOf(one.subs(at).N()));
  });
  const both = values.filter((pair): pair is [Complex, Complex] =>
    pair.every((value) => value !== null)
  );
  const isOdd = values.some(([a, b]) => (a === null) !== (b === null));
  return isOdd || both.length < Math.min(FEWEST, points.length) ? [] : both;
}

type Complex = readonly [re: number, im: number];

/** The real and imaginary part of a number; null for anything else. */
function numberOf(value: Expression): Complex | null {
  const { re, im } = value;
  return Number.isFinite(re) && Number.isFinite(im) ? [re, im] : null;
}

function isClose(
  [right, rightIm]: Complex,
  [given, givenIm]: Complex,
): boolean {
  const isWhole = [right, given].every(Number.isInteger);
  const size = Math.hypot(right, rightIm);
  const isZero = size === 0 || Math.hypot(given, givenIm) === 0;
  // Rounding leaves of 0 what is far smaller than any answer that is written.
  const bound = isWhole ? 0 : isZero ? 1e-13 : TOLERANCE * size;
  return Math.hypot(right - given, rightIm - givenIm) <= bound;
}
