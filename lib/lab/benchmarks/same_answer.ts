/**
 * Whether two answers are the same maths, by @cortex-js/compute-engine.
 *
 * Values are equal if the library says so, or if they agree at three points for every
 * letter in them. Whole numbers are compared exactly, others to 1e-6 of the larger of
 * 1 and the right one. Lists without brackets and sets have no order.
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
/** Values put for letters: no root, no period and no whole number among them. */
const POINTS = [0.7390851, 1.6180339, 2.2360679];

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
  const squeezed = (text: string) => text.replace(/[\s{}]/g, "");
  if (squeezed(right) === squeezed(answer)) return "match";
  const [gold, given] = [parsed(right), parsed(answer)];
  if (given === null) return "unparsable";
  if (gold === null) return "different";
  if (gold.isSame(given) || gold.isEqual(given) === true) return "match";
  return agrees(gold, given) ? "match" : "different";
}

function parsed(latex: string): Expression | null {
  if (latex === "") return null;
  const expression = engine.parse(latex);
  return expression.isValid ? expression : null;
}

/** Whether two expressions have the same letters and the same value at every point. */
function agrees(gold: Expression, given: Expression): boolean {
  const letters = [...new Set([...gold.unknowns, ...given.unknowns])].sort();
  const points = letters.length === 0 ? [0] : POINTS;
  return points.every((point) => {
    const at = Object.fromEntries(
      letters.map((letter, i) => [letter, point + i / 7]),
    );
    const [a, b] = [gold, given].map((one) => numberOf(one.subs(at).N()));
    return a !== null && b !== null && isClose(a, b);
  });
}

/** The real and imaginary part of a number; null for anything else. */
function numberOf(value: Expression): [number, number] | null {
  const { re, im } = value;
  return Number.isFinite(re) && Number.isFinite(im) ? [re, im] : null;
}

function isClose(
  [right, rightIm]: [number, number],
  [given, givenIm]: [number, number],
): boolean {
  const isWhole = [right, given].every(Number.isInteger);
  const bound = isWhole
    ? 0
    : TOLERANCE * Math.max(1, Math.hypot(right, rightIm));
  return Math.hypot(right - given, rightIm - givenIm) <= bound;
}
